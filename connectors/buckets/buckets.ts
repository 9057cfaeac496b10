import { type Entry, EntryCodec } from './entry.ts';
import { keyHash } from './key-hash.ts';
import type { SpillFile } from './spill-file.ts';

/** Room for two of the longest keys of DynamoDB's; a longer entry, of a key that a sink has made, has a chunk of its own. */
const CHUNK_BYTES = 8192;
/** In front of a chunk: where the bucket's chunk before it stands (−1: none), and how far it is filled. */
const CHUNK_HEAD = 12;
/** With their buffers, at most 32 MiB for each side. */
const BUCKETS_MAX = 4096;
const BUCKETS_MIN = 16;
const BUCKETS_UNKNOWN = 512;
/** So many rows in a bucket are compared at a time without reading it twice. */
const ROWS_PER_BUCKET = 50_000;

/** Buckets for a table of about so many rows; null: nobody knows. A wrong guess costs time, never memory. */
export function bucketCount(rows: number | null): number {
  if (rows === null) return BUCKETS_UNKNOWN;
  const needed = 2 ** Math.ceil(Math.log2(Math.max(1, rows / ROWS_PER_BUCKET)));
  return Math.min(BUCKETS_MAX, Math.max(BUCKETS_MIN, needed));
}

interface Bucket {
  /** Being filled; null until something is added. */
  chunk: Buffer | null;
  filled: number;
  /** Where the last full chunk stands in the file. */
  lastAt: number;
  bytes: number;
}

/**
 * One side of a comparison, spread over buckets by the hash of the key: equal keys meet in the same bucket.
 *
 * Full chunks go to disk, each with the place of the one before it in its bucket; memory holds one chunk per bucket,
 * whatever the size of the table.
 */
export class Buckets {
  readonly count: number;
  readonly #file: SpillFile;
  readonly #codec: EntryCodec;
  readonly #buckets: Bucket[];
  readonly #free: Buffer[] = [];
  #entries = 0;

  /** @param count as of {@link bucketCount}; the same for both sides. */
  constructor(file: SpillFile, count: number, logged: boolean) {
    this.count = count;
    this.#file = file;
    this.#codec = new EntryCodec(logged);
    this.#buckets = Array.from({ length: count }, () => ({ chunk: null, filled: 0, lastAt: -1, bytes: 0 }));
  }

  /** Entries added. */
  get entries(): number {
    return this.#entries;
  }

  bytesOf(bucket: number): number {
    return this.#buckets[bucket]?.bytes ?? 0;
  }

  /** Copies the entries; what it wrote of them is on disk when it resolves. */
  async add(entries: readonly Entry[]): Promise<void> {
    const full: Buffer[] = [];
    for (const entry of entries) this.#place(entry, full);
    this.#entries += entries.length;
    if (full.length === 0) return;
    await this.#file.append(full);
    this.#free.push(...full.filter(({ length }) => length === CHUNK_BYTES));
    if (this.#free.length > this.count) this.#free.length = this.count;
  }

  /** A bucket's entries, a chunk at a time, in no order. */
  async *read(bucket: number): AsyncGenerator<Iterable<Entry>, void, undefined> {
    const { chunk, filled, lastAt } = this.#buckets[bucket]!;
    if (chunk !== null) yield this.#entriesOf(chunk, filled);
    for (let at = lastAt; at >= 0; ) {
      const stored = Buffer.allocUnsafeSlow(CHUNK_BYTES);
      await this.#file.read(stored, at);
      const bytes = stored.readUInt32LE(8);
      const whole = bytes <= CHUNK_BYTES ? stored : Buffer.allocUnsafeSlow(bytes);
      if (whole !== stored) await this.#file.read(whole, at);
      yield this.#entriesOf(whole, bytes);
      at = stored.readDoubleLE(0);
    }
  }

  *#entriesOf(chunk: Buffer, filled: number): Generator<Entry> {
    for (let at = CHUNK_HEAD; at < filled; ) {
      const entry = this.#codec.read(chunk, at);
      at += this.#codec.sizeOf(entry);
      yield entry;
    }
  }

  #place(entry: Entry, full: Buffer[]): void {
    const bucket = this.#buckets[keyHash(entry.key) % this.count]!;
    const size = this.#codec.sizeOf(entry);
    if (bucket.chunk !== null && bucket.filled + size > bucket.chunk.length) {
      const at = full.reduce((end, { length }) => end + length, this.#file.end);
      bucket.chunk.writeDoubleLE(bucket.lastAt, 0);
      bucket.chunk.writeUInt32LE(bucket.filled, 8);
      full.push(bucket.chunk);
      bucket.lastAt = at;
      bucket.chunk = null;
    }
    if (bucket.chunk === null) {
      const isLong = CHUNK_HEAD + size > CHUNK_BYTES;
      bucket.chunk = isLong
        ? Buffer.allocUnsafeSlow(CHUNK_HEAD + size)
        : (this.#free.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES));
      bucket.filled = CHUNK_HEAD;
    }
    bucket.filled = this.#codec.write(entry, bucket.chunk, bucket.filled);
    bucket.bytes += size;
  }
}
