import { isUtf8 } from 'node:buffer';
import { BRANCH, checkDepth, type TypeTag } from './attribute-types.ts';
import { SlabWriter } from './bytes.ts';
import { Distinct, equalBytes, hashBytes } from './distinct.ts';
import { CodecError } from './faults.ts';
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  notJson,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  startsValue,
} from './json-bytes.ts';
import { type KeyLayout, keyLayoutOf } from './key-layout.ts';
import { TextScanner } from './scan-text.ts';
import type { KeySchema } from './values.ts';

export interface ScannedItem {
  /** The body of an Avro map of AttributeValue: one block, shortest varints, canonical numbers. */
  readonly avro: Buffer;
  /** The framed record key (key.avsc); empty when the scanner has no key schema. */
  readonly key: Buffer;
  /** Offset behind the closing brace. */
  readonly end: number;
}

const LETTER = { B: 0x42, L: 0x4c, N: 0x4e, O: 0x4f, S: 0x53, U: 0x55 } as const;
const SINGLE = new Int8Array(256).fill(-1);
const SET = new Int8Array(256).fill(-1);
for (const tag of ['S', 'N', 'B', 'M', 'L'] as const) SINGLE[tag.charCodeAt(0)] = BRANCH[tag];
for (const tag of ['SS', 'NS', 'BS'] as const) SET[tag.charCodeAt(0)] = BRANCH[tag];
const TYPE_NAMES = new Map<number, TypeTag>(
  (Object.keys(BRANCH) as TypeTag[]).map((tag) => [BRANCH[tag], tag] as const),
);
const BRANCHES = new Map<string, number>(Object.entries(BRANCH));

/**
 * Turns the JSON bytes of an item (DynamoDB JSON) into Avro bytes and the record key, in one pass and without objects.
 *
 * Everything is checked on the way: what comes out is the item exactly, or a CodecError is thrown and nothing comes out. The
 * buffers returned are slices of slabs that are never written again (see {@link SlabWriter}). Not re-entrant.
 */
export class ItemScanner extends TextScanner {
  private readonly keys: KeyLayout;
  private readonly keyFrom: number[] = [];
  private readonly keyTo: number[] = [];
  private readonly distinct = new Distinct();

  /** @param keys the key schema of the table; empty for no key */
  constructor(keys: KeySchema) {
    super(new SlabWriter());
    this.keys = keyLayoutOf(keys);
  }

  /**
   * Reads the attribute map that begins at `start` (whitespace before it is skipped) and ends before `end`; what follows it is
   * not looked at.
   *
   * @throws CodecError with the position in `input`
   */
  scan(input: Buffer, start: number, end: number): ScannedItem {
    for (let i = 0; i < this.keys.count; i++) this.keyFrom[i] = -1;
    const avro = this.scanMapAlone(input, start, end, true);
    if (this.keys.count === 0) return { avro, key: avro.subarray(0, 0), end: this.pos };
    this.keys.write(this.out, avro, this.keyFrom, this.keyTo);
    return { avro, key: this.out.take(), end: this.pos };
  }

  /** As {@link scan}, without the key: for an old image, whose key is known. */
  scanItem(input: Buffer, start: number, end: number): { readonly avro: Buffer; readonly end: number } {
    return { avro: this.scanMapAlone(input, start, end, false), end: this.pos };
  }

  private scanMapAlone(input: Buffer, start: number, end: number, keyed: boolean): Buffer {
    this.input = input;
    this.pos = start;
    this.end = end;
    this.high = 0;
    this.out.drop();
    this.distinct.clear();
    if (this.next() !== OPEN_BRACE) throw this.wrongKind('An item is not a JSON object');
    this.scanMap(0, keyed && this.keys.count > 0);
    if (this.high > 127 && !isUtf8(input.subarray(start, this.pos))) {
      throw new CodecError('UTF8_INVALID', 'A string is not UTF-8', invalidUtf8At(input, start, this.pos));
    }
    return this.out.take();
  }

