import { CodecError } from './faults.ts';

const SLAB_BYTES = 1 << 20;
const LONE_SURROGATE = /\p{Surrogate}/u;
/** Up to here bytes are copied by a loop; a call into native code costs more than that. */
const LOOP_BYTES_MAX = 96;

/**
 * Writes pieces of bytes one behind the other into large slabs.
 *
 * A piece is what was written since the last {@link take}; `take` hands it out as a slice of the slab that nobody
 * overwrites afterwards: a full slab is left to those who hold its slices and a new one takes its place. So a piece costs
 * no allocation of its own, and whoever keeps one for long keeps its slab (1 MiB) alive: copy it in that case.
 *
 * `slab` and `pos` are open for loops that write many bytes at once: call {@link ensure} first, and read `slab` after it.
 */
export class SlabWriter {
  slab: Buffer;
  /** Where the next byte goes. */
  pos = 0;
  /** Where the present piece begins; it moves when the slab is replaced, so remember offsets relative to it. */
  start = 0;
  private readonly slabBytes: number;

  constructor(slabBytes = SLAB_BYTES) {
    this.slabBytes = slabBytes;
    this.slab = Buffer.allocUnsafeSlow(slabBytes);
  }

  /** Bytes of the present piece so far. */
  get length(): number {
    return this.pos - this.start;
  }

  /** Throws away the present piece, after an error. */
  drop(): void {
    this.pos = this.start;
  }

  /** Ends the piece and hands it out; it stays as it is for ever. */
  take(): Buffer {
    const piece = this.slab.subarray(this.start, this.pos);
    this.start = this.pos;
    return piece;
  }

  /** Makes room for `size` more bytes at `pos`. */
  ensure(size: number): void {
    if (this.slab.length - this.pos < size) this.replaceSlab(size);
  }

  private replaceSlab(size: number): void {
    const written = this.pos - this.start;
    const next = Buffer.allocUnsafeSlow(Math.max(this.slabBytes, 2 * (written + size)));
    this.slab.copy(next, 0, this.start, this.pos);
    this.slab = next;
    this.start = 0;
    this.pos = written;
  }

  /** One byte as it is. */
  byte(value: number): void {
    this.ensure(1);
    this.slab[this.pos++] = value;
  }

  /** An Avro int or long, an integer from 0 to 2^53 − 1, in its shortest form. */
  long(value: number): void {
    this.ensure(10);
    const { slab } = this;
    let at = this.pos;
    let zigzag = value * 2;
    if (zigzag >= 0x10000000) {
      if (!Number.isSafeInteger(value))
        throw new CodecError('AVRO_INVALID', 'A long beyond 2^53 cannot be written');
      const high = Math.floor(zigzag / 0x10000000);
      let low = zigzag - high * 0x10000000;
      for (let i = 0; i < 4; i++) {
        slab[at++] = (low & 127) | 128;
        low >>>= 7;
      }
      zigzag = high;
    } else if (!(value >= 0) || (value | 0) !== value) {
      throw new CodecError('AVRO_INVALID', 'Only an integer that is not negative can be written');
    }
    while (zigzag > 127) {
      slab[at++] = (zigzag & 127) | 128;
      zigzag >>>= 7;
    }
    slab[at++] = zigzag;
    this.pos = at;
  }

  /** Bytes as they are, without a length. */
  append(bytes: Uint8Array): void {
    this.appendRange(bytes, 0, bytes.length);
  }

  /** Bytes `from` (included) to `to` (excluded) of `source`, without a length. */
  appendRange(source: Uint8Array, from: number, to: number): void {
    const size = to - from;
    this.ensure(size);
    const { slab } = this;
    let at = this.pos;
    if (size <= LOOP_BYTES_MAX) for (let i = from; i < to; i++) slab[at++] = source[i]!;
    else slab.set(source.subarray(from, to), at);
    this.pos += size;
  }

  /** ASCII text as it is, without a length: the fixed parts of a JSON body. */
  ascii(text: string): void {
    this.ensure(text.length);
    const { slab } = this;
    let at = this.pos;
    for (let i = 0; i < text.length; i++) slab[at++] = text.charCodeAt(i);
    this.pos = at;
  }

  /** Avro bytes: length and content. */
  bytes(content: Uint8Array): void {
    this.long(content.length);
    this.append(content);
  }

  /**
   * An Avro string: length and UTF-8.
   *
   * @throws CodecError UTF8_INVALID for half a surrogate pair, which Node would silently replace.
   */
  text(content: string): void {
    const size = content.length;
    if (size < 64) {
      this.ensure(size + 1);
      const { slab } = this;
      let at = this.pos + 1;
      let i = 0;
      for (let c = 0; i < size && (c = content.charCodeAt(i)) < 128; i++) slab[at++] = c;
      if (i === size) {
        slab[this.pos] = size << 1;
        this.pos = at;
        return;
      }
    }
    if (LONE_SURROGATE.test(content))
      throw new CodecError('UTF8_INVALID', 'A string holds half a surrogate pair');
    const encodedSize = Buffer.byteLength(content);
    this.long(encodedSize);
    this.ensure(encodedSize);
    this.slab.write(content, this.pos, 'utf8');
    this.pos += encodedSize;
  }

  /**
   * Fills in the count of a block whose first byte was left free at `countAt` (relative to the piece), once it is known.
   * More than 63 entries need a longer varint: what was written behind it moves by the bytes returned.
   */
  patchCount(countAt: number, count: number): number {
    const at = this.start + countAt;
    if (count < 64) {
      this.slab[at] = count << 1;
      return 0;
    }
    const end = this.pos;
    const extra = count < 8192 ? 1 : count < 1048576 ? 2 : 3;
    this.ensure(extra);
    const moved = this.start + countAt;
    this.slab.copyWithin(moved + 1 + extra, moved + 1, moved + 1 + (end - at - 1));
    const after = this.pos + extra;
    this.pos = moved;
    this.long(count);
    this.pos = after;
    return extra;
  }
}
