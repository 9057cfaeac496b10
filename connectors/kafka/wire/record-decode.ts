import { crc32c } from '@node-rs/crc32';
import { KafkaError } from '../errors.ts';
import { decompress } from './codecs.ts';
import { BATCH_HEADER_BYTES, CONTROL, CRC_FROM, TRANSACTIONAL } from './record-batch.ts';
import { readInt64 } from './wire.ts';

/** A record as read. Key, value and headers are views into the fetched bytes. */
export interface InRecord {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Parsed when first asked for; a header's null value is read as empty. */
  readonly headers: readonly (readonly [string, Buffer])[];
}

/** A transaction that was rolled back: its producer's batches from this offset on, up to its abort marker. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

export interface DecodedRecords {
  readonly records: InRecord[];
  /** The offset after the last whole batch, control and aborted ones included; the asked one if there was none. */
  readonly nextOffset: number;
  /** Of all that was unpacked: the records are views into it. */
  readonly bytes: number;
}

const CODEC_MASK = 7;
const LOG_APPEND_TIME = 1 << 3;
const ABORT_MARKER = 0;
const NO_HEADERS: readonly (readonly [string, Buffer])[] = [];

/**
 * Decodes the record set of one partition of a fetch answer, as a read_committed reader sees it.
 *
 * A last batch that is cut off is left out. Throws CORRUPT_MESSAGE when a CRC differs, UNSUPPORTED_FOR_MESSAGE_FORMAT for
 * logs of before Kafka 0.11.
 *
 * @param fromOffset records below are dropped: a batch may begin before the asked offset.
 * @param aborted sorted by first offset or not; see `AbortedFilter`.
 */
export async function decodeRecords(
  set: Buffer,
  fromOffset: number,
  aborted: readonly AbortedTransaction[],
): Promise<DecodedRecords> {
  const records: InRecord[] = [];
  const filter = new AbortedFilter(aborted);
  let nextOffset = fromOffset;
  let bytes = 0;
  let at = 0;
  while (set.length - at >= BATCH_HEADER_BYTES) {
    const end = at + 12 + set.readInt32BE(at + 8);
    if (set[at + 16] !== 2)
      throw new KafkaError('UNSUPPORTED_FOR_MESSAGE_FORMAT', 'a record batch is not of format 2');
    if (end > set.length) break;
    const batch = set.subarray(at, end);
    if (crc32c(batch.subarray(CRC_FROM)) !== batch.readUInt32BE(17)) {
      throw new KafkaError(
        'CORRUPT_MESSAGE',
        `the CRC of the batch at offset ${readInt64(batch, 0)} differs`,
      );
    }
    const lastOffset = readInt64(batch, 0) + batch.readInt32BE(23);
    const attributes = batch.readInt16BE(21);
    if (filter.wants(batch, attributes, lastOffset)) {
      const packed = batch.subarray(BATCH_HEADER_BYTES);
      const unpacked = decompress(attributes & CODEC_MASK, packed);
      const plain = unpacked instanceof Promise ? await unpacked : unpacked;
      bytes += plain.length;
      decodeBatch(batch, attributes, plain, fromOffset, records);
    }
    if (lastOffset + 1 > nextOffset) nextOffset = lastOffset + 1;
    at = end;
  }
  return { records, nextOffset, bytes };
}

/**
 * Tells committed batches from aborted ones, as Java's Fetcher does: a producer is out from its aborted transaction's
 * first offset until its abort marker.
 */
