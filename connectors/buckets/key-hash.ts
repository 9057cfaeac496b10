import { murmur2 } from '../kafka/wire/murmur2.ts';

/**
 * A hash of a framed key, 0 to 2^32 − 1, the same in every run: for samples and buckets.
 *
 * The murmur2 that chooses partitions, mixed once more (MurmurHash3's finalizer), so that neither part of it depends on
 * the partition.
 */
export function keyHash(key: Uint8Array): number {
  let h = murmur2(key);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Whether a key belongs to a sample: the same keys on both sides, and in every run. */
export function sampleOf(fraction: number): (key: Uint8Array) => boolean {
  if (fraction >= 1) return () => true;
  // Remixed, so that a sample fills all buckets.
  return (key) => (Math.imul(keyHash(key) ^ 0x5bd1e995, 0x9e3779b1) >>> 0) / 0x100000000 < fraction;
}

const FILTER_BITS = 1 << 22;

/** Remembers keys in half a megabyte, however many: what it does not know was never added; the rest was, most likely. */
export class KeyFilter {
  readonly #bits = new Uint32Array(FILTER_BITS / 32);

  add(key: Uint8Array): void {
    const bit = keyHash(key) % FILTER_BITS;
    this.#bits[bit >>> 5]! |= 1 << (bit & 31);
  }

  mayHold(key: Uint8Array): boolean {
    const bit = keyHash(key) % FILTER_BITS;
    return (this.#bits[bit >>> 5]! & (1 << (bit & 31))) !== 0;
  }
}
