import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AvroReader } from '../../../../schemas/avro-reader.ts';
import { codecOf, defaultRules } from '../../../../schemas/cql/codec-of.ts';
import type { CqlType, NativeTypeName } from '../../../../schemas/cql/type.ts';
import { Misfit, type ValueCodec, type ValueRules } from '../../../../schemas/cql/value-codec.ts';
import { itemDigest } from '../../../../schemas/digest.ts';
import { encodeAttributes, encodeValue } from '../../../../schemas/encode.ts';
import { canonicalNumber } from '../../../../schemas/numbers.ts';
import type { AttributeValue } from '../../../../schemas/values.ts';
import { binaries, numbers, strings, values } from '../../../conformance/arbitraries.ts';
import { toForeignAvro } from '../writers.ts';
import { readerAt } from './codecs.ts';
import { driverBytes, driverValue } from './driver-oracle.ts';

const RUNS = { numRuns: 300 };

const natives: readonly NativeTypeName[] = [
  'text',
  'ascii',
  'blob',
  'boolean',
  'tinyint',
  'smallint',
  'int',
  'bigint',
  'varint',
  'decimal',
  'double',
  'float',
  'timestamp',
  'uuid',
  'inet',
  'date',
  'time',
];
const exactNatives = ['text', 'blob', 'boolean', 'int', 'bigint', 'varint', 'decimal', 'double'] as const;

/** A type, and attributes that often fit it. */
interface Fitting {
  readonly type: CqlType;
  readonly value: AttributeValue;
}

const { fitting } = fc.letrec<{ fitting: Fitting }>((tie) => ({
  fitting: fc.oneof(
    { depthSize: 'small' },
    fc
      .constantFrom(...exactNatives)
      .chain((name) => scalars(name).map((value): Fitting => ({ type: { kind: 'native', name }, value }))),
    fc.tuple(tie('fitting'), fc.integer({ min: 0, max: 3 })).map(
      ([{ type, value }, size]): Fitting => ({
        type: { kind: 'list', frozen: true, element: type },
        value: { L: new Array<AttributeValue>(size).fill(value) },
      }),
    ),
    fc.array(tie('fitting'), { minLength: 1, maxLength: 3 }).map(
      (parts): Fitting => ({
        type: { kind: 'tuple', elements: parts.map(({ type }) => type) },
        value: { L: parts.map(({ value }) => value) },
      }),
    ),
    fc.tuple(tie('fitting'), fc.uniqueArray(strings, { maxLength: 3 })).map(
      ([{ type, value }, names]): Fitting => ({
        type: { kind: 'map', frozen: true, key: { kind: 'native', name: 'text' }, value: type },
        value: { M: new Map(names.map((name) => [name, value])) },
      }),
    ),
    fc
      .uniqueArray(fc.tuple(strings, tie('fitting'), fc.boolean()), {
        minLength: 1,
        maxLength: 3,
        selector: ([name]) => name,
      })
      .map(
        (fields): Fitting => ({
          type: {
            kind: 'udt',
            frozen: true,
            name: 'u',
            fields: fields.map(([name, { type }]) => ({ name, type })),
          },
          value: { M: new Map(fields.filter(([, , set]) => set).map(([name, { value }]) => [name, value])) },
        }),
      ),
    fc.uniqueArray(numbers, { minLength: 1, maxLength: 4 }).map(
      (NS): Fitting => ({
        type: { kind: 'set', frozen: true, element: { kind: 'native', name: 'decimal' } },
        value: { NS },
      }),
    ),
    fc.uniqueArray(strings, { minLength: 1, maxLength: 4 }).map(
      (SS): Fitting => ({
        type: { kind: 'set', frozen: true, element: { kind: 'native', name: 'text' } },
        value: { SS },
      }),
    ),
  ),
}));

