import { BRANCH } from './attribute-types.ts';
import { AvroReader } from './avro-reader.ts';
import { SlabWriter } from './bytes.ts';
import { decodeAttributeMap } from './decode.ts';
import { equalBytes } from './distinct.ts';
import { encodeAttributes } from './encode.ts';
import { checkFrame, FRAME_BYTES } from './framing.ts';
import { keyLayoutOf } from './key-layout.ts';
import { copyNumber } from './number-bytes.ts';
import { readBranch, skipValue } from './skip-avro.ts';
import type { Attributes, KeySchema } from './values.ts';

const out = new SlabWriter();
const reader = new AvroReader(Buffer.alloc(0));

/**
 * The framed record key of an item, from its attributes. Other attributes are ignored.
 *
 * Rule C4: equal keys have equal bytes, whichever road they come by: the scanner, item bytes or objects.
 *
 * @throws CodecError KEY_MISSING, KEY_TYPE, KEY_EMPTY, and those of a value that cannot be encoded
 */
export function encodeKey(schema: KeySchema, attributes: Attributes): Buffer {
  const only = new Map(
    schema.flatMap(({ name }) => {
      const value = attributes.get(name);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
  return keyOfItemAvro(schema, encodeAttributes(only));
}

/** The framed record key of an item, from its Avro bytes. Stops reading when it has the key. */
export function keyOfItemAvro(schema: KeySchema, avro: Buffer): Buffer {
  const layout = keyLayoutOf(schema);
  const found = new Array<number>(layout.count).fill(-1);
  let missing = layout.count;
  reader.reset(avro);
  for (let count = reader.blockCount(); count !== 0 && missing > 0; count = reader.blockCount()) {
    for (let i = 0; i < count && missing > 0; i++) {
      const size = reader.length();
      const name = reader.pos;
      reader.pos += size;
      const key = layout.names.findIndex(
        (own) => own.length === size && equalBytes(own, 0, avro, name, size),
      );
      if (key >= 0 && found[key] === -1) {
        found[key] = reader.pos;
        missing--;
      }
      skipValue(reader, 0);
    }
    if (missing === 0) break;
  }
  out.drop();
  for (let i = 0; i < layout.count; i++) writeKeyValue(schema, avro, i, found[i]!);
  layout.writeEnd(out);
  return out.take();
}

function writeKeyValue(schema: KeySchema, avro: Buffer, i: number, at: number): void {
  const layout = keyLayoutOf(schema);
  if (at < 0) {
    layout.writePrefix(out, i, -1, false);
    return;
  }
  reader.reset(avro, at);
  const branch = readBranch(reader);
  const scalar = branch <= BRANCH.B;
  const size = scalar ? reader.length() : 0;
  layout.writePrefix(out, i, branch, scalar && size === 0);
  out.byte(branch);
  if (branch === BRANCH.N) copyNumber(out, avro, reader.pos, reader.pos + size);
  else {
    out.long(size);
    out.appendRange(avro, reader.pos, reader.pos + size);
  }
}

/** The key attributes in a framed record key, in key-schema order. */
export function decodeKey(framed: Buffer): Attributes {
  checkFrame(framed, 'key');
  // The three types of a key value have the same branches as in an item.
  const attributes = decodeAttributeMap(framed, FRAME_BYTES);
  for (const value of attributes.values()) {
    if (!('S' in value || 'N' in value || 'B' in value))
      reader.reset(framed).fail('a key attribute of no key type');
  }
  return attributes;
}
