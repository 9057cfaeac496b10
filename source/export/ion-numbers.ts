import { DOT, MINUS, NINE, NUMBER_STOP, ZERO } from './ion-bytes.ts';

/** Ion specification, Real Numbers and Integers: underscores between digits, no zeros in front, no plus. */
const DIGITS = '(?:0|[1-9](?:_?[0-9])*)';
const FRACTION = '(?:\\.(?:[0-9](?:_?[0-9])*)?)?';
const DECIMAL = new RegExp(`^-?${DIGITS}${FRACTION}(?:[dD][+-]?[0-9]+)?$`);
const FLOAT = new RegExp(`^(?:-?${DIGITS}${FRACTION}[eE][+-]?[0-9]+|[+-]inf)$`);
const OTHER_BASE = /^(-?)(0(?:[xX][0-9a-fA-F](?:_?[0-9a-fA-F])*|[bB][01](?:_?[01])*))$/;
const TIMESTAMP = /^[0-9]{4}(?:T$|-[0-9]{2})/;
/** 1E126, beyond all numbers of DynamoDB, has fewer binary digits; only zeros in front could make it longer. */
const OTHER_BASE_CHARACTERS_MAX = 1024;

/** What the text of a number turned out to be when it was none that DynamoDB has. */
export type NoNumber = 'float' | 'timestamp' | 'nothing';

/**
 * Where the number at `from` ends, if it is a plain one: an int or a decimal without exponent and underscores.
 * Otherwise −1: {@link decimalText} can say. A point that no digits follow is part of it.
 */
export function plainNumberEnd(input: Uint8Array, from: number, end: number): number {
  const whole = input[from] === MINUS ? from + 1 : from;
  let p = digitsEnd(input, whole, end);
  if (p === whole || (input[whole] === ZERO && p > whole + 1)) return -1;
  if (p < end && input[p] === DOT) p = digitsEnd(input, p + 1, end);
  return p < end && NUMBER_STOP[input[p]!] === 1 ? p : -1;
}

/** Where the characters end that may belong to a number. */
export function numberEnd(input: Uint8Array, from: number, end: number): number {
  let p = from;
  while (p < end && NUMBER_STOP[input[p]!] === 0) p++;
  return p;
}

/**
 * An Ion int or decimal, exactly, as DynamoDB JSON can have it: `6d2` → `6e2`, `1_000.` → `1000.`, `0x1F` → `31`.
 *
 * A float is none: it is binary, and what DynamoDB holds is decimal, so no export has one.
 */
export function decimalText(text: string): { readonly text: string } | NoNumber {
  if (DECIMAL.test(text)) return { text: text.replaceAll('_', '').replace(/d/i, 'e') };
  if (FLOAT.test(text)) return 'float';
  if (TIMESTAMP.test(text)) return 'timestamp';
  const other = text.length <= OTHER_BASE_CHARACTERS_MAX ? OTHER_BASE.exec(text) : null;
  if (other === null) return 'nothing';
  return { text: `${other[1]}${BigInt(other[2]!.replaceAll('_', ''))}` };
}

function digitsEnd(input: Uint8Array, from: number, end: number): number {
  let p = from;
  while (p < end && input[p]! >= ZERO && input[p]! <= NINE) p++;
  return p;
}
