import { BACKSLASH, COLON, PLAIN, QUOTE } from '../../schemas/json-bytes.ts';
import {
  APOSTROPHE,
  DOLLAR,
  ESCAPES,
  hexDigit,
  RAW,
  SYMBOL_PLAIN,
  WORD_PART,
  WORD_START,
} from './ion-bytes.ts';
import { IonCursor } from './ion-cursor.ts';

/** Up to here text is copied while it is read; a call into native code costs more than that. */
const SHORT_BYTES = 64;
const ESCAPE_DIGITS = new Map([
  ['x', 2],
  ['u', 4],
  ['U', 8],
]);
const SYMBOL_ID = /^\$[0-9]+$/;

/**
 * Writes strings and names of text Ion as JSON strings.
 *
 * A byte above 0x7f is copied as it is: whether it was UTF-8, and whether surrogates come in pairs, is asked by who reads the
 * JSON.
 */
export abstract class IonTexts extends IonCursor {
  /** Whether three apostrophes begin at `pos`. */
  protected isLong(): boolean {
    const { input, pos } = this;
    return pos + 2 < this.end && input[pos + 1] === APOSTROPHE && input[pos + 2] === APOSTROPHE;
  }

  /** Copies a string as a JSON string. */
  protected copyString(opening: number): void {
    if (opening === QUOTE && this.copyPlainRun(PLAIN, this.pos + 1, QUOTE)) return;
    const { out } = this;
    out.byte(QUOTE);
    if (opening === QUOTE) this.copyQuoted(opening);
    else this.copyLong();
    out.byte(QUOTE);
  }

  /**
   * Copies what begins at `from`, as a JSON string, if it is short, plain, and ends with the byte `last`; steps behind that.
   * Otherwise does nothing.
   *
   * @returns whether it did
   */
  private copyPlainRun(plain: Uint8Array, from: number, last: number): boolean {
    const { input, out } = this;
    out.ensure(SHORT_BYTES + 2);
    const { slab } = out;
    const stop = Math.min(this.end, from + SHORT_BYTES);
    let at = out.pos;
    slab[at++] = QUOTE;
    let p = from;
    for (; p < stop; p++) {
      const c = input[p]!;
      if (plain[c] === 0) break;
      slab[at++] = c;
    }
    if (p === this.end || input[p] !== last) return false;
    slab[at++] = QUOTE;
    out.pos = at;
    this.pos = p + 1;
    return true;
  }

  /** Copies a string, or a symbol in quotes: from the opening quote to behind the closing one. */
  protected copyQuoted(quote: number): void {
    const plain = quote === QUOTE ? PLAIN : SYMBOL_PLAIN;
    this.pos++;
    for (let c = this.copyPlain(plain); c !== quote; c = this.copyPlain(plain)) this.copyOdd(c);
    this.pos++;
  }

  /** Copies a long string: all parts of it, which whitespace and comments may separate. */
  protected copyLong(): void {
    do {
      this.pos += 3;
      for (;;) {
        const c = this.copyPlain(SYMBOL_PLAIN);
        if (c !== APOSTROPHE) {
          this.copyOdd(c);
          continue;
        }
        if (this.isLong()) break;
        this.out.byte(c);
        this.pos++;
      }
      this.pos += 3;
    } while (this.skipSpace() && this.input[this.pos] === APOSTROPHE && this.isLong());
  }

  /** Copies up to the first byte that does not stand for itself and returns that byte. */
  private copyPlain(plain: Uint8Array): number {
    const { input, out, end } = this;
    out.ensure(SHORT_BYTES);
    const { slab } = out;
    let at = out.pos;
    let p = this.pos;
    const stop = Math.min(end, p + SHORT_BYTES);
    for (; p < stop; p++) {
      const c = input[p]!;
      if (plain[c] === 0) break;
      slab[at++] = c;
    }
    out.pos = at;
    if (p === stop) {
      while (p < end && plain[input[p]!] === 1) p++;
      out.appendRange(input, stop, p);
    }
    this.pos = p;
    if (p === end) throw this.endsEarly();
    return input[p]!;
  }

  private copyOdd(c: number): void {
    if (c === BACKSLASH) {
      this.copyEscape();
      return;
    }
    const json = RAW[c];
    if (json === undefined) throw this.notIon('a control character in a string');
    this.out.ascii(json);
    this.pos++;
  }

  private copyEscape(): void {
    const { input, out, pos } = this;
    if (pos + 1 === this.end) throw this.endsEarly();
    const json = ESCAPES[input[pos + 1]!];
    if (json !== undefined) {
      out.ascii(json);
      this.pos += 2;
      return;
    }
    const digits = ESCAPE_DIGITS.get(String.fromCharCode(input[pos + 1]!));
    if (digits === undefined) throw this.notIon('an unknown escape in a string');
    this.writeCodePoint(this.hexNumber(pos + 2, digits));
    this.pos += 2 + digits;
  }

  private hexNumber(from: number, digits: number): number {
    if (from + digits > this.end) throw this.endsEarly();
    let number = 0;
    for (let p = from; p < from + digits; p++) {
      const digit = hexDigit(this.input[p]!);
      if (digit < 0) throw this.notIon(`an escape without ${digits} hexadecimal digits`);
      number = number * 16 + digit;
    }
    if (number > 0x10ffff) throw this.notIon('an escape beyond Unicode');
    return number;
  }

  private writeCodePoint(point: number): void {
    const units = String.fromCodePoint(point);
    for (let i = 0; i < units.length; i++)
      this.out.ascii(`\\u${units.charCodeAt(i).toString(16).padStart(4, '0')}`);
  }

  /** Copies the name of a field, as `"name":`, and steps behind its colon. */
  protected copyName(): void {
    const { out } = this;
    const c = this.next();
    if (WORD_START[c] === 1 && c !== DOLLAR && this.copyPlainRun(WORD_PART, this.pos, COLON)) {
      out.byte(COLON);
      return;
    }
    out.byte(QUOTE);
    if (WORD_START[c] === 1) this.copyWord();
    else if (c === QUOTE) this.copyQuoted(c);
    else if (c === APOSTROPHE && this.isLong()) this.copyLong();
    else if (c === APOSTROPHE) this.copyQuoted(c);
    else throw this.notIon('a name was expected');
    if (this.next() !== COLON) throw this.notIon('a colon was expected');
    this.pos++;
    out.byte(QUOTE);
    out.byte(COLON);
  }

  private copyWord(): void {
    const { input, pos } = this;
    if (input[pos] === DOLLAR && SYMBOL_ID.test(this.readWord())) {
      throw this.notIon('a symbol by its number, for which there is no symbol table');
    }
    this.pos = this.wordEnd(pos);
    this.out.appendRange(input, pos, this.pos);
  }

  /** Reads a symbol in quotes. */
  protected readQuoted(): string {
    const { out } = this;
    const from = out.length;
    this.copyQuoted(APOSTROPHE);
    const text = this.written(from, out.length);
    out.pos = out.start + from;
    return text;
  }

  /** The text whose JSON content was written from `from` to `to`. */
  protected written(from: number, to: number): string {
    const { slab, start } = this.out;
    return JSON.parse(`"${slab.toString('utf8', start + from, start + to)}"`) as string;
  }
}
