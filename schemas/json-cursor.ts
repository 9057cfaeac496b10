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

/** What an object or an array is written with. */
interface Form {
  readonly open: number;
  readonly close: number;
  readonly name: string;
}

const OBJECT: Form = { open: OPEN_BRACE, close: CLOSE_BRACE, name: 'an object' };
const ARRAY: Form = { open: OPEN_BRACKET, close: CLOSE_BRACKET, name: 'an array' };

/** Goes through what a JSON object or array holds, one after the other, without reading the values. */
abstract class Cursor {
  /** Where the present value begins. */
  valueStart = 0;
  /** Offset behind the closing brace or bracket, once {@link next} has returned false. */
  endsAt = -1;
  protected readonly input: Buffer;
  protected readonly end: number;
  private readonly form: Form;
  private pos: number;
  private valueEnd = -1;
  private first = true;

  protected constructor(form: Form, input: Buffer, start: number, end: number) {
    this.form = form;
    this.input = input;
    this.end = end;
    this.pos = skipSpace(input, start, end);
    if (input[this.pos] !== form.open) throw notJson(`${form.name} was expected`, this.pos);
    this.pos++;
  }

  /** Goes to the next value; false when there is none. One nobody called {@link leave} for is stepped over. */
  next(): boolean {
    const { input, end } = this;
    if (!this.first) this.pos = this.endOfValue();
    let p = skipSpace(input, this.pos, end);
    if (input[p] === this.form.close) {
      this.endsAt = p + 1;
      return false;
    }
    if (!this.first) {
      if (input[p] !== COMMA) throw notJson(`a comma or the end of ${this.form.name} was expected`, p);
      p = skipSpace(input, p + 1, end);
    }
    this.first = false;
    this.valueStart = this.toValue(p);
    this.valueEnd = -1;
    return true;
  }

  /** Says where the present value ends, by who has read it already: so a page of items is read only once. */
  leave(valueEnd: number): void {
    this.valueEnd = valueEnd;
  }

  /** The present value's place. */
  range(): JsonRange {
    return { valueStart: this.valueStart, valueEnd: this.endOfValue() };
  }

  private endOfValue(): number {
    if (this.valueEnd < 0) this.valueEnd = skipValue(this.input, this.valueStart, this.end);
    return this.valueEnd;
  }

  /** Where the value begins of what begins at `pos`: a member or an element. */
  protected abstract toValue(pos: number): number;
}

/** Goes through the members of a JSON object. */
export class MemberCursor extends Cursor {
  /** Of the present member. */
  name = '';

  /** @param start where the object begins; whitespace before it is skipped */
  constructor(input: Buffer, start: number, end: number) {
    super(OBJECT, input, start, end);
  }

  protected override toValue(pos: number): number {
    const { name, valueStart } = readName(this.input, pos, this.end);
    this.name = name;
    return valueStart;
  }
}

/** Goes through the elements of a JSON array. */
export class ElementCursor extends Cursor {
  /** @param start where the array begins; whitespace before it is skipped */
  constructor(input: Buffer, start: number, end: number) {
    super(ARRAY, input, start, end);
  }

  protected override toValue(pos: number): number {
    return pos;
  }
}

/** The place of a member of the object that begins at `start`; null when it has none of that name. The first one counts. */
export function findMember(input: Buffer, start: number, end: number, name: string): JsonRange | null {
  const members = new MemberCursor(input, start, end);
  while (members.next()) if (members.name === name) return members.range();
  return null;
}
