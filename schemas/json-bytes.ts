import { CodecError } from './faults.ts';

export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;

/** 1 for a byte that stands for itself inside a JSON string: no quote, no backslash, no control character (RFC 8259 §7). */
export const PLAIN = new Uint8Array(256).fill(1);
PLAIN.fill(0, 0, 0x20);
PLAIN[QUOTE] = 0;
PLAIN[BACKSLASH] = 0;

/** 1 for a byte that a JSON value can begin with. */
const VALUE_START = new Uint8Array(256);
for (const c of '{["-0123456789tfn') VALUE_START[c.charCodeAt(0)] = 1;

export function startsValue(byte: number): boolean {
  return VALUE_START[byte] === 1;
}

export function notJson(what: string, position: number): CodecError {
  return new CodecError('NOT_JSON', `Not JSON: ${what}`, position);
}

/** The offset of the first byte from `pos` that is no insignificant whitespace; throws at `end`. */
export function skipSpace(input: Uint8Array, pos: number, end: number): number {
  for (let p = pos; p < end; p++) {
    const c = input[p]!;
    if (c > 0x20) return p;
    if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) throw notJson('a control character', p);
  }
  throw notJson('it ends too early', end);
}
