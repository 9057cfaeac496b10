import { CodecError } from '../../schemas/faults.ts';
import { CLOSE_BRACE, COMMA, OPEN_BRACE } from '../../schemas/json-bytes.ts';
import { WORD_START } from './ion-bytes.ts';
import { IonSkipping } from './ion-skipping.ts';

const VERSION = Buffer.from('$ion_1_0 ');
const VERSION_MARKER = /^\$ion_([0-9]+)_([0-9]+)$/;
const BINARY_VERSION = Buffer.from([0xe0, 0x01, 0x00, 0xea]);
const EMPTY_OBJECT = Buffer.from('{}');
const NULL = Buffer.from('null');

/**
 * Turns lines of a text Ion export into the lines that the same export has in DynamoDB JSON:
 * `$ion_1_0 {Item:{Id:103.}}` → `{"Item":{"Id":{"N":"103"}}}`.
 *
 * One pass, no objects, one buffer for all lines. "Items in an Ion export are delimited by newlines. Each line begins with an
 * Ion version marker, followed by an item in Ion format" (DynamoDB developer guide, DynamoDB table export output format); the
 * marker may be missing here. So a line is whole: Ion itself would let a value go over several lines, but then a
 * line inside a string could pass for a record, and the first line that ends early is ION_UNREADABLE, for the file.
 *
 * Item, Keys and NewImage are transcoded. Of other members, which whoever reads the JSON steps over, only the name is kept, and
 * of Metadata that it is a struct. Not re-entrant.
 */
export class IonLines extends IonSkipping {
  /** What the present line has become, as far as it could be read; good until the next call. */
  get json(): Buffer {
    const { out } = this;
    return out.slab.subarray(out.start, out.pos);
  }

  /**
   * @param start offset of the line's first byte
   * @param end offset behind its last; CR may be part of it
   * @returns {@link json}
   * @throws CodecError with the position in {@link json}: ION_UNREADABLE when the whole file cannot be read, else of this line
   */
  toJson(input: Buffer, start: number, end: number): Buffer {
    this.begin(input, start, end);
    this.skipVersion();
    this.copyRecord();
    if (this.skipSpace()) throw this.notIon('something follows its end');
    return this.json;
  }

  private skipVersion(): void {
    if (this.beginsWith(VERSION)) this.pos += VERSION.length;
    if (this.beginsWith(BINARY_VERSION)) throw this.unreadable('binary Ion, not text');
    while (this.skipSpace() && WORD_START[this.input[this.pos]!] === 1) {
      const word = this.readWord();
      const version = VERSION_MARKER.exec(word);
      if (version !== null && word !== '$ion_1_0') throw this.unreadable(`Ion ${version[1]}.${version[2]}`);
      if (version !== null) continue;
      throw this.notIon(word === '$ion_symbol_table' ? 'a symbol table' : 'a struct was expected');
    }
  }

  private beginsWith(bytes: Buffer): boolean {
    const { input, pos } = this;
    if (pos + bytes.length > this.end) return false;
    for (let i = 0; i < bytes.length; i++) if (input[pos + i] !== bytes[i]) return false;
    return true;
  }

  private copyRecord(): void {
    const { out } = this;
    if (!this.skipSpace()) throw this.fault('ITEM_MISSING', 'A line of an export holds no record');
    if (this.input[this.pos] !== OPEN_BRACE) throw this.notIon('a struct was expected');
    this.pos++;
    out.byte(OPEN_BRACE);
    for (let first = true; this.next() !== CLOSE_BRACE; first = false) {
      if (!first) out.byte(COMMA);
      const from = out.length + 1;
      this.copyName();
      this.copyMember(this.written(from, out.length - 2));
      this.endElement(CLOSE_BRACE);
    }
    this.pos++;
    out.byte(CLOSE_BRACE);
  }

  private copyMember(name: string): void {
    const { out } = this;
    if (name === 'Item' || name === 'Keys' || name === 'NewImage') {
      this.copyAttributes(name);
      return;
    }
    const isStruct = this.next() === OPEN_BRACE && !this.isLob();
    this.skipValue();
    out.append(name === 'Metadata' && isStruct ? EMPTY_OBJECT : NULL);
  }

  private copyAttributes(name: string): void {
    const c = this.next();
    if (c === OPEN_BRACE && !this.isLob()) {
      this.copyStruct(0);
      return;
    }
    if (WORD_START[c] !== 1 || this.readWord() !== 'null')
      throw this.fault('UNKNOWN_TYPE', `${name} is no struct`);
    this.skipNullType();
    this.out.append(NULL);
  }

  private unreadable(what: string): CodecError {
    return new CodecError('ION_UNREADABLE', `The file is ${what}`);
  }
}
