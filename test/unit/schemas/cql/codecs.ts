import { AvroReader } from '../../../../schemas/avro-reader.ts';
import { codecOf, defaultRules } from '../../../../schemas/cql/codec-of.ts';
import { parseCqlType, type UdtType } from '../../../../schemas/cql/parse-type.ts';
import type { CqlType } from '../../../../schemas/cql/type.ts';
import { Misfit, type ValueCodec, type ValueRules } from '../../../../schemas/cql/value-codec.ts';
import { encodeValue } from '../../../../schemas/encode.ts';
import type { AttributeValue } from '../../../../schemas/values.ts';

const int: CqlType = { kind: 'native', name: 'int' };
const text: CqlType = { kind: 'native', name: 'text' };

/** `point` has two ints, `Addr` a text, a set and a point. */
export const udts: ReadonlyMap<string, UdtType> = new Map<string, UdtType>([
  ['point', udt('point', { x: int, y: int })],
  [
    'Addr',
    udt('Addr', {
      city: text,
      tags: { kind: 'set', frozen: true, element: text },
      at: { ...udt('point', { x: int, y: int }), frozen: true },
    }),
  ],
]);

function udt(name: string, fields: Readonly<Record<string, CqlType>>): UdtType {
  return {
    kind: 'udt',
    frozen: false,
    name,
    fields: Object.entries(fields).map(([field, type]) => ({ name: field, type })),
  };
}

export function typeOf(cql: string): CqlType {
  return parseCqlType(cql, udts);
}

export function codec(cql: string, rules: Partial<ValueRules> = {}): ValueCodec {
  return codecOf(typeOf(cql), { ...defaultRules, ...rules });
}

/** Bytes in hexadecimal, or the reason of the misfit. */
export function outcome(of: ValueCodec, value: AttributeValue): string {
  const encoded = of.encode(value);
  return encoded instanceof Misfit ? encoded.reason : encoded.toString('hex');
}

/** The bytes of a value that fits. */
export function bytesOf(of: ValueCodec, value: AttributeValue): Buffer {
  const encoded = of.encode(value);
  if (encoded instanceof Misfit) throw new Error(`a misfit: ${encoded.reason}`);
  return encoded;
}

/** A reader at the value, with something behind it. */
export function readerAt(value: AttributeValue): { reader: AvroReader; end: number } {
  const avro = encodeValue(value);
  const bytes = Buffer.concat([Buffer.from([7, 7, 7]), avro, Buffer.from([9, 9])]);
  return { reader: new AvroReader(bytes, 3), end: 3 + avro.length };
}
