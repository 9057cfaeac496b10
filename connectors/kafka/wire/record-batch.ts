import { crc32c } from '@node-rs/crc32';
import { KafkaError } from '../errors.ts';
import { CODEC, compressLz4, type WriteCodec } from './codecs.ts';

/** A record to be written. `timestampMs` is the record's own time, ms since the epoch. */
export interface OutRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestampMs: number;
  readonly headers?: readonly (readonly [string, Buffer | string])[];
}

/** Who writes a batch, so that the broker can tell a repetition and a fenced writer. */
export interface BatchWriter {
  /** −1 for a writer that is not idempotent. */
  readonly producerId: bigint;
  readonly epoch: number;
  readonly baseSequence: number;
  readonly transactional: boolean;
  readonly codec: WriteCodec;
}

/** Bytes before the records of a batch (Kafka documentation, "Record Batch"). */
export const BATCH_HEADER_BYTES = 61;
/** Where the CRC's range begins: at the attributes. */
export const CRC_FROM = 21;
export const TRANSACTIONAL = 1 << 4;
export const CONTROL = 1 << 5;

/** Most bytes a record takes beside its key, value and headers. */
const RECORD_OVERHEAD_MAX = 36;
const HEADER_OVERHEAD_MAX = 10;
/** A scratch buffer that is larger is not kept. */
const SCRATCH_KEPT_BYTES = 4 * 1024 * 1024;

let scratch = Buffer.allocUnsafeSlow(256 * 1024);

/** At most how many bytes a record takes in a batch before compression. Exact enough to cut batches by. */
export function recordBytesMax(record: OutRecord): number {
  let bytes = RECORD_OVERHEAD_MAX + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  if (record.headers) {
    // A character takes three bytes at most (four for two of them).
    for (const header of record.headers) {
      const name = header[0];
      const value = header[1];
      bytes += HEADER_OVERHEAD_MAX + 3 * name.length + (typeof value === 'string' ? 3 : 1) * value.length;
    }
  }
  return bytes;
}

/**
 * One record batch, format 2, ready for the wire: one exact buffer with its CRC.
 *
 * @param records at least one; the first one's timestamp is the batch's base, as in Java's client.
 */
export function encodeBatch(records: readonly OutRecord[], writer: BatchWriter): Buffer {
  const first = records[0];
  if (!first) throw new RangeError('a record batch needs a record');
  let room = 0;
  for (const record of records) room += recordBytesMax(record);
  if (scratch.length < room) {
    const bigger = Buffer.allocUnsafeSlow(room);
    if (room <= SCRATCH_KEPT_BYTES) scratch = bigger;
    return encodeInto(bigger, records, first.timestampMs, writer);
  }
  return encodeInto(scratch, records, first.timestampMs, writer);
}

function encodeInto(
  room: Buffer,
  records: readonly OutRecord[],
  baseTimestampMs: number,
  writer: BatchWriter,
): Buffer {
  let at = 0;
  let maxTimestampMs = baseTimestampMs;
  for (let i = 0; i < records.length; i++) {
    const record = records[i]!;
    if (record.timestampMs > maxTimestampMs) maxTimestampMs = record.timestampMs;
    at = writeRecord(room, at, record, i, record.timestampMs - baseTimestampMs);
  }
  let body = room.subarray(0, at);
  let codec: number = CODEC.none;
  if (writer.codec === 'lz4') {
    const packed = compressLz4(body);
    if (packed.length < at) {
      body = packed;
      codec = CODEC.lz4;
    }
  }
  const batch = Buffer.allocUnsafe(BATCH_HEADER_BYTES + body.length);
  batch.set(body, BATCH_HEADER_BYTES);
  batch.writeBigInt64BE(0n, 0);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt32BE(-1, 12);
  batch.writeInt8(2, 16);
  batch.writeInt16BE(codec | (writer.transactional ? TRANSACTIONAL : 0), 21);
  batch.writeInt32BE(records.length - 1, 23);
  batch.writeBigInt64BE(BigInt(baseTimestampMs), 27);
  batch.writeBigInt64BE(BigInt(maxTimestampMs), 35);
  batch.writeBigInt64BE(writer.producerId, 43);
  batch.writeInt16BE(writer.epoch, 51);
  batch.writeInt32BE(writer.baseSequence, 53);
  batch.writeInt32BE(records.length, 57);
  batch.writeUInt32BE(crc32c(batch.subarray(CRC_FROM)), 17);
  return batch;
}

