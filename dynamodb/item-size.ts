import { BRANCH } from '../schemas/attribute-types.ts';
import { AvroReader } from '../schemas/avro-reader.ts';
import { readBranch } from '../schemas/skip-avro.ts';

/** The largest item DynamoDB takes: 400 KB with its attribute names (developer guide, Service quotas). Alternator has no such limit. */
export const ITEM_BYTES_MAX = 400 * 1024;

const reader = new AvroReader(Buffer.alloc(0));
const DOT = 0x2e;
const MINUS = 0x2d;
const ZERO = 0x30;
// A list or map, and each of its elements (developer guide, "Item sizes and formats").
const CONTAINER_BYTES = 3;
const ELEMENT_BYTES = 1;

/**
 * The size of an item as DynamoDB counts it, from its Avro bytes (developer guide, "Item sizes and formats").
 *
 * Names and strings by their UTF-8, numbers by their digits and not by their text. AWS calls its rule for numbers
 * approximate: the service has the last word on items within some bytes of the limit.
 */
export function itemSizeBytes(avro: Buffer): number {
  reader.reset(avro);
  return mapBytes(0);
}

function mapBytes(entryBytes: number): number {
  let size = 0;
  for (let count = reader.blockCount(); count !== 0; count = reader.blockCount()) {
    for (let i = 0; i < count; i++) size += textBytes() + valueBytes() + entryBytes;
  }
  return size;
}

function valueBytes(): number {
  const branch = readBranch(reader);
  switch (branch) {
    case BRANCH.S:
    case BRANCH.B:
      return textBytes();
    case BRANCH.N:
      return numberBytes();
    case BRANCH.BOOL:
      reader.boolean();
      return 1;
    case BRANCH.NULL:
      return 1;
    case BRANCH.M:
      return CONTAINER_BYTES + mapBytes(ELEMENT_BYTES);
    case BRANCH.L:
      return CONTAINER_BYTES + arrayBytes(() => ELEMENT_BYTES + valueBytes());
    case BRANCH.NS:
      return arrayBytes(numberBytes);
    default:
      return arrayBytes(textBytes);
  }
}

function arrayBytes(elementBytes: () => number): number {
  let size = 0;
  for (let count = reader.blockCount(); count !== 0; count = reader.blockCount()) {
    for (let i = 0; i < count; i++) size += elementBytes();
  }
  return size;
}

function textBytes(): number {
  const size = reader.length();
  reader.pos += size;
  return size;
}

/** One byte per two significant digits, one more, and one for a minus; zeros at either end do not count. */
function numberBytes(): number {
  const size = reader.length();
  const { buffer, pos } = reader;
  reader.pos = pos + size;
  let digits = 0;
  let trailingZeros = 0;
  for (let i = pos; i < reader.pos; i++) {
    const c = buffer[i];
    if (c === DOT || c === MINUS) continue;
    if (c === ZERO && digits === 0) continue;
    digits++;
    trailingZeros = c === ZERO ? trailingZeros + 1 : 0;
  }
  return Math.ceil((digits - trailingZeros) / 2) + 1 + (buffer[pos] === MINUS ? 1 : 0);
}
