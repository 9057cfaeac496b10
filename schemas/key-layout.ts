import { BRANCH } from './attribute-types.ts';
import { SlabWriter } from './bytes.ts';
import { hashBytes } from './distinct.ts';
import { CodecError } from './faults.ts';
import { FRAMES } from './framing.ts';
import type { KeySchema } from './values.ts';

/** A key schema, made ready for writing record keys: what is the same in every key of a table is written once. */
export class KeyLayout {
  readonly schema: KeySchema;
  readonly count: number;
  /** Names in UTF-8 and their hashes, in key-schema order. */
  readonly names: readonly Buffer[];
  readonly hashes: readonly number[];
  private readonly branches: readonly number[];
  /** What stands before each value: frame and count before the first, and the name. */
  private readonly prefixes: readonly Buffer[];

  constructor(schema: KeySchema) {
    this.schema = schema;
    this.count = schema.length;
    this.names = schema.map((attribute) => Buffer.from(attribute.name));
    this.hashes = this.names.map((name) => hashBytes(name, 0, name.length));
    this.branches = schema.map((attribute) => BRANCH[attribute.type]);
    this.prefixes = this.names.map((name, i) => {
      const out = new SlabWriter(64);
      if (i === 0) {
        out.append(FRAMES.key);
        out.long(this.count);
      }
      out.bytes(name);
      return out.take();
    });
  }

  /** Writes a key whose values stand in canonical item bytes, each from its branch to its end; −1: it is missing. */
  write(out: SlabWriter, avro: Buffer, from: readonly number[], to: readonly number[]): void {
    for (let i = 0; i < this.count; i++) {
      const at = from[i]!;
      this.writePrefix(out, i, at < 0 ? -1 : avro[at]!, at >= 0 && avro[at + 1] === 0);
      out.appendRange(avro, at, to[i]!);
    }
    this.writeEnd(out);
  }

  /**
   * Writes what stands before the i-th value, after checking its branch (−1: it is missing) and that it is not empty.
   *
   * @throws CodecError KEY_MISSING, KEY_TYPE, KEY_EMPTY
   */
  writePrefix(out: SlabWriter, i: number, branch: number, empty: boolean): void {
    if (branch !== this.branches[i] || empty) throw this.fault(i, branch);
    out.append(this.prefixes[i]!);
  }

  writeEnd(out: SlabWriter): void {
    out.byte(0);
  }

  private fault(i: number, branch: number): CodecError {
    const { name, type } = this.schema[i]!;
    const attribute = `Key attribute ${JSON.stringify(name)}`;
    if (branch < 0) return new CodecError('KEY_MISSING', `${attribute} is missing`);
    if (branch === this.branches[i]) return new CodecError('KEY_EMPTY', `${attribute} is empty`);
    const found = Object.entries(BRANCH).find(([, value]) => value === branch)?.[0] ?? 'of no known type';
    return new CodecError('KEY_TYPE', `${attribute} is ${found}, the key schema says ${type}`);
  }
}

const layouts = new WeakMap<KeySchema, KeyLayout>();

/** The layout of a key schema; made once for each schema object. */
export function keyLayoutOf(schema: KeySchema): KeyLayout {
  let layout = layouts.get(schema);
  if (layout === undefined) {
    layout = new KeyLayout(schema);
    layouts.set(schema, layout);
  }
  return layout;
}