function scalars(name: (typeof exactNatives)[number]): fc.Arbitrary<AttributeValue> {
  switch (name) {
    case 'text':
      return strings.map((S) => ({ S }));
    case 'blob':
      return binaries.map((B) => ({ B }));
    case 'boolean':
      return fc.boolean().map((BOOL) => ({ BOOL }));
    case 'int':
      return fc.integer().map((value) => ({ N: `${value}` }));
    case 'bigint':
      return fc
        .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
        .map((value) => ({ N: canonicalNumber(`${value}`.slice(0, 19)) }));
    case 'varint':
      return numbers.filter((N) => !N.includes('.')).map((N) => ({ N }));
    case 'decimal':
      return numbers.map((N) => ({ N }));
    default:
      return fc
        .double({ noNaN: true, noDefaultInfinity: true, min: -1e100, max: 1e100 })
        .filter((value) => value === 0 || Math.abs(value) > 1e-100)
        .map((value) => ({ N: canonicalNumber(`${value}`) }));
  }
}

const rules: fc.Arbitrary<ValueRules> = fc.record({
  unit: fc.constantFrom('seconds', 'milliseconds', 'microseconds'),
  lossy: fc.boolean(),
  json: fc.boolean(),
});

const anyType: fc.Arbitrary<CqlType> = fc.oneof(
  fc.constantFrom(...natives).map((name): CqlType => ({ kind: 'native', name })),
  fitting.map(({ type }) => type),
  fc
    .tuple(fc.constantFrom(...natives), fc.boolean(), fc.constantFrom('list', 'set'))
    .map(([name, frozen, kind]): CqlType => ({ kind, frozen, element: { kind: 'native', name } })),
);

const same = (a: AttributeValue, b: AttributeValue): boolean =>
  itemDigest(encodeAttributes(new Map([['v', a]]))).equals(itemDigest(encodeAttributes(new Map([['v', b]]))));

const told = (encoded: Buffer | Misfit) => (encoded instanceof Misfit ? encoded : encoded.toString('hex'));

