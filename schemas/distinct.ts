/** Where {@link hashBytes} begins. Differs from run to run, so that nobody can prepare names that all collide. */
export const HASH_SEED = (Math.random() * 0x100000000) | 0;
export const HASH_PRIME = 0x01000193;

/** FNV-1a; loops that copy bytes anyway compute it as they go. */
export function hashBytes(bytes: Uint8Array, from: number, to: number): number {
  let hash = HASH_SEED;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, HASH_PRIME);
  return hash;
}

export function equalBytes(
  a: Uint8Array,
  aFrom: number,
  b: Uint8Array,
  bFrom: number,
  size: number,
): boolean {
  for (let i = 0; i < size; i++) if (a[aFrom + i] !== b[bFrom + i]) return false;
  return true;
}

const FIELDS = 4;
const SLOTS_FIRST = 256;
const SCOPE_MAX = 0x3fffffff;

/**
 * Finds a name that comes twice in a map, or an element twice in a set, while an item is being written.
 *
 * One hash table for all maps and sets of an item; a *scope* is one of them. Entries are places in the item's bytes, relative
 * to its beginning, and are forgotten by {@link clear} without touching the table: scopes are numbered on.
 */
export class Distinct {
  private slots = new Int32Array(SLOTS_FIRST * FIELDS);
  private mask = SLOTS_FIRST * FIELDS - FIELDS;
  private free = SLOTS_FIRST / 2;
  private firstScope = 1;
  private scope = 0;

  /** Forgets all, before another item. */
  clear(): void {
    if (this.scope > SCOPE_MAX) {
      this.slots.fill(0);
      this.scope = 0;
    }
    this.free = (this.mask + FIELDS) / (2 * FIELDS);
    this.firstScope = this.scope + 1;
  }

  openScope(): number {
    return ++this.scope;
  }

  /**
   * Adds the bytes at `base + from` of length `size`, whose hash is given.
   *
   * @returns false when the scope holds equal bytes already
   */
  add(scope: number, hash: number, bytes: Uint8Array, base: number, from: number, size: number): boolean {
    if (this.free === 0) this.grow();
    const { slots, mask, firstScope } = this;
    let slot = slotOf(scope, hash) & mask;
    for (let other = slots[slot]!; other >= firstScope; other = slots[slot]!) {
      if (other === scope && slots[slot + 1] === hash && slots[slot + 3] === size) {
        if (equalBytes(bytes, base + slots[slot + 2]!, bytes, base + from, size)) return false;
      }
      slot = (slot + FIELDS) & mask;
    }
    slots[slot] = scope;
    slots[slot + 1] = hash;
    slots[slot + 2] = from;
    slots[slot + 3] = size;
    this.free--;
    return true;
  }

  private grow(): void {
    const old = this.slots;
    const slots = new Int32Array(old.length * 2);
    const mask = slots.length - FIELDS;
    for (let from = 0; from < old.length; from += FIELDS) {
      if (old[from]! < this.firstScope) continue;
      let slot = slotOf(old[from]!, old[from + 1]!) & mask;
      while (slots[slot] !== 0) slot = (slot + FIELDS) & mask;
      for (let i = 0; i < FIELDS; i++) slots[slot + i] = old[from + i]!;
    }
    this.slots = slots;
    this.mask = mask;
    this.free = old.length / (2 * FIELDS);
  }
}

/** A multiple of FIELDS. */
function slotOf(scope: number, hash: number): number {
  const mixed = Math.imul(hash ^ Math.imul(scope, 0x9e3779b1), 0x85ebca6b);
  return (mixed ^ (mixed >>> 15)) << 2;
}
