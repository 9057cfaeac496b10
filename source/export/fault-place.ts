const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const NAME_BYTES_MAX = 1024;

/**
 * The attribute whose value holds the byte at `position` of an export line, as far as the line can be understood up to
 * there: line and item are the first two levels of nesting, attributes the names on the second.
 *
 * Only a fault asks for it. Names are shown, values never: what is not followed by a colon is no name.
 *
 * @returns null when the fault lies in no attribute, or in one whose name is too long to show
 */
export function attributeAt(line: Buffer, position: number): string | null {
  let depth = 0;
  let name: string | null = null;
  for (let p = 0; p < line.length && p <= position; p++) {
    const c = line[p]!;
    if (c === OPEN_BRACE || c === OPEN_BRACKET) depth++;
    if (c === CLOSE_BRACE || c === CLOSE_BRACKET) depth--;
    if (depth < 2) name = null;
    if (c !== QUOTE) continue;
    const close = closingQuote(line, p + 1);
    if (close < 0) return name;
    if (depth === 2 && isName(line, close + 1)) name = textOf(line, p, close + 1);
    p = close;
  }
  return name;
}

function closingQuote(line: Buffer, from: number): number {
  for (let p = from; p < line.length; p++) {
    if (line[p] === BACKSLASH) p++;
    else if (line[p] === QUOTE) return p;
  }
  return -1;
}

function isName(line: Buffer, from: number): boolean {
  let p = from;
  while (p < line.length && line[p]! <= 0x20) p++;
  return line[p] === COLON;
}

function textOf(line: Buffer, from: number, to: number): string | null {
  if (to - from > NAME_BYTES_MAX) return null;
  try {
    const name: unknown = JSON.parse(line.toString('utf8', from, to));
    return typeof name === 'string' ? name : null;
  } catch {
    return null;
  }
}
