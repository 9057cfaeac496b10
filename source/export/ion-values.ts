import { checkDepth } from '../../schemas/attribute-types.ts';
import type { CodecError } from '../../schemas/faults.ts';
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from '../../schemas/json-bytes.ts';
import { APOSTROPHE, BASE64, DOT, NUMBER_START, OPEN_PAREN, SPACES, WORD_START } from './ion-bytes.ts';
import { decimalText, numberEnd, plainNumberEnd } from './ion-numbers.ts';
import { IonTexts } from './ion-texts.ts';

interface SetKind {
  readonly opening: Buffer;
  readonly of: 'strings' | 'decimals' | 'blobs';
}

const STRING = Buffer.from('{"S":');
const NUMBER = Buffer.from('{"N":');
const BINARY = Buffer.from('{"B":');
const MAP = Buffer.from('{"M":');
const LIST = Buffer.from('{"L":');
const TRUE = Buffer.from('{"BOOL":true}');
const FALSE = Buffer.from('{"BOOL":false}');
const NULL = Buffer.from('{"NULL":true}');
/** Annotations of the lists that are sets (DynamoDB developer guide, DynamoDB table export output format). */
const SETS: ReadonlyMap<string, SetKind> = new Map([
  ['$dynamodb_SS', { opening: Buffer.from('{"SS":['), of: 'strings' }],
  ['$dynamodb_NS', { opening: Buffer.from('{"NS":['), of: 'decimals' }],
  ['$dynamodb_BS', { opening: Buffer.from('{"BS":['), of: 'blobs' }],
]);
const NULL_TYPES = new Set(
  'null bool int float decimal timestamp symbol string clob blob list sexp struct'.split(' '),
);

/**
 * Writes Ion values as attribute values of DynamoDB JSON.
 *
 * string S, decimal and int N, blob B, bool BOOL, null of any type NULL, struct M, list L or, annotated, a set. What else Ion
 * has (float, timestamp, symbol, clob, s-expression, other annotations) is nothing that DynamoDB could have meant, and is
 * refused. What both formats could say wrongly (38 digits, base64, names that come twice, empty sets, UTF-8) is checked by
 * who reads the JSON.
 */
export abstract class IonValues extends IonTexts {
  /** @param depth how many maps and lists are around it: 0 for an item */
  protected copyStruct(depth: number): void {
    const { out } = this;
    out.byte(OPEN_BRACE);
    this.pos++;
    for (let first = true; this.next() !== CLOSE_BRACE; first = false) {
      if (!first) out.byte(COMMA);
      this.copyName();
      if (depth === 0) this.inAttribute = true;
      this.copyValue(depth);
      if (depth === 0) this.inAttribute = false;
      this.endElement(CLOSE_BRACE);
    }
    this.pos++;
    out.byte(CLOSE_BRACE);
  }

  /** Steps over the comma behind an element; also the last one may have one (Ion specification, Structures, Lists). */
  protected endElement(close: number): void {
    const c = this.next();
    if (c === COMMA) this.pos++;
    else if (c !== close) throw this.notIon('a comma or the end of a struct or list was expected');
  }

  private copyValue(depth: number): void {
    const { out } = this;
    const c = this.next();
    if (c === QUOTE || (c === APOSTROPHE && this.isLong())) {
      out.append(STRING);
      this.copyString(c);
    } else if (NUMBER_START[c] === 1) {
      out.append(NUMBER);
      this.copyNumber();
    } else if (c === OPEN_BRACKET) {
      checkDepth(depth + 1, out.length);
      out.append(LIST);
      this.copyList(depth + 1);
    } else if (c !== OPEN_BRACE) {
      this.copySymbol(c);
      return;
    } else if (this.isLob()) {
      out.append(BINARY);
      this.copyBlob();
    } else {
      checkDepth(depth + 1, out.length);
      out.append(MAP);
      this.copyStruct(depth + 1);
    }
    out.byte(CLOSE_BRACE);
  }

  private copyList(depth: number): void {
    const { out } = this;
    out.byte(OPEN_BRACKET);
    this.pos++;
    for (let first = true; this.next() !== CLOSE_BRACKET; first = false) {
      if (!first) out.byte(COMMA);
      this.copyValue(depth);
      this.endElement(CLOSE_BRACKET);
    }
    this.pos++;
    out.byte(CLOSE_BRACKET);
  }