class AbortedFilter {
  readonly #coming: AbortedTransaction[];
  readonly #out = new Set<bigint>();

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#coming = [...aborted].sort((a, b) => b.firstOffset - a.firstOffset);
  }

  /** False for control batches and aborted ones. */
  wants(batch: Buffer, attributes: number, lastOffset: number): boolean {
    while (this.#coming.length > 0 && this.#coming.at(-1)!.firstOffset <= lastOffset) {
      this.#out.add(this.#coming.pop()!.producerId);
    }
    if (attributes & CONTROL) {
      if (this.#out.size > 0 && markerType(batch) === ABORT_MARKER)
        this.#out.delete(batch.readBigInt64BE(43));
      return false;
    }
    return !(attributes & TRANSACTIONAL && this.#out.size > 0 && this.#out.has(batch.readBigInt64BE(43)));
  }
}

/** The type in a control record's key: version int16, type int16. A batch that compaction emptied has none. */
function markerType(batch: Buffer): number {
  if (batch.readInt32BE(57) === 0) return -1;
  const cursor = { at: BATCH_HEADER_BYTES };
  readVarint(batch, cursor);
  cursor.at += 1;
  readVarlong(batch, cursor);
  readVarint(batch, cursor);
  const keyBytes = readVarint(batch, cursor);
  return keyBytes < 4 ? -1 : batch.readInt16BE(cursor.at + 2);
}

class FetchedRecord implements InRecord {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly #body: Buffer;
  /** Where the header count is, or 0 when there are none. */
  readonly #headersAt: number;

  constructor(
    offset: number,
    timestampMs: number,
    key: Buffer | null,
    value: Buffer | null,
    body: Buffer,
    headersAt: number,
  ) {
    this.offset = offset;
    this.timestampMs = timestampMs;
    this.key = key;
    this.value = value;
    this.#body = body;
    this.#headersAt = headersAt;
  }

  get headers(): readonly (readonly [string, Buffer])[] {
    if (this.#headersAt === 0) return NO_HEADERS;
    const body = this.#body;
    const cursor = { at: this.#headersAt };
    const headers: (readonly [string, Buffer])[] = [];
    for (let left = readVarint(body, cursor); left > 0; left--) {
      const nameBytes = readVarint(body, cursor);
      const name = body.toString('utf8', cursor.at, cursor.at + nameBytes);
      cursor.at += nameBytes;
      const valueBytes = Math.max(readVarint(body, cursor), 0);
      headers.push([name, body.subarray(cursor.at, cursor.at + valueBytes)]);
      cursor.at += valueBytes;
    }
    return headers;
  }
}

function decodeBatch(
  batch: Buffer,
  attributes: number,
  body: Buffer,
  fromOffset: number,
  records: InRecord[],
): void {
  const baseOffset = readInt64(batch, 0);
  const baseTimestamp = readInt64(batch, 27);
  const appendTime = attributes & LOG_APPEND_TIME ? readInt64(batch, 35) : null;
  const cursor = { at: 0 };
  for (let left = batch.readInt32BE(57); left > 0; left--) {
    const size = readVarint(body, cursor);
    const end = cursor.at + size;
    if (size <= 0 || end > body.length)
      throw new KafkaError('CORRUPT_MESSAGE', `a record of the batch at ${baseOffset} is cut off`);
    cursor.at += 1;
    const timestampMs = baseTimestamp + readVarlong(body, cursor);
    const offset = baseOffset + readVarint(body, cursor);
    if (offset >= fromOffset) {
      const key = readBytes(body, cursor);
      const value = readBytes(body, cursor);
      const headersAt = body[cursor.at] === 0 ? 0 : cursor.at;
      records.push(new FetchedRecord(offset, appendTime ?? timestampMs, key, value, body, headersAt));
    }
    cursor.at = end;
  }
}

interface Cursor {
  at: number;
}

function readBytes(body: Buffer, cursor: Cursor): Buffer | null {
  const length = readVarint(body, cursor);
  if (length < 0) return null;
  const from = cursor.at;
  cursor.at = from + length;
  return body.subarray(from, from + length);
}

function readVarint(body: Buffer, cursor: Cursor): number {
  let byte = body[cursor.at++]!;
  let zigzag = byte & 127;
  for (let shift = 7; byte & 128; shift += 7) {
    byte = body[cursor.at++]!;
    zigzag |= (byte & 127) << shift;
  }
  return (zigzag >>> 1) ^ -(zigzag & 1);
}

/** Five bytes or more are put together by multiplication, exact below 2^53. */
function readVarlong(body: Buffer, cursor: Cursor): number {
  let byte = body[cursor.at++]!;
  let zigzag = byte & 127;
  let factor = 128;
  while (byte & 128) {
    byte = body[cursor.at++]!;
    zigzag += (byte & 127) * factor;
    factor *= 128;
  }
  return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
}
