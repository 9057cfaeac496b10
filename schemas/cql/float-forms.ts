import { canonicalNumber, canonicalNumberEnd } from '../numbers.ts';
import type { ScalarForm } from './avro-codec.ts';
import { notOfType } from './faults.ts';
import { Misfit } from './value-codec.ts';

const FLOAT_DIGITS_MAX = 9;

/** @param lossy a number that the type does not hold exactly is rounded; else it is a misfit */
export function double(lossy: boolean): ScalarForm {
  return floatForm('double', 8, lossy, String, {
    round: Number,
    write: (value, out) => out.writeDoubleBE(value),
    read: (bytes) => bytes.readDoubleBE(),
  });
}

/** As {@link double}, of 4 bytes. */
export function float(lossy: boolean): ScalarForm {
  return floatForm('float', 4, lossy, shortestFloatText, {
    round: (text) => Math.fround(Number(text)),
    write: (value, out) => out.writeFloatBE(value),
    read: (bytes) => bytes.readFloatBE(),
  });
}

interface FloatBits {
  /** The nearest value of the type. */
  round(text: string): number;
  write(value: number, out: Buffer): void;
  read(bytes: Buffer): number;
}

function floatForm(
  name: string,
  size: number,
  lossy: boolean,
  shortest: (value: number) => string,
  bits: FloatBits,
): ScalarForm {
  const outside = new Misfit(`is outside the range of ${name}`);
  const inexact = new Misfit(`is not exact as ${name}`);
  return {
    N: (bytes, from, to) => {
      const content = bytes.toString('latin1', from, to);
      const text = canonicalNumberEnd(bytes, from, to) === to ? content : canonicalNumber(content, from);
      const value = bits.round(text);
      if (!Number.isFinite(value) || (value === 0 && text !== '0')) return outside;
      if (!lossy && !isText(shortest(value), text)) return inexact;
      const out = Buffer.allocUnsafe(size);
      bits.write(value, out);
      return out;
    },
    merges: lossy,
    decode: (bytes) => {
      if (bytes.length !== size) throw notOfType(name);
      const value = bits.read(bytes);
      if (!Number.isFinite(value)) throw notOfType(`${name} that DynamoDB can hold`);
      return { N: canonicalNumber(shortest(value)) };
    },
    canonical: (bytes) => {
      if (bytes.length !== size) return bytes;
      const value = bits.read(bytes);
      // There are two zeros and many that are not a number.
      if (value !== 0 && !Number.isNaN(value)) return bytes;
      const out = Buffer.allocUnsafe(size);
      bits.write(value === 0 ? 0 : Number.NaN, out);
      return out;
    },
  };
}

function isText(shortest: string, text: string): boolean {
  return shortest === text || (shortest.includes('e') && canonicalNumber(shortest) === text);
}

/** The fewest digits that are this float and no other. */
function shortestFloatText(value: number): string {
  for (let digits = 1; digits < FLOAT_DIGITS_MAX; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return canonicalNumber(text);
  }
  return canonicalNumber(value.toPrecision(FLOAT_DIGITS_MAX));
}