  private copyNumber(): void {
    const { input, pos, end, out } = this;
    out.byte(QUOTE);
    this.pos = plainNumberEnd(input, pos, end);
    if (this.pos > 0) {
      const { pos: to } = this;
      // `103.` is what decimals without a fraction look like; without its point it is canonical already.
      out.appendRange(input, pos, input[to - 1] === DOT ? to - 1 : to);
    } else {
      this.pos = numberEnd(input, pos, end);
      out.ascii(this.decimal(input.toString('latin1', pos, this.pos)));
    }
    out.byte(QUOTE);
  }

  private decimal(text: string): string {
    const decimal = decimalText(text);
    if (decimal === 'float') throw this.noType('float: numbers are decimals or ints');
    if (decimal === 'timestamp') throw this.noType('timestamp');
    if (decimal === 'nothing') throw this.notIon('a number was expected');
    return decimal.text;
  }

  /** Whether the brace at `pos` is the first of a blob or clob. */
  protected isLob(): boolean {
    return this.pos + 1 < this.end && this.input[this.pos + 1] === OPEN_BRACE;
  }

  private copyBlob(): void {
    const { input, end, out } = this;
    out.byte(QUOTE);
    let p = this.pos + 2;
    for (;;) {
      const from = p;
      while (p < end && BASE64[input[p]!] === 1) p++;
      out.appendRange(input, from, p);
      if (p < end && SPACES[input[p]!] === 1) p++;
      else break;
    }
    this.pos = p;
    const c = this.byteAt(p);
    if (c === QUOTE || c === APOSTROPHE) throw this.noType('clob');
    if (c !== CLOSE_BRACE || this.byteAt(p + 1) !== CLOSE_BRACE)
      throw this.fault('BASE64_INVALID', 'A blob is not base64');
    this.pos = p + 2;
    out.byte(QUOTE);
  }

  /** What begins with a symbol: a keyword, or an annotation and what it is of. */
  private copySymbol(c: number): void {
    const { out } = this;
    if (c === OPEN_PAREN) throw this.noType('s-expression');
    if (c === APOSTROPHE) {
      this.copySet(this.readQuoted());
      return;
    }
    if (WORD_START[c] !== 1) throw this.notIon('a value was expected');
    const word = this.readWord();
    if (word === 'true') out.append(TRUE);
    else if (word === 'false') out.append(FALSE);
    else if (word === 'null') {
      this.skipNullType();
      out.append(NULL);
    } else if (word === 'nan') throw this.noType('float: numbers are decimals or ints');
    else this.copySet(word);
  }

  /** Steps over the type of a null, whose word has been read. */
  protected skipNullType(): void {
    if (this.pos === this.end || this.input[this.pos] !== DOT) return;
    this.pos++;
    if (!NULL_TYPES.has(this.readWord())) throw this.notIon('a null of an unknown type');
  }

  private copySet(annotation: string): void {
    if (!this.skipColons()) throw this.noType('symbol');
    const set = SETS.get(annotation);
    if (set === undefined) {
      throw this.fault(
        'UNKNOWN_TYPE',
        `A value has an annotation that is none of ${[...SETS.keys()].join(', ')}`,
      );
    }
    if (this.next() !== OPEN_BRACKET)
      throw this.fault('UNKNOWN_TYPE', 'A value is annotated as a set and is no list');
    const { out } = this;
    out.append(set.opening);
    this.pos++;
    for (let first = true; this.next() !== CLOSE_BRACKET; first = false) {
      if (!first) out.byte(COMMA);
      if (!this.copyElement(set.of))
        throw this.fault('UNKNOWN_TYPE', `An element of a set of ${set.of} is none`);
      this.endElement(CLOSE_BRACKET);
    }
    this.pos++;
    out.byte(CLOSE_BRACKET);
    out.byte(CLOSE_BRACE);
  }

  /** Copies an element of a set; false when it is of another type. */
  private copyElement(of: SetKind['of']): boolean {
    const c = this.next();
    if (of === 'strings') {
      if (c !== QUOTE && !(c === APOSTROPHE && this.isLong())) return false;
      this.copyString(c);
    } else if (of === 'decimals') {
      if (NUMBER_START[c] !== 1) return false;
      this.copyNumber();
    } else {
      if (c !== OPEN_BRACE || !this.isLob()) return false;
      this.copyBlob();
    }
    return true;
  }

  /** Steps over the two colons behind an annotation; false when there are none. */
  protected skipColons(): boolean {
    if (this.next() !== COLON || this.byteAt(this.pos + 1) !== COLON) return false;
    this.pos += 2;
    return true;
  }

  private noType(type: string): CodecError {
    return this.fault('UNKNOWN_TYPE', `A value is of a type that DynamoDB does not have, an Ion ${type}`);
  }
}