function writeRecord(
  room: Buffer,
  from: number,
  record: OutRecord,
  offsetDelta: number,
  timestampDelta: number,
): number {
  const { key, value, headers } = record;
  const keyBytes = key === null ? 0 : key.length;
  const valueBytes = value === null ? 0 : value.length;
  let size = 1 + varlongBytes(timestampDelta) + varintBytes(offsetDelta);
  size +=
    varintBytes(key === null ? -1 : keyBytes) +
    keyBytes +
    varintBytes(value === null ? -1 : valueBytes) +
    valueBytes;
  size += headers === undefined || headers.length === 0 ? 1 : headersBytes(headers);
  let at = writeVarint(room, from, size);
  room[at++] = 0;
  at = writeVarlong(room, at, timestampDelta);
  at = writeVarint(room, at, offsetDelta);
  at = writeVarint(room, at, key === null ? -1 : keyBytes);
  if (key !== null) at = copy(key, room, at);
  at = writeVarint(room, at, value === null ? -1 : valueBytes);
  if (value !== null) at = copy(value, room, at);
  return headers === undefined || headers.length === 0
    ? writeVarint(room, at, 0)
    : writeHeaders(room, at, headers);
}

// No array destructuring here: its iterator would cost as much as the rest.
function headersBytes(headers: NonNullable<OutRecord['headers']>): number {
  let size = varintBytes(headers.length);
  for (const header of headers) {
    const name = header[0];
    const value = header[1];
    const nameBytes = textBytes(name);
    const valueBytes = typeof value === 'string' ? textBytes(value) : value.length;
    size += varintBytes(nameBytes) + nameBytes + varintBytes(valueBytes) + valueBytes;
  }
  return size;
}

function writeHeaders(room: Buffer, from: number, headers: NonNullable<OutRecord['headers']>): number {
  let at = writeVarint(room, from, headers.length);
  for (const header of headers) {
    const value = header[1];
    at = writeText(header[0], room, at);
    if (typeof value === 'string') at = writeText(value, room, at);
    else at = copy(value, room, writeVarint(room, at, value.length));
  }
  return at;
}

/** Bytes in UTF-8. Header names and values are short and ASCII as a rule: a native call costs more than looking. */
function textBytes(text: string): number {
  return isShortAscii(text) ? text.length : Buffer.byteLength(text);
}

function writeText(text: string, room: Buffer, from: number): number {
  if (!isShortAscii(text)) {
    const at = writeVarint(room, from, Buffer.byteLength(text));
    return at + room.write(text, at);
  }
  const at = writeVarint(room, from, text.length);
  for (let i = 0; i < text.length; i++) room[at + i] = text.charCodeAt(i);
  return at + text.length;
}

function isShortAscii(text: string): boolean {
  if (text.length > 40) return false;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}

/** Short keys are copied byte by byte: a native copy costs more than forty assignments. */
function copy(from: Buffer, room: Buffer, at: number): number {
  const length = from.length;
  if (length > 40) room.set(from, at);
  else for (let i = 0; i < length; i++) room[at + i] = from[i]!;
  return at + length;
}

function varintBytes(value: number): number {
  let zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  let bytes = 1;
  while (zigzag > 127) {
    zigzag >>>= 7;
    bytes++;
  }
  return bytes;
}

function writeVarint(room: Buffer, from: number, value: number): number {
  let at = from;
  let zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  while (zigzag > 127) {
    room[at++] = (zigzag & 127) | 128;
    zigzag >>>= 7;
  }
  room[at++] = zigzag;
  return at;
}

/** Zigzag of a number beyond 32 bits, still an exact number: |value| < 2^52. */
function zigzagWide(value: number): number {
  if (!Number.isSafeInteger(value * 2))
    throw new KafkaError('INVALID_TIMESTAMP', 'timestamps of one batch are too far apart');
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function varlongBytes(value: number): number {
  if (value === value >> 0) return varintBytes(value);
  let zigzag = zigzagWide(value);
  let bytes = 1;
  while (zigzag > 127) {
    zigzag = Math.floor(zigzag / 128);
    bytes++;
  }
  return bytes;
}

function writeVarlong(room: Buffer, from: number, value: number): number {
  if (value === value >> 0) return writeVarint(room, from, value);
  let at = from;
  let zigzag = zigzagWide(value);
  while (zigzag > 127) {
    room[at++] = (zigzag % 128) | 128;
    zigzag = Math.floor(zigzag / 128);
  }
  room[at++] = zigzag;
  return at;
}
