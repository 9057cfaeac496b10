import { PLAIN } from '../../schemas/json-bytes.ts';

export const APOSTROPHE = 0x27;
export const OPEN_PAREN = 0x28;
export const CLOSE_PAREN = 0x29;
export const STAR = 0x2a;
export const SLASH = 0x2f;
export const DOLLAR = 0x24;
export const DOT = 0x2e;
export const MINUS = 0x2d;
export const ZERO = 0x30;
export const NINE = 0x39;
export const CARRIAGE_RETURN = 0x0d;

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const c of characters) table[c.charCodeAt(0)] = 1;
  return table;
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';

/** Whitespace (Ion text grammar, WS). */
export const SPACES = tableOf(' \t\n\r\v\f');
export const WORD_START = tableOf(`${LETTERS}$_`);
export const WORD_PART = tableOf(`${LETTERS}${DIGITS}$_`);
/** What a number begins with, and the plus of an infinity. */
export const NUMBER_START = tableOf(`${DIGITS}-+`);
/** What symbols of s-expressions may be made of. */
export const OPERATORS = tableOf('!#%&*+-./;<=>?@^`|~');
export const BASE64 = tableOf(`${LETTERS}${DIGITS}+/=`);
/** What may follow a number (Ion specification, Integers), and the slash that begins a comment. */
export const NUMBER_STOP = tableOf('{}[](),"\' \t\n\r\v\f/');
/** 1 for a byte that stands for itself in a quoted symbol, a long string, and JSON. */
export const SYMBOL_PLAIN = Uint8Array.from(PLAIN);
SYMBOL_PLAIN[APOSTROPHE] = 0;

/** What stands behind the backslash → what JSON has for it (Ion specification, Escape Characters). */
export const ESCAPES: readonly (string | undefined)[] = (() => {
  const escapes: (string | undefined)[] = Array.from({ length: 256 });
  for (const [letter, json] of [
    ['0', '\\u0000'],
    ['a', '\\u0007'],
    ['v', '\\u000b'],
    ['?', '?'],
    ["'", "'"],
    ...['b', 't', 'n', 'f', 'r', '"', '/', '\\'].map((same) => [same, `\\${same}`] as const),
  ] as const) {
    escapes[letter.charCodeAt(0)] = json;
  }
  return escapes;
})();

/** Bytes that a string may hold as they are and a JSON string may not. */
export const RAW: readonly (string | undefined)[] = (() => {
  const raw: (string | undefined)[] = Array.from({ length: 256 });
  for (const c of '\t\v\f"') raw[c.charCodeAt(0)] = JSON.stringify(c).slice(1, -1);
  return raw;
})();

/** The value of a hexadecimal digit; −1 for another byte. */
export function hexDigit(byte: number): number {
  if (byte >= ZERO && byte <= NINE) return byte - ZERO;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