describe('a codec', () => {
  test('makes the bytes that the driver makes, gives the value back and leaves it as it compares', () => {
    fc.assert(
      fc.property(fitting, ({ type, value }) => {
        const codec = codecOf(type, defaultRules);
        const bytes = codec.encode(value);
        if (bytes instanceof Misfit) throw new Error(bytes.reason);
        if (!holdsEmptyList(value)) {
          expect(bytes.toString('hex')).toBe(driverBytes(type, driverValue(type, value)).toString('hex'));
        }
        expect(same(codec.decode(bytes), value)).toBe(true);
        const canonical = codec.canonical(bytes);
        expect(codec.canonical(canonical).equals(canonical)).toBe(true);
        expect(same(codec.decode(canonical), value)).toBe(true);
      }),
      RUNS,
    );
  });

  test('does the same from objects and from Avro, and stands behind the value whatever becomes of it', () => {
    fc.assert(
      fc.property(
        anyType,
        rules,
        fc.oneof(
          values,
          fitting.map(({ value }) => value),
        ),
        (type, rule, value) => {
          const codec = codecOf(type, rule);
          const { reader, end } = readerAt(value);
          expect(told(codec.encodeAvro(reader))).toEqual(told(codec.encode(value)));
          expect(reader.pos).toBe(end);
        },
      ),
      RUNS,
    );
  });

  test('reads Avro of any other writer: many blocks, block sizes, long varints', () => {
    fc.assert(
      fc.property(fitting, fc.integer({ min: 1 }), ({ type, value }, seed) => {
        const foreign = toForeignAvro(new Map([['', value]]), seed);
        const reader = new AvroReader(foreign);
        reader.blockCount();
        reader.text();
        const codec = codecOf(type, defaultRules);
        expect(told(codec.encodeAvro(reader))).toEqual(told(codec.encode(value)));
      }),
      RUNS,
    );
  });

  test('is exact or says no: what it takes without rounding comes back as the same number', () => {
    const exact = natives.filter((name) => name !== 'boolean');
    fc.assert(
      fc.property(fc.constantFrom(...exact), numbers, (name, N) => {
        const codec = codecOf({ kind: 'native', name }, defaultRules);
        const bytes = codec.encode({ N });
        if (!(bytes instanceof Misfit)) expect(codec.decode(bytes)).toEqual({ N });
      }),
      { numRuns: 3000 },
    );
  });

  test('rounds to the nearest float and double where it may, and only there', () => {
    fc.assert(
      fc.property(
        fc.float({ noNaN: true, noDefaultInfinity: true }),
        fc.double({ min: -1e125, max: 1e125, noNaN: true }),
        (single, double) => {
          roundTrip(codecOf({ kind: 'native', name: 'float' }, defaultRules), single, Math.fround);
          roundTrip(
            codecOf({ kind: 'native', name: 'double' }, { ...defaultRules, lossy: true }),
            double,
            Number,
          );
        },
      ),
      RUNS,
    );
  });

  test('compares equal numbers as equal, however they are written', () => {
    const decimal = codecOf({ kind: 'native', name: 'decimal' }, defaultRules);
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 37n), max: 10n ** 37n }),
        fc.integer({ min: -80, max: 80 }),
        fc.nat(40),
        (unscaled, scale, zeros) => {
          const padded = foreignDecimal(unscaled * 10n ** BigInt(zeros), scale + zeros);
          const plain = foreignDecimal(unscaled, scale);
          expect(decimal.canonical(padded).equals(decimal.canonical(plain))).toBe(true);
          const N = canonicalNumber(`${unscaled}e${-scale}`);
          expect(decimal.canonical(padded).equals(decimal.encode({ N }) as Buffer)).toBe(true);
        },
      ),
      RUNS,
    );
  });

  test('compares two orders of the same set, map or JSON as equal', () => {
    const json = codecOf({ kind: 'native', name: 'text' }, { ...defaultRules, json: true });
    fc.assert(
      fc.property(values, values, (a, b) => {
        const ab: AttributeValue = { M: new Map([['a', a]]).set('b', b).set('n', { NS: ['1', '2'] }) };
        const ba: AttributeValue = {
          M: new Map<string, AttributeValue>([['n', { NS: ['2', '1'] }]]).set('b', b).set('a', a),
        };
        const [left, right] = [ab, ba].map((value) => json.encode(value) as Buffer);
        expect(json.canonical(left!).equals(json.canonical(right!))).toBe(true);
        expect(same(json.decode(json.canonical(left!)), ab)).toBe(true);
      }),
      RUNS,
    );
  });

  test('reads nothing beyond the value and throws only what names the fault, whatever byte is wrong', () => {
    fc.assert(
      fc.property(fitting, fc.nat(), fc.nat(255), ({ type, value }, at, byte) => {
        const codec = codecOf(type, defaultRules);
        const avro = Buffer.from(encodeValue(value));
        avro[at % avro.length] = byte;
        try {
          codec.encodeAvro(new AvroReader(avro));
        } catch (error) {
          expect((error as Error).name).toBe('CodecError');
        }
        const bytes = Buffer.from(codec.encode(value) as Buffer);
        if (bytes.length > 0) bytes[at % bytes.length] = byte;
        codec.canonical(bytes);
        try {
          codec.decode(bytes);
        } catch (error) {
          expect((error as Error).name).toMatch(/^(CodecError|CqlBytesError)$/);
        }
      }),
      RUNS,
    );
  });
});

/** The driver takes it for null, frozen or not. */
function holdsEmptyList(value: AttributeValue): boolean {
  if ('M' in value) return [...value.M.values()].some(holdsEmptyList);
  return 'L' in value && (value.L.length === 0 || value.L.some(holdsEmptyList));
}

function roundTrip(codec: ValueCodec, value: number, round: (value: number) => number): void {
  if (value !== 0 && Math.abs(value) < 1e-40) return;
  const encoded = codec.encode({ N: canonicalNumber(`${value}`) });
  const inexact = encoded instanceof Misfit;
  const short =
    canonicalNumber(`${value}`)
      .replace(/[-.]/g, '')
      .replace(/^0+|0+$/g, '').length <= 6;
  if (inexact) {
    expect(short).toBe(false);
    return;
  }
  const back = encoded.length === 4 ? encoded.readFloatBE() : encoded.readDoubleBE();
  expect(back).toBe(round(value) === 0 ? 0 : round(value));
}

function foreignDecimal(unscaled: bigint, scale: number): Buffer {
  const digits = Buffer.alloc(40);
  digits.write(BigInt.asUintN(320, unscaled).toString(16).padStart(80, '0'), 'hex');
  const bytes = Buffer.concat([Buffer.alloc(4), digits]);
  bytes.writeInt32BE(scale);
  return bytes;
}
