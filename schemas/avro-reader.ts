import { isUtf8 } from 'node:buffer';
import { CodecError } from './faults.ts';

const SHORT_TEXT_BYTES = 12;

/**
 * Walks over Avro bytes, whoever wrote them.
 *
 * Anything legal is accepted: several blocks, blocks with a negative count and a size (Avro specification, "Maps"), varints
 * longer than needed. Anything else throws AVRO_INVALID before a byte outside `end` is read.
 */
export class AvroReader {
  buffer: Buffer;
  pos: number;
  end: number;

  constructor(buffer: Buffer, pos = 0, end = buffer.length) {
    this.buffer = buffer;
    this.pos = pos;
    this.end = end;
  }

  reset(buffer: Buffer, pos = 0, end = buffer.length): this {
    this.buffer = buffer;
    this.pos = pos;
    this.end = end;
    return this;
  }

  fail(what: string): never {
    throw new CodecError('AVRO_INVALID', `Not legal Avro: ${what}`, this.pos);
  }

  /** Throws unless everything was read. */
  finish(): void {
    if (this.pos !== this.end) this.fail('bytes are left over');
  }

  byte(): number {
    if (this.pos >= this.end) this.fail('it ends too early');
    return this.buffer[this.pos++]!;
  }

  boolean(): boolean {
    const value = this.byte();
    if (value > 1) this.fail('a boolean that is neither 0 nor 1');
    return value === 1;
  }

  /** A long between −2^53 and 2^53; a wider one throws, because a JavaScript number would round it. */
  long(): number {
    const first = this.byte();
    if (first < 128) return (first & 1) === 0 ? first >>> 1 : -(first >>> 1) - 1;
    let low = first & 127;
    for (let shift = 7; shift < 28; shift += 7) {
      const next = this.byte();
      low |= (next & 127) << shift;
      if (next < 128) return (low & 1) === 0 ? low >>> 1 : -(low >>> 1) - 1;
    }
    return this.wideLong(low);
  }

  /** The rest of a long whose lower 28 bits are `low`. */
  private wideLong(low: number): number {
    let high = 0;
    let scale = 1;
    for (let i = 0; ; i++) {
      if (i === 6) this.fail('a long of more than ten bytes');
      const next = this.byte();
      high += (next & 127) * scale;
      scale *= 128;
      if (next < 128) break;
    }
    const half = high * 0x8000000 + (low >>> 1);
    if (half > Number.MAX_SAFE_INTEGER) this.fail('a long beyond 2^53');
    return (low & 1) === 0 ? half : -half - 1;
  }

  /** A length: not negative, and not more than what is left. */
  length(): number {
    const value = this.long();
    if (value < 0 || value > this.end - this.pos) this.fail('a length beyond its end');
    return value;
  }

  /**
   * The number of entries in the next block of a map or array, 0 at its end.
   * A negative count is followed by the block's size in bytes, which we do not need.
   */
  blockCount(): number {
    const count = this.long();
    if (count >= 0) return count;
    if (this.long() < 0) this.fail('a block of negative size');
    return -count;
  }

  /** Bytes with their length, as a slice of what is read. */
  bytes(): Buffer {
    const size = this.length();
    const from = this.pos;
    this.pos = from + size;
    return this.buffer.subarray(from, this.pos);
  }

  /** A string with its length. Throws UTF8_INVALID where Node would silently put U+FFFD. */
  text(): string {
    const size = this.length();
    const from = this.pos;
    const to = from + size;
    this.pos = to;
    const { buffer } = this;
    if (size <= SHORT_TEXT_BYTES) {
      let short = '';
      let i = from;
      for (let c = 0; i < to && (c = buffer[i]!) < 128; i++) short += String.fromCharCode(c);
      if (i === to) return short;
    }
    const text = buffer.toString('utf8', from, to);
    if (text.includes('\ufffd') && !isUtf8(buffer.subarray(from, to))) {
      throw new CodecError('UTF8_INVALID', 'A string is not UTF-8', from);
    }
    return text;
  }
}
