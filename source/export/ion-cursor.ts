import { SlabWriter } from '../../schemas/bytes.ts';
import { type CodecCode, CodecError } from '../../schemas/faults.ts';
import { CARRIAGE_RETURN, SLASH, SPACES, STAR, WORD_PART } from './ion-bytes.ts';

const SLAB_BYTES = 64 * 1024;
/** A larger buffer is left to the line that needed it: one huge item shall not cost memory for as long as its file is read. */
const SLAB_KEPT_BYTES = 4 << 20;

/** Goes through one line of text Ion (Ion text grammar 1.0), and holds the JSON that is made of it. */
export abstract class IonCursor {
  protected input: Buffer = Buffer.alloc(0);
  protected pos = 0;
  protected end = 0;
  protected out = new SlabWriter(SLAB_BYTES);
  /** Whether `pos` stands within the value of an attribute of the item. */
  protected inAttribute = false;

  /** Begins a line; what was written of the one before it is gone. */
  protected begin(input: Buffer, start: number, end: number): void {
    if (this.out.slab.length > SLAB_KEPT_BYTES) this.out = new SlabWriter(SLAB_BYTES);
    this.out.drop();
    this.input = input;
    this.pos = start;
    this.end = end;
    this.inAttribute = false;
  }

  /** A fault at the place that was reached; its position is one in the JSON that was written, where an attribute is at fault. */
  protected fault(code: CodecCode, message: string): CodecError {
    return new CodecError(code, message, this.inAttribute ? this.out.length : undefined);
  }

  protected notIon(what: string): CodecError {
    return this.fault('NOT_ION', `Not Ion: ${what}`);
  }

  protected endsEarly(): CodecError {
    // Not only this line: where a value goes over several lines, none of them can be trusted.
    return this.fault('ION_UNREADABLE', 'The line ends before its record does');
  }

  /** Steps over whitespace and comments and returns the byte that `pos` then stands on. */
  protected next(): number {
    const { pos } = this;
    if (pos < this.end) {
      const c = this.input[pos]!;
      if (c > 0x20 && c !== SLASH) return c;
    }
    if (!this.skipSpace()) throw this.endsEarly();
    return this.input[this.pos]!;
  }

  /** Steps over whitespace and comments; false at the end of the line. */
  protected skipSpace(): boolean {
    const { input, end } = this;
    let p = this.pos;
    while (p < end) {
      if (SPACES[input[p]!] === 1) p++;
      else if (input[p] !== SLASH || p + 1 === end) break;
      else if (input[p + 1] === SLASH) p = this.commentEnd(p + 2);
      else if (input[p + 1] === STAR) p = this.blockEnd(p + 2);
      else break;
    }
    this.pos = p;
    return p < end;
  }

  private commentEnd(from: number): number {
    let p = from;
    while (p < this.end && this.input[p] !== CARRIAGE_RETURN) p++;
    return p;
  }

  private blockEnd(from: number): number {
    for (let p = from; p + 1 < this.end; p++)
      if (this.input[p] === STAR && this.input[p + 1] === SLASH) return p + 2;
    throw this.endsEarly();
  }

  /** Reads a symbol without quotes, or a keyword. */
  protected readWord(): string {
    const { pos } = this;
    this.pos = this.wordEnd(pos);
    return this.input.toString('latin1', pos, this.pos);
  }

  protected wordEnd(from: number): number {
    let p = from;
    while (p < this.end && WORD_PART[this.input[p]!] === 1) p++;
    return p;
  }

  /** The byte at `at`, which the line must have. */
  protected byteAt(at: number): number {
    if (at >= this.end) throw this.endsEarly();
    return this.input[at]!;
  }
}
