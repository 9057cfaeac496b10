import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isAfter } from '../../../source/streams/sequence.ts';
import { nextVersion, versionBefore } from '../../../source/streams/version.ts';

describe('versions of changes', () => {
  test('are the creation time in whole seconds, as microseconds', () => {
    expect(nextVersion(1_763_686_800_999, 0)).toBe(1_763_686_800_000_000);
  });

  test('count up within a second, and within a minute where times are cut to minutes', () => {
    let version = 0;
    const versions = [60_000, 60_000, 60_000, 120_000].map((ms) => (version = nextVersion(ms, version)));
    expect(versions).toEqual([60_000_000, 60_000_001, 60_000_002, 120_000_000]);
  });

  test('go on above what came before when a creation time goes back', () => {
    expect(nextVersion(1_000, 5_000_000)).toBe(5_000_001);
  });

  test('rise strictly and are the same on every re-read, from whatever record on', () => {
    const times = fc.array(fc.integer({ min: 0, max: 100_000 }), { minLength: 1 });
    fc.assert(
      fc.property(times, fc.nat(), fc.nat(), (createdMs, start, cut) => {
        const all: number[] = [];
        for (const ms of createdMs) all.push(nextVersion(ms, all.at(-1) ?? start));
        for (let i = 1; i < all.length; i++) expect(all[i]!).toBeGreaterThan(all[i - 1]!);
        const from = cut % createdMs.length;
        let version = from === 0 ? start : all[from - 1]!;
        expect(createdMs.slice(from).map((ms) => (version = nextVersion(ms, version)))).toEqual(
          all.slice(from),
        );
      }),
    );
  });

  test('of a root begin above every rank of a snapshot, those of a child above all its parents', () => {
    expect(versionBefore(7_000_000, [])).toBe(8_000_000);
    expect(versionBefore(7_000_000, [9_000_001, 9_000_005])).toBe(9_000_005);
  });
});

describe('sequence numbers', () => {
  test.each([
    ['28902000000000058232616930', '28902000000000058232616929', true],
    ['28902000000000058232616929', '28902000000000058232616929', false],
    // As texts, and as numbers, these compare otherwise.
    ['100000000000000000000000', '99999999999999999999999', true],
    ['000000000000000000010', '000000000000000000009', true],
    ['900719925474099300000001', '900719925474099300000000', true],
  ])('%s comes after %s: %s', (one, other, after) => {
    expect(isAfter(one, other)).toBe(after);
  });
});
