import { CodecError } from './faults.ts';
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  notJson,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipSpace,
} from './json-bytes.ts';
import { closingQuote } from './json-strings.ts';

/** Deeper than any answer of a service; it keeps hostile input from exhausting the stack. */
const DEPTH_MAX = 128;
const SCALAR = /^(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)$/;
const SCALAR_BYTES_MAX = 1024;

export interface JsonRange {
  /** Offset of the value's first byte. */
  readonly valueStart: number;
  /** Offset behind its last byte. */
  readonly valueEnd: number;
}

/**
 * Steps over the JSON value that begins at `pos`, without whitespace before it.
 *
 * @returns the offset behind it
 * @throws CodecError NOT_JSON; UTF-8 and escapes inside strings are not looked at
 */
export function skipValue(input: Buffer, pos: number, end: number, depth = 0): number {
  if (pos >= end) throw notJson('it ends too early', end);
  const c = input[pos]!;
  if (c === QUOTE) return closingQuote(input, pos + 1, end) + 1;
  if (c !== OPEN_BRACE && c !== OPEN_BRACKET) return skipScalar(input, pos, end);
  if (depth >= DEPTH_MAX)
    throw new CodecError('NESTING_TOO_DEEP', `JSON is nested more than ${DEPTH_MAX} levels deep`, pos);
  const close = c === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET;
  let p = skipSpace(input, pos + 1, end);
  if (input[p] === close) return p + 1;
  for (;;) {
    if (c === OPEN_BRACE) p = nameEnd(input, p, end).valueStart;
    p = skipSpace(input, skipValue(input, p, end, depth + 1), end);
    if (input[p] === close) return p + 1;
    if (input[p] !== COMMA) throw notJson('a comma or an end was expected', p);
    p = skipSpace(input, p + 1, end);
  }
}

function skipScalar(input: Buffer, pos: number, end: number): number {
  let p = pos;
  for (; p < end && p - pos <= SCALAR_BYTES_MAX; p++) {
    const c = input[p]!;
    if (c <= 0x20 || c === COMMA || c === CLOSE_BRACE || c === CLOSE_BRACKET) break;
  }
  if (!SCALAR.test(input.toString('latin1', pos, p))) throw notJson('a value was expected', pos);
  return p;
}

/** Steps over the name that begins at `pos`, its colon and the whitespace around it. */
function nameEnd(
  input: Buffer,
  pos: number,
  end: number,
): { readonly quote: number; readonly valueStart: number } {
  if (input[pos] !== QUOTE) throw notJson('a name was expected', pos);
  const quote = closingQuote(input, pos + 1, end);
  const colon = skipSpace(input, quote + 1, end);
  if (input[colon] !== COLON) throw notJson('a colon was expected', colon);
  return { quote, valueStart: skipSpace(input, colon + 1, end) };
}

/** The name of a member that begins at `pos` with its quote, and where its value begins. */
export function readName(
  input: Buffer,
  pos: number,
  end: number,
): { readonly name: string; readonly valueStart: number } {
  const { quote, valueStart } = nameEnd(input, pos, end);
  return { name: textOf(input, pos, quote + 1), valueStart };
}

function textOf(input: Buffer, from: number, to: number): string {
  if (input.subarray(from, to).indexOf(BACKSLASH) < 0) return input.toString('utf8', from + 1, to - 1);
  try {
    return JSON.parse(input.toString('utf8', from, to)) as string;
  } catch {
    throw notJson('an unknown escape in a string', from);
  }
}

/** Goes through the members of a JSON object one by one, without reading their values. */
export class MemberCursor {
  name = '';
  /** Where the present member's value begins. */
  valueStart = 0;
  /** Offset behind the closing brace, once {@link next} has returned false. */
  objectEnd = -1;
  private readonly input: Buffer;
  private readonly end: number;
  private pos: number;
  private valueEnd = -1;
  private first = true;

  /** @param start where the object begins; whitespace before it is skipped */
  constructor(input: Buffer, start: number, end: number) {
    this.input = input;
    this.end = end;
    this.pos = skipSpace(input, start, end);
    if (input[this.pos] !== OPEN_BRACE) throw notJson('an object was expected', this.pos);
    this.pos++;
  }

  /** Goes to the next member; false when there is none. A value nobody called {@link leave} for is stepped over. */
  next(): boolean {
    const { input, end } = this;
    if (!this.first) this.pos = this.valueEnd >= 0 ? this.valueEnd : skipValue(input, this.valueStart, end);
    let p = skipSpace(input, this.pos, end);
    if (input[p] === CLOSE_BRACE) {
      this.objectEnd = p + 1;
      return false;
    }
    if (!this.first) {
      if (input[p] !== COMMA) throw notJson('a comma or the end of an object was expected', p);
      p = skipSpace(input, p + 1, end);
    }
    this.first = false;
    const { name, valueStart } = readName(input, p, end);
    this.name = name;
    this.valueStart = valueStart;
    this.valueEnd = -1;
    return true;
  }

  /** Says where the present value ends, by who has read it already. */
  leave(valueEnd: number): void {
    this.valueEnd = valueEnd;
  }

  /** The present value's place. */
  range(): JsonRange {
    if (this.valueEnd < 0) this.valueEnd = skipValue(this.input, this.valueStart, this.end);
    return { valueStart: this.valueStart, valueEnd: this.valueEnd };
  }
}

/** Goes through the elements of a JSON array one by one, without reading them. */
export class ElementCursor {
  /** Where the present element begins. */
  valueStart = 0;
  /** Offset behind the closing bracket, once {@link next} has returned false. */
  arrayEnd = -1;
  private readonly input: Buffer;
  private readonly end: number;
  private pos: number;
  private valueEnd = -1;
  private first = true;

  /** @param start where the array begins; whitespace before it is skipped */
  constructor(input: Buffer, start: number, end: number) {
    this.input = input;
    this.end = end;
    this.pos = skipSpace(input, start, end);
    if (input[this.pos] !== OPEN_BRACKET) throw notJson('an array was expected', this.pos);
    this.pos++;
  }

  /** Goes to the next element; false when there is none. */
  next(): boolean {
    const { input, end } = this;
    if (!this.first) this.pos = this.valueEnd >= 0 ? this.valueEnd : skipValue(input, this.valueStart, end);
    let p = skipSpace(input, this.pos, end);
    if (input[p] === CLOSE_BRACKET) {
      this.arrayEnd = p + 1;
      return false;
    }
    if (!this.first) {
      if (input[p] !== COMMA) throw notJson('a comma or the end of an array was expected', p);
      p = skipSpace(input, p + 1, end);
    }
    this.first = false;
    this.valueStart = p;
    this.valueEnd = -1;
    return true;
  }

  /** Says where the present element ends, by who has read it already: so a page of items is read only once. */
  leave(valueEnd: number): void {
    this.valueEnd = valueEnd;
  }
}

/** The place of a member of the object that begins at `start`; null when it has none of that name. The first one counts. */
export function findMember(input: Buffer, start: number, end: number, name: string): JsonRange | null {
  const members = new MemberCursor(input, start, end);
  while (members.next()) if (members.name === name) return members.range();
  return null;
}

/** The places of the elements of the array that begins at `start`. */
export function* elementsOf(input: Buffer, start: number, end: number): Generator<JsonRange> {
  const elements = new ElementCursor(input, start, end);
  while (elements.next()) {
    const { valueStart } = elements;
    const valueEnd = skipValue(input, valueStart, end);
    elements.leave(valueEnd);
    yield { valueStart, valueEnd };
  }
}
