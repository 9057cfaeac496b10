import { isUtf8 } from 'node:buffer';
import type { AvroReader } from '../avro-reader.ts';
import { SlabWriter } from '../bytes.ts';
import { CodecError } from '../faults.ts';
import { appendValueJson } from '../json-writer.ts';
import { codecOf, defaultRules } from './codec-of.ts';
import { notOfType } from './faults.ts';
import type { CqlType } from './type.ts';

const TEXT: CqlType = { kind: 'native', name: 'text' };

/** The type of a leftovers column: names of attributes and their values as DynamoDB JSON. */
export const leftoversType: CqlType = { kind: 'map', frozen: true, key: TEXT, value: TEXT };

/** Reads and compares what {@link LeftoversWriter} writes, as an M of the attributes. */
export const leftoversCodec = codecOf(leftoversType, { ...defaultRules, json: true });

/** Reads one value of it. */
export const leftoverCodec = codecOf(TEXT, { ...defaultRules, json: true });

const EMPTY = Buffer.alloc(4);
const out = new SlabWriter();

/** Writes attributes into the bytes of a leftovers column, straight from Avro. One row at a time, whoever writes. */
class LeftoversWriter {
  #count = 0;

  begin(): void {
    this.#count = 0;
    out.drop();
  }

  /** Adds an attribute whose value the reader stands at; it stands behind it afterwards. */
  add(reader: AvroReader, nameFrom: number, nameSize: number): void {
    if (this.#count === 0) int32(0);
    this.#count++;
    checkName(reader.buffer, nameFrom, nameSize);
    int32(nameSize);
    out.appendRange(reader.buffer, nameFrom, nameFrom + nameSize);
    const sizeAt = out.length;
    int32(0);
    appendValueJson(out, reader);
    out.slab.writeInt32BE(out.length - sizeAt - 4, out.start + sizeAt);
  }

  /** The column's bytes; an empty map where nothing was added. */
  take(): Buffer {
    if (this.#count === 0) return EMPTY;
    out.slab.writeInt32BE(this.#count, out.start);
    return out.take();
  }
}

export const leftoversWriter = new LeftoversWriter();

function int32(value: number): void {
  out.ensure(4);
  out.pos = out.slab.writeInt32BE(value, out.pos);
}

function checkName(bytes: Buffer, from: number, size: number): void {
  for (let i = from; i < from + size; i++) {
    if (bytes[i]! < 128) continue;
    if (isUtf8(bytes.subarray(from, from + size))) return;
    throw new CodecError('UTF8_INVALID', 'An attribute name is not UTF-8', from);
  }
}

/**
 * The JSON of one attribute in the bytes of a leftovers column; null where it is not there.
 *
 * @throws CqlBytesError
 */
export function leftoverNamed(bytes: Buffer, name: Buffer): Buffer | null {
  let at = 4;
  const next = (): Buffer => {
    const size = at + 4 <= bytes.length ? bytes.readInt32BE(at) : -1;
    if (size < 0 || at + 4 + size > bytes.length) throw notOfType('map of leftovers');
    const part = bytes.subarray(at + 4, at + 4 + size);
    at += 4 + size;
    return part;
  };
  while (at < bytes.length) {
    const isWanted = next().equals(name);
    const value = next();
    if (isWanted) return value;
  }
  return null;
}
