import { CodecError } from './faults.ts';

const DIGITS_MAX = 38;
const EXPONENT_MIN = -130;
const EXPONENT_MAX = 125;
const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

/**
 * The one text of a number: plain decimal as DynamoDB prints it, so that equal numbers have equal bytes (rule C4).
 *
 * No exponent, no plus, no zeros at the front or behind the point, no point without digits, `0` for every zero. 38 significant
 * digits, magnitude 1E-130 to 9.99…E+125 (DynamoDB developer guide, Number). Longest result: 169 characters.
 *
 * @param position where the text stands in what is read, for the error
 * @throws CodecError NUMBER_INVALID, NUMBER_PRECISION, NUMBER_RANGE
 */
export function canonicalNumber(text: string, position?: number): string {
  const parts = NUMBER.exec(text);
  const whole = parts?.[2] ?? '';
  const fraction = parts?.[3] ?? '';
  if (parts === null || whole.length + fraction.length === 0) {
    throw new CodecError('NUMBER_INVALID', 'An N is not a decimal number', position);
  }
  const all = whole + fraction;
  const first = leadingZeros(all);
  if (first === all.length) return '0';
  const digits = all.slice(first, lengthWithoutTrailingZeros(all));
  if (digits.length > DIGITS_MAX) {
    throw new CodecError('NUMBER_PRECISION', `An N has more than ${DIGITS_MAX} significant digits`, position);
  }
  const exponent = whole.length - first - 1 + Number(parts[4] ?? 0);
  if (!(exponent >= EXPONENT_MIN && exponent <= EXPONENT_MAX)) {
    throw new CodecError('NUMBER_RANGE', 'An N is not between 1E-130 and 9.99E+125', position);
  }
  return (parts[1] === '-' ? '-' : '') + plain(digits, exponent);
}

/** `digits` with the first one standing for 10^exponent. */
function plain(digits: string, exponent: number): string {
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = exponent + 1;
  if (digits.length <= whole) return digits + '0'.repeat(whole - digits.length);
  return `${digits.slice(0, whole)}.${digits.slice(whole)}`;
}

// No regular expressions here: /0+$/ is quadratic on long runs of zeros.
function leadingZeros(digits: string): number {
  let i = 0;
  while (i < digits.length && digits.charCodeAt(i) === ZERO) i++;
  return i;
}

function lengthWithoutTrailingZeros(digits: string): number {
  let i = digits.length;
  while (i > 0 && digits.charCodeAt(i - 1) === ZERO) i--;
  return i;
}

/**
 * Where a number that is canonical already ends, so that its bytes can be copied as they are.
 *
 * @returns the offset behind its last byte; −1 when it is not canonical, not a number, or so long (over 38 digits in all)
 *   that only {@link canonicalNumber} can say. What follows the number is the caller's to check.
 */
export function canonicalNumberEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  const negative = at < end && bytes[at] === MINUS;
  if (negative) at++;
  const whole = at;
  while (at < end && bytes[at]! >= ZERO && bytes[at]! <= NINE) at++;
  const wholeDigits = at - whole;
  if (wholeDigits === 0 || wholeDigits > DIGITS_MAX) return -1;
  const zero = bytes[whole] === ZERO;
  if (zero && wholeDigits > 1) return -1;
  if (at >= end || bytes[at] !== DOT) return negative && zero ? -1 : at;
  const fraction = ++at;
  while (at < end && bytes[at]! >= ZERO && bytes[at]! <= NINE) at++;
  if (at === fraction || bytes[at - 1] === ZERO || wholeDigits + at - fraction > DIGITS_MAX) return -1;
  return at;
}