  private scanMap(depth: number, keyed: boolean): void {
    const { out } = this;
    this.pos++;
    const countAt = out.length;
    out.byte(0);
    if (this.next() === CLOSE_BRACE) {
      this.pos++;
      return;
    }
    const scope = this.distinct.openScope();
    for (let count = 1; ; count++) {
      if (this.next() !== QUOTE) throw notJson('a name was expected', this.pos);
      const position = this.pos;
      const hash = this.copyName();
      const size = out.length - this.textFrom;
      if (!this.distinct.add(scope, hash, out.slab, out.start, this.textFrom, size)) {
        throw new CodecError('DUPLICATE_NAME', 'An attribute name comes twice', position);
      }
      const key = keyed ? this.keyIndex(hash, size) : -1;
      if (this.next() !== COLON) throw notJson('a colon was expected', this.pos);
      this.pos++;
      const from = out.length;
      this.scanValue(depth);
      if (key >= 0) {
        this.keyFrom[key] = from;
        this.keyTo[key] = out.length;
      }
      const c = this.next();
      if (c === COMMA) {
        this.pos++;
        continue;
      }
      if (c !== CLOSE_BRACE) throw notJson('a comma or the end of an object was expected', this.pos);
      this.pos++;
      this.endBlock(countAt, count, keyed);
      return;
    }
  }

  private endBlock(countAt: number, count: number, keyed: boolean): void {
    const moved = this.out.patchCount(countAt, count);
    this.out.byte(0);
    if (!keyed || moved === 0) return;
    for (let i = 0; i < this.keys.count; i++) {
      if (this.keyFrom[i]! < 0) continue;
      this.keyFrom[i] = this.keyFrom[i]! + moved;
      this.keyTo[i] = this.keyTo[i]! + moved;
    }
  }

  /** Which key attribute the name just written is; −1 for none. */
  private keyIndex(hash: number, size: number): number {
    const { keys, out } = this;
    for (let i = 0; i < keys.count; i++) {
      const name = keys.names[i]!;
      if (keys.hashes[i] !== hash || name.length !== size) continue;
      if (equalBytes(name, 0, out.slab, out.start + this.textFrom, size)) return i;
    }
    return -1;
  }

  /** An attribute value: an object with its type as the only name. */
  private scanValue(depth: number): void {
    const branch = this.scanTag();
    const { out } = this;
    out.byte(branch);
    const c = this.next();
    switch (branch) {
      case BRANCH.S:
        if (c !== QUOTE) throw this.wrongKind('An S is not a JSON string');
        this.copyString();
        break;
      case BRANCH.N:
        if (c !== QUOTE) throw this.wrongKind('An N is not a JSON string');
        this.copyNumber();
        break;
      case BRANCH.B:
        if (c !== QUOTE) throw this.wrongKind('A B is not a JSON string');
        this.copyBase64();
        break;
      case BRANCH.BOOL:
        out.byte(this.scanBoolean('A BOOL is neither true nor false') ? 1 : 0);
        break;
      case BRANCH.NULL:
        if (!this.scanBoolean('A NULL is not true')) throw this.wrongKind('A NULL is not true', this.pos - 1);
        break;
      case BRANCH.M:
        checkDepth(depth + 1, this.pos);
        if (c !== OPEN_BRACE) throw this.wrongKind('An M is not a JSON object');
        this.scanMap(depth + 1, false);
        break;
      case BRANCH.L:
        checkDepth(depth + 1, this.pos);
        if (c !== OPEN_BRACKET) throw this.wrongKind('An L is not a JSON array');
        this.scanList(depth + 1);
        break;
      default:
        if (c !== OPEN_BRACKET) throw this.wrongKind(`An ${TYPE_NAMES.get(branch)} is not a JSON array`);
        this.scanSet(branch);
    }
    const close = this.next();
    if (close === COMMA) throw new CodecError('UNKNOWN_TYPE', 'An attribute value has two types', this.pos);
    if (close !== CLOSE_BRACE) throw notJson('the end of an object was expected', this.pos);
    this.pos++;
  }

  /** Steps to behind the colon of `{"S":` and returns the branch of the type. */
  private scanTag(): number {
    const { input } = this;
    if (this.next() === OPEN_BRACE) {
      const p = this.pos;
      if (input[p + 1] === QUOTE) {
        const first = input[p + 2]!;
        if (input[p + 3] === QUOTE && input[p + 4] === COLON && SINGLE[first]! >= 0) {
          this.pos = p + 5;
          return SINGLE[first]!;
        }
        if (
          input[p + 3] === LETTER.S &&
          input[p + 4] === QUOTE &&
          input[p + 5] === COLON &&
          SET[first]! >= 0
        ) {
          this.pos = p + 6;
          return SET[first]!;
        }
        if (input[p + 6] === QUOTE && input[p + 7] === COLON) {
          const branch = fourLetters(input, p + 2);
          if (branch >= 0) {
            this.pos = p + 8;
            return branch;
          }
        }
      }
    }
    return this.scanOddTag();
  }

