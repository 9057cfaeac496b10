import { canonicalNumber, canonicalNumberEnd } from '../numbers.ts';

const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;

/** The text of an N as an integer and the place of its point. Reused: read what is needed before the next `read`. */
export class NumberText {
  /** The number without its point; a bigint beyond 2^53. */
  unscaled: number | bigint = 0;
  /** Digits behind the point, never a zero at the end: 0 is an integer. */
  scale = 0;

  /**
   * Reads the text from `from` to `to`; a form that is not canonical, another program's, is read as its canonical one.
   *
   * @throws CodecError NUMBER_INVALID, NUMBER_PRECISION, NUMBER_RANGE
   */
  read(bytes: Buffer, from: number, to: number): this {
    if (canonicalNumberEnd(bytes, from, to) === to) {
      this.readCanonical(bytes, from, to);
    } else {
      const text = Buffer.from(canonicalNumber(bytes.toString('latin1', from, to), from), 'latin1');
      this.readCanonical(text, 0, text.length);
    }
    return this;
  }

  private readCanonical(bytes: Buffer, from: number, to: number): void {
    const negative = bytes[from] === MINUS;
    let point = to - 1;
    let value = 0;
    for (let at = negative ? from + 1 : from; at < to; at++) {
      if (bytes[at] === DOT) point = at;
      else value = value * 10 + (bytes[at]! - ZERO);
    }
    this.scale = to - 1 - point;
    // What is beyond 2^53 never rounds to less.
    if (value <= Number.MAX_SAFE_INTEGER) this.unscaled = negative ? -value : value;
    else this.unscaled = BigInt(bytes.toString('latin1', from, to).replace('.', ''));
  }
}

/** The canonical text of `unscaled` × 10^-scale, where `scale` is from 0 to a few hundred. */
export function numberText(unscaled: bigint, scale: number): string {
  if (scale === 0) return canonicalNumber(unscaled.toString());
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const whole = digits.length - scale;
  return canonicalNumber(`${unscaled < 0n ? '-' : ''}${digits.slice(0, whole)}.${digits.slice(whole)}`);
}
