import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from '../../schemas/json-bytes.ts';
import {
  APOSTROPHE,
  BASE64,
  CLOSE_PAREN,
  NUMBER_START,
  OPEN_PAREN,
  OPERATORS,
  SPACES,
  WORD_START,
} from './ion-bytes.ts';
import { numberEnd } from './ion-numbers.ts';
import { IonValues } from './ion-values.ts';

const CLOSERS = new Map([
  [OPEN_BRACE, CLOSE_BRACE],
  [OPEN_BRACKET, CLOSE_BRACKET],
  [OPEN_PAREN, CLOSE_PAREN],
]);

/** Steps over Ion values of any type and depth. */
export abstract class IonSkipping extends IonValues {
  /** Steps over the value that begins at `pos`, with its annotations; only texts and brackets are looked at. */
  protected skipValue(): void {
    const closers: number[] = [];
    do {
      const c = this.next();
      const closer = CLOSERS.get(c);
      if (c === closers.at(-1)) {
        closers.pop();
        this.pos++;
      } else if (c === OPEN_BRACE && this.isLob()) {
        this.skipLob();
      } else if (closer !== undefined) {
        closers.push(closer);
        this.pos++;
      } else if (closers.length > 0 && (c === COMMA || c === COLON)) {
        this.pos++;
      } else {
        this.skipScalar(c, closers.at(-1) === CLOSE_PAREN);
      }
    } while (closers.length > 0 || this.skipColons());
  }

  private skipScalar(c: number, operators: boolean): void {
    if (c === QUOTE || c === APOSTROPHE) this.skipText(c);
    else if (NUMBER_START[c] === 1) this.pos = numberEnd(this.input, this.pos, this.end);
    else if (WORD_START[c] === 1) {
      if (this.readWord() === 'null') this.skipNullType();
    } else if (operators && OPERATORS[c] === 1) this.pos++;
    else throw this.notIon('a value was expected');
  }

  private skipText(c: number): void {
    const { out } = this;
    const from = out.length;
    if (c === APOSTROPHE && this.isLong()) this.copyLong();
    else this.copyQuoted(c);
    out.pos = out.start + from;
  }

  private skipLob(): void {
    this.pos += 2;
    this.skipLobSpace();
    const c = this.byteAt(this.pos);
    if (c === QUOTE || c === APOSTROPHE) this.skipText(c);
    while (BASE64[this.byteAt(this.pos)] === 1) {
      this.pos++;
      this.skipLobSpace();
    }
    this.skipLobSpace();
    if (this.byteAt(this.pos) !== CLOSE_BRACE || this.byteAt(this.pos + 1) !== CLOSE_BRACE)
      throw this.notIon('the end of a blob or clob was expected');
    this.pos += 2;
  }

  /** In a blob there are no comments: a slash is one of its characters. */
  private skipLobSpace(): void {
    while (SPACES[this.byteAt(this.pos)] === 1) this.pos++;
  }
}