  /** A type with whitespace or escapes around it, or none. */
  private scanOddTag(): number {
    if (this.next() !== OPEN_BRACE)
      throw this.wrongKind('An attribute value is not a JSON object with a type');
    this.pos++;
    const c = this.next();
    if (c === CLOSE_BRACE) throw new CodecError('UNKNOWN_TYPE', 'An attribute value has no type', this.pos);
    if (c !== QUOTE) throw notJson('a type was expected', this.pos);
    const position = this.pos;
    const branch = BRANCHES.get(this.takeBack().toString('latin1'));
    if (branch === undefined) {
      throw new CodecError(
        'UNKNOWN_TYPE',
        'An attribute value has a type that DynamoDB does not know',
        position,
      );
    }
    if (this.next() !== COLON) throw notJson('a colon was expected', this.pos);
    this.pos++;
    return branch;
  }

  private scanBoolean(complaint: string): boolean {
    const { input, pos, end } = this;
    if (isLiteral(input, pos, end, 'true')) {
      this.pos += 4;
      return true;
    }
    if (!isLiteral(input, pos, end, 'false')) throw this.wrongKind(complaint);
    this.pos += 5;
    return false;
  }

  private scanList(depth: number): void {
    const { out } = this;
    this.pos++;
    const countAt = out.length;
    out.byte(0);
    if (this.next() === CLOSE_BRACKET) {
      this.pos++;
      return;
    }
    for (let count = 1; ; count++) {
      this.scanValue(depth);
      if (this.endsArray()) {
        this.endBlock(countAt, count, false);
        return;
      }
    }
  }

  private scanSet(branch: number): void {
    const { out } = this;
    this.pos++;
    const countAt = out.length;
    out.byte(0);
    if (this.next() === CLOSE_BRACKET) throw new CodecError('SET_INVALID', 'A set is empty', this.pos);
    const scope = this.distinct.openScope();
    for (let count = 1; ; count++) {
      const position = this.pos;
      if (this.next() !== QUOTE) throw this.wrongKind('An element of a set is not a JSON string');
      if (branch === BRANCH.SS) this.copyString();
      else if (branch === BRANCH.NS) this.copyNumber();
      else this.copyBase64();
      const hash = hashBytes(out.slab, out.start + this.textFrom, out.pos);
      if (!this.distinct.add(scope, hash, out.slab, out.start, this.textFrom, out.length - this.textFrom)) {
        throw new CodecError('SET_INVALID', 'An element comes twice in a set', position);
      }
      if (this.endsArray()) {
        this.endBlock(countAt, count, false);
        return;
      }
    }
  }

  /** Steps behind the comma or the bracket that follows an element; true for the bracket. */
  private endsArray(): boolean {
    const c = this.next();
    if (c !== COMMA && c !== CLOSE_BRACKET)
      throw notJson('a comma or the end of an array was expected', this.pos);
    this.pos++;
    return c === CLOSE_BRACKET;
  }

  /** UNKNOWN_TYPE for another kind of JSON value, NOT_JSON for none. */
  private wrongKind(complaint: string, position = this.pos): CodecError {
    if (position === this.pos && !startsValue(this.input[position]!))
      return notJson('a value was expected', position);
    return new CodecError('UNKNOWN_TYPE', complaint, position);
  }
}

function fourLetters(input: Uint8Array, at: number): number {
  const { B, L, N, O, U } = LETTER;
  const first = input[at];
  if (input[at + 3] !== L) return -1;
  if (first === B) return input[at + 1] === O && input[at + 2] === O ? BRANCH.BOOL : -1;
  return first === N && input[at + 1] === U && input[at + 2] === L ? BRANCH.NULL : -1;
}

function isLiteral(input: Uint8Array, at: number, end: number, text: string): boolean {
  if (end - at < text.length) return false;
  for (let i = 0; i < text.length; i++) if (input[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** Where `input` stops being UTF-8: where it differs from what decoding and encoding makes of it. */
function invalidUtf8At(input: Buffer, from: number, to: number): number {
  const replaced = Buffer.from(input.toString('utf8', from, to));
  let i = 0;
  while (input[from + i] === replaced[i]) i++;
  return from + i;
}

let keyless: ItemScanner | undefined;

/** Reads one attribute map without a key schema: see {@link ItemScanner.scanItem}. */
export function scanItem(
  input: Buffer,
  start: number,
  end: number,
): { readonly avro: Buffer; readonly end: number } {
  keyless ??= new ItemScanner([]);
  return keyless.scanItem(input, start, end);
}
