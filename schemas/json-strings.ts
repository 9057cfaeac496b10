import { CodecError } from './faults.ts';
import { BACKSLASH, notJson, PLAIN, QUOTE } from './json-bytes.ts';

const LETTER_U = 0x75;
/** What stands behind the backslash → the byte it means; 0 for what may not stand there. */
const ESCAPED = new Uint8Array(256);
for (const [letter, meant] of ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t'].map((pair) => [
  ...pair,
])) {
  ESCAPED[letter!.charCodeAt(0)] = meant!.charCodeAt(0);
}

/**
 * Where the string ends whose content begins at `from`: the offset of its closing quote.
 * Escapes are stepped over, not checked.
 */
export function closingQuote(input: Uint8Array, from: number, end: number): number {
  for (let p = from; p < end; p++) {
    const c = input[p]!;
    if (PLAIN[c] === 1) continue;
    if (c === QUOTE) return p;
    if (c !== BACKSLASH) throw notJson('a control character in a string', p);
    p++;
  }
  throw notJson('a string without an end', end);
}

/**
 * Writes the content of a JSON string, between its quotes, as UTF-8 into `target` at `at`, and returns the offset behind it.
 * It never grows: room for `to - from` bytes is enough.
 *
 * @throws CodecError NOT_JSON for an escape that does not exist, UTF8_INVALID for half a surrogate pair, which DynamoDB cannot hold
 */
export function unescapeInto(
  input: Uint8Array,
  from: number,
  to: number,
  target: Uint8Array,
  at: number,
): number {
  let out = at;
  let p = from;
  while (p < to) {
    const c = input[p]!;
    if (c !== BACKSLASH) {
      target[out++] = c;
      p++;
      continue;
    }
    const letter = p + 1 < to ? input[p + 1]! : 0;
    if (letter !== LETTER_U) {
      if (ESCAPED[letter] === 0) throw notJson('an unknown escape in a string', p);
      target[out++] = ESCAPED[letter]!;
      p += 2;
      continue;
    }
    let point = hexUnit(input, p + 2, to);
    if (point >= 0xd800 && point <= 0xdfff) {
      point = surrogatePair(input, p, to, point);
      p += 6;
    }
    p += 6;
    out = writeCodePoint(target, out, point);
  }
  return out;
}

function surrogatePair(input: Uint8Array, p: number, to: number, high: number): number {
  const follows = p + 7 < to && input[p + 6] === BACKSLASH && input[p + 7] === LETTER_U;
  const low = high < 0xdc00 && follows ? hexUnit(input, p + 8, to) : 0;
  if (low < 0xdc00 || low > 0xdfff) {
    throw new CodecError('UTF8_INVALID', 'A string holds half a surrogate pair', p);
  }
  return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

function hexUnit(input: Uint8Array, from: number, to: number): number {
  let unit = 0;
  for (let p = from; p < from + 4; p++) {
    const c = p < to ? input[p]! : 0;
    const letter = c | 0x20;
    if (c >= 0x30 && c <= 0x39) unit = unit * 16 + c - 0x30;
    else if (letter >= 0x61 && letter <= 0x66) unit = unit * 16 + letter - 0x57;
    else throw notJson('an escape without four hexadecimal digits', from);
  }
  return unit;
}

function writeCodePoint(target: Uint8Array, at: number, point: number): number {
  let out = at;
  if (point < 0x80) {
    target[out++] = point;
  } else if (point < 0x800) {
    target[out++] = 0xc0 | (point >> 6);
    target[out++] = 0x80 | (point & 63);
  } else if (point < 0x10000) {
    target[out++] = 0xe0 | (point >> 12);
    target[out++] = 0x80 | ((point >> 6) & 63);
    target[out++] = 0x80 | (point & 63);
  } else {
    target[out++] = 0xf0 | (point >> 18);
    target[out++] = 0x80 | ((point >> 12) & 63);
    target[out++] = 0x80 | ((point >> 6) & 63);
    target[out++] = 0x80 | (point & 63);
  }
  return out;
}
