import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Buckets, bucketCount } from '../../../connectors/buckets/buckets.ts';
import type { Entry } from '../../../connectors/buckets/entry.ts';
import { KeyFilter, keyHash, sampleOf } from '../../../connectors/buckets/key-hash.ts';
import { SpillFile } from '../../../connectors/buckets/spill-file.ts';
import { CandidateList } from '../../../migration/verify/candidates.ts';
import { compareBuckets } from '../../../migration/verify/compare.ts';
import { keyOf } from './verify-world.ts';

function entry(id: string, digest: string | null, version = 0): Entry {
  return {
    key: keyOf(id),
    digest: digest === null ? null : Buffer.alloc(16, digest),
    version,
    place: version * 2,
  };
}

async function compared(
  source: readonly Entry[],
  target: readonly Entry[],
  count = 4,
  shareBytesMax?: number,
) {
  await using file = new SpillFile();
  const [left, right] = [new Buckets(file, count, true), new Buckets(file, count, false)];
  await Promise.all([left.add(source), right.add(target)]);
  const found: string[] = [];
  const equal = await compareBuckets(
    left,
    right,
    async ({ key, source: ours, target: theirs }) => {
      const of = (side: Entry | null) => side?.digest?.toString('latin1', 0, 1) ?? '-';
      found.push(`${key.toString('latin1', 14).replace(/[^\w-]/g, '')} ${of(ours)}${of(theirs)}`);
    },
    shareBytesMax,
  );
  return { equal, found: found.sort(), bytesOnDisk: file.size };
}

describe('buckets', () => {
  test('bring equal keys together, whatever their number and the size of a share', async () => {
    const digests = fc.constantFrom('a', 'b', null);
    const side = fc.array(fc.tuple(fc.nat(300), digests), { maxLength: 400 });
    await fc.assert(
      fc.asyncProperty(
        side,
        side,
        fc.constantFrom(1, 3, 16),
        fc.constantFrom(500, 8000, 1 << 23),
        async (ours, theirs, count, share) => {
          const last = (all: typeof ours) => new Map(all.map(([id, digest]) => [`k${id}`, digest]));
          const [left, right] = [last(ours), last(theirs)];
          const ids = [...new Set([...left.keys(), ...right.keys()])];
          const of = (side: typeof left, id: string) => side.get(id) ?? null;
          const equal = ids.filter((id) => of(left, id) !== null && of(left, id) === of(right, id)).length;
          const unequal = ids.filter((id) => of(left, id) !== of(right, id)).length;
          const result = await compared(
            ours.map(([id, digest], version) => entry(`k${id}`, digest, version)),
            [...right].map(([id, digest]) => entry(id, digest)),
            count,
            share,
          );
          expect(result.equal).toBe(equal);
          expect(result.found).toHaveLength(unequal);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('hold keys of any length, on disk too', async () => {
    const rows = Array.from({ length: 60 }, (_, n) => entry(`${'x'.repeat((n % 7) * 5000)}${n}`, 'a'));
    const { equal, bytesOnDisk } = await compared(rows, [...rows].reverse(), 3);
    expect(equal).toBe(60);
    expect(bytesOnDisk).toBeGreaterThan(1_000_000);
  });

  test('go to disk, and memory holds a chunk for each', async () => {
    const rows = Array.from({ length: 40_000 }, (_, n) => entry(`row${n}`, 'a'));
    const { equal, bytesOnDisk } = await compared(rows, rows, 16);
    expect(equal).toBe(40_000);
    // All but at most one chunk of 8 KiB for each bucket of each side.
    expect(bytesOnDisk).toBeGreaterThan(40_000 * (35 + 19) - 2 * 16 * 8192);
  });

  test('keep the highest version of a key, in whatever order they come', async () => {
    const source = [entry('k', 'a', 5), entry('k', 'b', 7), entry('k', 'c', 6)];
    expect(await compared(source, [entry('k', 'b')])).toMatchObject({ equal: 1, found: [] });
  });

  test('are more for larger tables, within bounds', () => {
    expect([null, 0, 1_000_000, 1e9, 1e12].map(bucketCount)).toEqual([512, 16, 32, 4096, 4096]);
  });
});

describe('a spill file', () => {
  test('has no name, so that nothing is left behind however the process ends', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'spill-test-'));
    vi.stubEnv('TMPDIR', folder);
    onTestFinished(() => {
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true });
    });
    await using file = new SpillFile();
    await file.append([Buffer.from('abc'), Buffer.from('de')]);
    const read = Buffer.alloc(3);
    await file.read(read, 2);
    expect(read.toString()).toBe('cde');
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('a list of candidates', () => {
  test('gives back what was added, on disk or not', async () => {
    await using list = new CandidateList();
    const suspicion = { stillMs: 1.5, suspectMs: null, source: 'aa', target: null, newest: -1 };
    const tried = { source: 'aa', target: null, tries: 2, outcome: 'unknown', sent: true } as const;
    for (let n = 0; n < 20_000; n++) {
      const base = n % 2 === 0 ? null : entry(`k${n}`, 'x', n);
      await list.add({ key: keyOf(`k${n}`), base, suspicion, tried });
    }
    let n = 0;
    for await (const group of list.groups(300)) {
      expect(group.length).toBeLessThanOrEqual(300);
      for (const candidate of group) {
        if (n % 1000 < 2) {
          expect(candidate).toEqual({
            key: keyOf(`k${n}`),
            base: n % 2 === 0 ? null : entry(`k${n}`, 'x', n),
            suspicion,
            tried,
          });
        }
        n += 1;
      }
    }
    expect([n, list.size]).toEqual([20_000, 20_000]);
  });
});

describe('the hash of a key', () => {
  const keys = Array.from({ length: 20_000 }, (_, n) => keyOf(`key-${n}`));

  test('fills buckets evenly, also those of a sample', () => {
    for (const of of [keys, keys.filter(sampleOf(0.3))]) {
      const sizes = new Array<number>(16).fill(0);
      for (const key of of) sizes[keyHash(key) % 16]! += 1;
      expect(Math.min(...sizes)).toBeGreaterThan((of.length / 16) * 0.8);
      expect(Math.max(...sizes)).toBeLessThan((of.length / 16) * 1.2);
    }
  });

  test('makes a filter that knows every key that was added', () => {
    const filter = new KeyFilter();
    for (const key of keys.slice(0, 1000)) filter.add(key);
    expect(keys.slice(0, 1000).every((key) => filter.mayHold(key))).toBe(true);
    expect(keys.slice(1000).filter((key) => filter.mayHold(key)).length).toBeLessThan(100);
  });
});
