import type { AttributePath } from './attribute-path.ts';
import { BRANCH } from './attribute-types.ts';
import { AvroReader } from './avro-reader.ts';
import { readValue } from './decode.ts';
import { equalBytes } from './distinct.ts';
import type { Item } from './item.ts';
import { readBranch, skipValue } from './skip-avro.ts';
import type { AttributeValue } from './values.ts';

/**
 * Looks into an item without making objects of its bytes: most items are not concerned by what somebody looks for.
 * Where the objects are there already, they are used.
 */

const reader = new AvroReader(Buffer.alloc(0));

/** Names of attributes, made ready for finding them among bytes. */
export class AttributeNames {
  readonly #names: ReadonlySet<string>;
  readonly #bytes: readonly Buffer[];

  constructor(names: Iterable<string>) {
    this.#names = new Set(names);
    this.#bytes = [...this.#names].map((name) => Buffer.from(name));
  }

  get size(): number {
    return this.#names.size;
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  hasBytes(buffer: Buffer, from: number, size: number): boolean {
    for (const name of this.#bytes) {
      if (name.length === size && equalBytes(name, 0, buffer, from, size)) return true;
    }
    return false;
  }
}

/** Whether an item has an attribute of one of these names. */
export function holdsNamed(item: Item, names: AttributeNames): boolean {
  return names.size > 0 && someName(item, names, true);
}

/** Whether an item has an attribute of another name than these. */
export function holdsOther(item: Item, names: AttributeNames): boolean {
  return someName(item, names, false);
}

function someName(item: Item, names: AttributeNames, wanted: boolean): boolean {
  if (item.made !== null) {
    for (const name of item.made.keys()) if (names.has(name) === wanted) return true;
    return false;
  }
  const { avro } = item;
  reader.reset(avro);
  for (let count = reader.blockCount(); count !== 0; count = reader.blockCount()) {
    for (let i = 0; i < count; i++) {
      const size = reader.length();
      if (names.hasBytes(avro, reader.pos, size) === wanted) return true;
      reader.pos += size;
      skipValue(reader, 0);
    }
  }
  return false;
}

/** Whether an attribute of an item is a map with something in it. */
export function holdsMap(item: Item): boolean {
  if (item.made !== null) {
    for (const value of item.made.values()) if ('M' in value && value.M.size > 0) return true;
    return false;
  }
  reader.reset(item.avro);
  for (let count = reader.blockCount(); count !== 0; count = reader.blockCount()) {
    for (let i = 0; i < count; i++) {
      const size = reader.length();
      reader.pos += size;
      const at = reader.pos;
      if (readBranch(reader) === BRANCH.M && reader.blockCount() !== 0) return true;
      reader.pos = at;
      skipValue(reader, 0);
    }
  }
  return false;
}

/** The value at a path, alone made into an object; null where the item has none. */
export function valueAt(item: Item, path: AttributePath): AttributeValue | null {
  if (item.made !== null) return valueIn({ M: item.made }, path);
  return stepTo(item, path) ? readValue(reader, path.length - 1) : null;
}

/** Whether an item has a value at a path. */
export function holdsAt(item: Item, path: AttributePath): boolean {
  return item.made !== null ? valueIn({ M: item.made }, path) !== null : stepTo(item, path);
}

/** Leaves the reader at the value, if it is there. */
function stepTo(item: Item, path: AttributePath): boolean {
  reader.reset(item.avro);
  return path.every((step, i) => {
    if (i === 0) return enterMember(step, 0);
    const branch = readBranch(reader);
    if (branch === BRANCH.M) return enterMember(step, i);
    return branch === BRANCH.L && enterElement(step, i);
  });
}

function valueIn(root: AttributeValue, path: AttributePath): AttributeValue | null {
  let value: AttributeValue | undefined = root;
  for (const step of path) {
    if (typeof step === 'string') value = value !== undefined && 'M' in value ? value.M.get(step) : undefined;
    else value = value !== undefined && 'L' in value ? value.L[step] : undefined;
  }
  return value ?? null;
}

/** Steps to the value of a member of the map that begins here; false where it has none of that name. */
function enterMember(name: string | number, depth: number): boolean {
  if (typeof name === 'number') return false;
  const bytes = Buffer.from(name);
  for (let count = reader.blockCount(); count !== 0; count = reader.blockCount()) {
    for (let i = 0; i < count; i++) {
      const size = reader.length();
      const from = reader.pos;
      reader.pos += size;
      if (size === bytes.length && equalBytes(bytes, 0, reader.buffer, from, size)) return true;
      skipValue(reader, depth);
    }
  }
  return false;
}

/** Steps to an element of the list that begins here; false where it is shorter. */
function enterElement(index: string | number, depth: number): boolean {
  if (typeof index === 'string') return false;
  let left = index;
  for (let count = reader.blockCount(); count !== 0; count = reader.blockCount()) {
    for (let i = 0; i < count; i++, left--) {
      if (left === 0) return true;
      skipValue(reader, depth);
    }
  }
  return false;
}
