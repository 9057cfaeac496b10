import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { ConnectError } from '../../connectors/errors.ts';

/** A quarter of the CPU time that Node's default of 16 KiB costs; the decoder's whole look-ahead is one such chunk. */
const CHUNK_BYTES = 256 * 1024;
/** An item has at most 400 KB; as JSON, with every byte an escape of six, some MiB. */
export const LINE_BYTES_MAX = 8 << 20;
const CARRY_KEPT_BYTES = 1 << 20;
const LINE_FEED = 0x0a;
const EMPTY = Buffer.alloc(0);

/**
 * Decompresses in chunks of at most 256 KiB, one ahead of the reader, whatever the input expands to.
 *
 * No bytes at all are an empty file, which exports may contain. Decompression runs in the thread pool beside the reader.
 *
 * @param file how errors call it
 * @throws ConnectError EXPORT_GZIP for what is no gzip, corrupt, or ends too early; what `compressed` throws
 */
export async function* gunzipped(compressed: AsyncIterable<Buffer>, file: string): AsyncGenerator<Buffer> {
  const input = compressed[Symbol.asyncIterator]();
  try {
    let first = await input.next();
    while (first.done !== true && first.value.length === 0) first = await input.next();
    if (first.done === true) return;
    const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
    const feeding = pipeline(startingWith(first.value, input), gunzip);
    // Its failure is the one that reading from `gunzip` meets.
    feeding.catch(() => {});
    try {
      yield* gunzip as AsyncIterable<Buffer>;
    } catch (error) {
      throw gzipFault(error, file);
    } finally {
      gunzip.destroy();
    }
  } finally {
    await input.return?.();
  }
}

async function* startingWith(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

function gzipFault(error: unknown, file: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!code.startsWith('Z_')) return error;
  // Z_BUF_ERROR: the input ended inside a member.
  const what = code === 'Z_BUF_ERROR' ? 'is cut off' : 'is no gzip, or damaged';
  return new ConnectError('EXPORT_GZIP', `${file} ${what}`, { cause: error, detail: { file } });
}

/**
 * Cuts a stream of chunks into lines at LF bytes and at nothing else: U+2028 and CR are parts of a line.
 *
 * A line is a range of `bytes`, good until the next call. What a chunk ends with is copied; chunks themselves are not kept.
 */
export class LineSplitter {
  bytes: Buffer = EMPTY;
  start = 0;
  end = 0;
  /** Number of the present line, from 1. */
  line = 0;
  readonly #file: string;
  readonly #lineBytesMax: number;
  #chunk: Buffer = EMPTY;
  #at = 0;
  #carry: Buffer = EMPTY;
  #carried = 0;

  /** @param file how errors call it */
  constructor(file: string, lineBytesMax = LINE_BYTES_MAX) {
    this.#file = file;
    this.#lineBytesMax = lineBytesMax;
  }

  /** Gives the next bytes; call it only when {@link next} has returned false. */
  push(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  /** Goes to the next line; false when it does not end in what was given. */
  next(): boolean {
    const lineFeed = this.#chunk.indexOf(LINE_FEED, this.#at);
    const to = lineFeed < 0 ? this.#chunk.length : lineFeed;
    this.#limit(this.#carried + to - this.#at);
    if (lineFeed < 0) {
      this.#keep(to);
      this.#chunk = EMPTY;
      this.#at = 0;
      return false;
    }
    if (this.#carried === 0) {
      this.#set(this.#chunk, this.#at, to);
    } else {
      this.#keep(to);
      this.#takeCarry();
    }
    this.#at = lineFeed + 1;
    return true;
  }

  /** After the last chunk: goes to the line that no LF ends, if there is one. */
  last(): boolean {
    if (this.#carried === 0) return false;
    this.#takeCarry();
    return true;
  }

  #takeCarry(): void {
    this.#set(this.#carry, 0, this.#carried);
    this.#carried = 0;
    if (this.#carry.length > CARRY_KEPT_BYTES) this.#carry = EMPTY;
  }

  #set(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.line++;
  }

  #keep(to: number): void {
    const size = to - this.#at;
    if (this.#carry.length - this.#carried < size) {
      const grown = Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, 2 * (this.#carried + size)));
      this.#carry.copy(grown, 0, 0, this.#carried);
      this.#carry = grown;
    }
    this.#chunk.copy(this.#carry, this.#carried, this.#at, to);
    this.#carried += size;
  }

  #limit(size: number): void {
    if (size <= this.#lineBytesMax) return;
    const line = this.line + 1;
    throw new ConnectError(
      'EXPORT_LINE_TOO_LONG',
      `${this.#file}, line ${line} is longer than ${this.#lineBytesMax} bytes`,
      { detail: { file: this.#file, line } },
    );
  }
}
