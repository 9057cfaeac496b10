import type { Buckets } from '../../connectors/buckets/buckets.ts';
import { type Entry, newer, sameDigest } from '../../connectors/buckets/entry.ts';
import { keyHash } from '../../connectors/buckets/key-hash.ts';

/** Most bytes of a side that are compared at a time: a larger bucket is read several times, a share each time. */
const SHARE_BYTES_MAX = 8 * 1024 * 1024;

/** A key whose two sides were not equal. */
export interface Unequal {
  readonly key: Buffer;
  /** Null: the source has no row of that key, and never said so. */
  readonly source: Entry | null;
  readonly target: Entry | null;
}

/**
 * Compares two sides bucket by bucket.
 *
 * @param unequal called for each key that is on one side only, or different; awaited
 * @returns keys that are on both sides and equal
 */
export async function compareBuckets(
  source: Buckets,
  target: Buckets,
  unequal: (found: Unequal) => Promise<void>,
  shareBytesMax = SHARE_BYTES_MAX,
): Promise<number> {
  let equal = 0;
  for (let bucket = 0; bucket < source.count; bucket++) {
    const bytes = Math.max(source.bytesOf(bucket), target.bytesOf(bucket));
    const shares = Math.max(1, Math.ceil(bytes / shareBytesMax));
    for (let share = 0; share < shares; share++) {
      // Keys of one bucket agree in the rest of the division; the quotient tells them apart.
      const isOurs = (key: Buffer) =>
        shares === 1 || Math.floor(keyHash(key) / source.count) % shares === share;
      const [left, right] = [await load(source, bucket, isOurs), await load(target, bucket, isOurs)];
      equal += await compareShare(left, right, unequal);
    }
  }
  return equal;
}

async function load(
  side: Buckets,
  bucket: number,
  isOurs: (key: Buffer) => boolean,
): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  for await (const chunk of side.read(bucket)) {
    for (const entry of chunk) {
      if (!isOurs(entry.key)) continue;
      const name = entry.key.toString('latin1');
      entries.set(name, newer(entry, entries.get(name)));
    }
  }
  return entries;
}

async function compareShare(
  source: ReadonlyMap<string, Entry>,
  target: Map<string, Entry>,
  unequal: (found: Unequal) => Promise<void>,
): Promise<number> {
  let equal = 0;
  for (const [name, left] of source) {
    const right = target.get(name) ?? null;
    target.delete(name);
    if (!sameDigest(left.digest, right?.digest ?? null)) {
      await unequal({ key: left.key, source: left, target: right });
    } else if (left.digest !== null) equal += 1;
  }
  for (const right of target.values()) {
    if (right.digest !== null) await unequal({ key: right.key, source: null, target: right });
  }
  return equal;
}
