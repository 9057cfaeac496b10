import { BRANCH, checkDepth } from './attribute-types.ts';
import { AvroReader } from './avro-reader.ts';
import { CodecError } from './faults.ts';
import { readBranch } from './skip-avro.ts';
import type { Attributes, AttributeValue } from './values.ts';

/**
 * The attributes of an item as objects, from its Avro bytes. Binary values are slices of `avro`, not copies.
 *
 * @throws CodecError AVRO_INVALID, UTF8_INVALID, NESTING_TOO_DEEP, DUPLICATE_NAME
 */
export function decodeAttributes(avro: Buffer): Attributes {
  return decodeAttributeMap(avro, 0);
}

/** As {@link decodeAttributes}, from `from` to the end. */
export function decodeAttributeMap(bytes: Buffer, from: number): Attributes {
  const reader = new AvroReader(bytes, from);
  const attributes = readMap(reader, 0);
  reader.finish();
  return attributes;
}

function readMap(reader: AvroReader, depth: number): Attributes {
  const map = new Map<string, AttributeValue>();
  for (let count = reader.blockCount(); count !== 0; count = reader.blockCount()) {
    for (let i = 0; i < count; i++) {
      const before = map.size;
      map.set(reader.text(), readValue(reader, depth));
      if (map.size === before)
        throw new CodecError('DUPLICATE_NAME', 'An attribute name comes twice', reader.pos);
    }
  }
  return map;
}

/** The AttributeValue that begins here, in a map or list at `depth`: 0 for an attribute of the item itself. */
export function readValue(reader: AvroReader, depth: number): AttributeValue {
  switch (readBranch(reader)) {
    case BRANCH.S:
      return { S: reader.text() };
    case BRANCH.N:
      return { N: reader.text() };
    case BRANCH.B:
      return { B: reader.bytes() };
    case BRANCH.BOOL:
      return { BOOL: reader.boolean() };
    case BRANCH.NULL:
      return { NULL: true };
    case BRANCH.M:
      checkDepth(depth + 1, reader.pos);
      return { M: readMap(reader, depth + 1) };
    case BRANCH.L:
      checkDepth(depth + 1, reader.pos);
      return { L: readArray(reader, () => readValue(reader, depth + 1)) };
    case BRANCH.SS:
      return { SS: readArray(reader, () => reader.text()) };
    case BRANCH.NS:
      return { NS: readArray(reader, () => reader.text()) };
    default:
      return { BS: readArray(reader, () => reader.bytes()) };
  }
}

function readArray<T>(reader: AvroReader, element: () => T): T[] {
  const elements: T[] = [];
  for (let count = reader.blockCount(); count !== 0; count = reader.blockCount()) {
    for (let i = 0; i < count; i++) elements.push(element());
  }
  return elements;
}
