import { decodeBase64, decodedSize } from './base64.ts';
import type { SlabWriter } from './bytes.ts';
import { HASH_PRIME, HASH_SEED, hashBytes } from './distinct.ts';
import { CodecError } from './faults.ts';
import { BACKSLASH, notJson, PLAIN, QUOTE, skipSpace } from './json-bytes.ts';
import { closingQuote, unescapeInto } from './json-strings.ts';
import { canonicalNumber, canonicalNumberEnd } from './numbers.ts';

/** Strings up to here have a length of one byte, which can be left free and filled in: they are copied while they are read. */
const SHORT_MAX = 63;

/**
 * Copies the scalars of a JSON text into Avro bytes: the lower half of the item scanner.
 *
 * Every `copy…` begins at the opening quote and ends behind the closing one. Whether bytes above 0x7f were UTF-8 is asked
 * once for the whole item, by `high`: one native call instead of one per string.
 */
export abstract class TextScanner {
  protected input: Buffer = Buffer.alloc(0);
  protected pos = 0;
  protected end = 0;
  /** All bytes of all strings, or-ed: above 0x7f when one of them was. */
  protected high = 0;
  /** Where the content of the last string went, relative to the piece. */
  protected textFrom = 0;
  protected readonly out: SlabWriter;

  protected constructor(out: SlabWriter) {
    this.out = out;
  }

  /** Steps over whitespace and returns the byte that `pos` then stands on. */
  protected next(): number {
    const { pos } = this;
    if (pos < this.end) {
      const c = this.input[pos]!;
      if (c > 0x20) return c;
    }
    this.pos = skipSpace(this.input, pos, this.end);
    return this.input[this.pos]!;
  }

  /** Copies a string as an Avro string. */
  protected copyString(): void {
    const { input, out, end } = this;
    out.ensure(SHORT_MAX + 2);
    const { slab } = out;
    const from = this.pos + 1;
    const stop = Math.min(from + SHORT_MAX, end);
    let at = out.pos + 1;
    let high = this.high;
    let p = from;
    while (p < stop) {
      const c = input[p]!;
      if (PLAIN[c] === 0) break;
      slab[at++] = c;
      high |= c;
      p++;
    }
    if (p >= end || input[p] !== QUOTE) {
      this.high = high;
      this.copyLongString(p);
      return;
    }
    this.high = high;
    this.textFrom = out.pos + 1 - out.start;
    slab[out.pos] = (p - from) << 1;
    out.pos = at;
    this.pos = p + 1;
  }

  /** Copies a string as {@link copyString} does, and returns the hash of its content. */
  protected copyName(): number {
    const { input, out, end } = this;
    out.ensure(SHORT_MAX + 2);
    const { slab } = out;
    const from = this.pos + 1;
    const stop = Math.min(from + SHORT_MAX, end);
    let at = out.pos + 1;
    let high = this.high;
    let hash = HASH_SEED;
    let p = from;
    while (p < stop) {
      const c = input[p]!;
      if (PLAIN[c] === 0) break;
      slab[at++] = c;
      high |= c;
      hash = Math.imul(hash ^ c, HASH_PRIME);
      p++;
    }
    if (p >= end || input[p] !== QUOTE) {
      this.high = high;
      this.copyLongString(p);
      return hashBytes(out.slab, out.start + this.textFrom, out.pos);
    }
    this.high = high;
    this.textFrom = out.pos + 1 - out.start;
    slab[out.pos] = (p - from) << 1;
    out.pos = at;
    this.pos = p + 1;
    return hash;
  }

  /** A string that is long or has escapes. It was read up to `plainTo` and is plain so far. */
  private copyLongString(plainTo: number): void {
    const { input, end } = this;
    const from = this.pos + 1;
    let high = this.high;
    let p = plainTo;
    while (p < end && PLAIN[input[p]!] === 1) high |= input[p++]!;
    this.high = high;
    if (p >= end) throw notJson('a string without an end', end);
    const c = input[p];
    if (c === BACKSLASH) this.copyEscapedString(p);
    else if (c !== QUOTE) throw notJson('a control character in a string', p);
    else {
      const { out } = this;
      out.long(p - from);
      this.textFrom = out.length;
      out.appendRange(input, from, p);
      this.pos = p + 1;
    }
  }

  private copyEscapedString(firstEscape: number): void {
    const { input, out } = this;
    const from = this.pos + 1;
    const to = closingQuote(input, firstEscape, this.end);
    for (let p = firstEscape; p < to; p++) this.high |= input[p]!;
    const room = to - from;
    out.ensure(room + 16);
    const content = out.pos + 5;
    const size = unescapeInto(input, from, to, out.slab, content) - content;
    out.long(size);
    out.slab.copyWithin(out.pos, content, content + size);
    this.textFrom = out.length;
    out.pos += size;
    this.pos = to + 1;
  }

  /** Copies a string that is a number, in canonical form. */
  protected copyNumber(): void {
    const { input, out } = this;
    const from = this.pos + 1;
    const to = canonicalNumberEnd(input, from, this.end);
    if (to < 0 || to >= this.end || input[to] !== QUOTE) {
      this.copyOddNumber();
      return;
    }
    out.ensure(48);
    const { slab } = out;
    let at = out.pos;
    slab[at++] = (to - from) << 1;
    this.textFrom = at - out.start;
    for (let p = from; p < to; p++) slab[at++] = input[p]!;
    out.pos = at;
    this.pos = to + 1;
  }

  private copyOddNumber(): void {
    const { out } = this;
    const position = this.pos;
    const text = canonicalNumber(this.takeBack().toString('latin1'), position);
    out.long(text.length);
    this.textFrom = out.length;
    out.ascii(text);
  }

  /** Copies a string that is base64, as the bytes it stands for. */
  protected copyBase64(): void {
    const { input } = this;
    const from = this.pos + 1;
    const to = input.indexOf(QUOTE, from);
    if (to < 0 || to >= this.end) throw notJson('a string without an end', this.end);
    const bad = this.writeDecoded(input, from, to);
    if (bad < 0) {
      this.pos = to + 1;
      return;
    }
    // Some writers of JSON escape the slash or the equals sign.
    const text = this.takeBack();
    if (this.writeDecoded(text, 0, text.length) >= 0) {
      throw new CodecError('BASE64_INVALID', 'A B is not standard, padded base64', bad);
    }
  }

  /** −1 when well, else the offset of the fault, with nothing written. */
  private writeDecoded(text: Uint8Array, from: number, to: number): number {
    const { out } = this;
    const size = decodedSize(text, from, to);
    if (size < 0) return from;
    out.ensure(size + 10);
    const back = out.pos;
    out.long(size);
    const bad = decodeBase64(text, from, to, out.slab, out.pos);
    if (bad >= 0) {
      out.pos = back;
      return bad;
    }
    this.textFrom = out.length;
    out.pos += size;
    return -1;
  }

  /** The content of the string at `pos` as bytes of their own, with nothing written. */
  protected takeBack(): Buffer {
    const { out } = this;
    const back = out.length;
    this.copyString();
    const content = Buffer.from(out.slab.subarray(out.start + this.textFrom, out.pos));
    out.pos = out.start + back;
    return content;
  }
}
