import { AvroReader } from '../avro-reader.ts';
import { encodeValue } from '../encode.ts';
import { CodecError } from '../faults.ts';
import { Item } from '../item.ts';
import { PLAIN } from '../json-bytes.ts';
import { valueToJson } from '../json-writer.ts';
import { canonicalNumberEnd } from '../numbers.ts';
import type { AttributeValue } from '../values.ts';
import { CqlBytesError, notOfType } from './faults.ts';
import type { CqlType } from './type.ts';
import type { Misfit, ValueCodec } from './value-codec.ts';

const HEAD = Buffer.from('{"v":');
const TAIL = Buffer.from('}');
const STRING = Buffer.from('{"S":"');
const NUMBER = Buffer.from('{"N":"');
const CLOSING = Buffer.from('"}');

const objects = new AvroReader(Buffer.alloc(0));

/** Text that holds any attribute as DynamoDB JSON, `{"S":"x"}`. */
export class JsonCodec implements ValueCodec {
  readonly type: CqlType = { kind: 'native', name: 'text' };

  encode(value: AttributeValue): Buffer | Misfit {
    return this.encodeAvro(objects.reset(encodeValue(value)));
  }

  encodeAvro(reader: AvroReader): Buffer | Misfit {
    return valueToJson(reader);
  }

  /** @throws CodecError for what is no DynamoDB JSON, CqlBytesError for more than one value */
  decode(bytes: Buffer): AttributeValue {
    const { attributes } = Item.fromJson(Buffer.concat([HEAD, bytes, TAIL]));
    const value = attributes.get('v');
    if (value === undefined || attributes.size !== 1) throw notOfType('attribute as DynamoDB JSON');
    return value;
  }

  /** Sets and maps in one order; text of somebody else that is no DynamoDB JSON stays as it is. */
  canonical(bytes: Buffer): Buffer {
    if (isCanonicalScalar(bytes)) return bytes;
    try {
      return valueToJson(objects.reset(encodeValue(sorted(this.decode(bytes)))));
    } catch (error) {
      if (error instanceof CodecError || error instanceof CqlBytesError) return bytes;
      throw error;
    }
  }
}

/** Whether this is a string or number written as we write them: most values are, and need no parsing. */
function isCanonicalScalar(bytes: Buffer): boolean {
  const end = bytes.length - CLOSING.length;
  if (end < STRING.length || bytes.compare(CLOSING, 0, CLOSING.length, end) !== 0) return false;
  if (startsWith(bytes, NUMBER)) return canonicalNumberEnd(bytes, NUMBER.length, end) === end;
  if (!startsWith(bytes, STRING)) return false;
  for (let at = STRING.length; at < end; at++) if (PLAIN[bytes[at]!] === 0) return false;
  return true;
}

function startsWith(bytes: Buffer, head: Buffer): boolean {
  return bytes.compare(head, 0, head.length, 0, head.length) === 0;
}

function sorted(value: AttributeValue): AttributeValue {
  if ('SS' in value) return { SS: [...value.SS].sort() };
  if ('NS' in value) return { NS: [...value.NS].sort() };
  if ('BS' in value) return { BS: [...value.BS].sort(Buffer.compare) };
  if ('L' in value) return { L: value.L.map(sorted) };
  if (!('M' in value)) return value;
  const members = [...value.M].sort(([a], [b]) => (a < b ? -1 : 1));
  return { M: new Map(members.map(([name, member]) => [name, sorted(member)])) };
}
