import { describe, expect, test } from 'vitest';
import type { Epoch } from '../../../connectors/catalog-records.ts';
import { NO_COUNTS, type StoredPosition } from '../../../connectors/runtime/offset-store.ts';
import { coverageMs, prove, version0 } from '../../../connectors/runtime/source/coverage.ts';
import { readiness } from '../../../connectors/runtime/source/lineage.ts';

const stored = (done: boolean, coverage: number | null = null): StoredPosition => ({
  position: {},
  done,
  coverageMs: coverage,
  counts: NO_COUNTS,
  version: 0,
});
const shard = (id: string, ...after: string[]) => ({ id, after, expectedRecords: null });

describe('a shard is read (rule C5)', () => {
  test.each([
    ['when it is a root', shard('a'), {}, ['a'], ['a'], 'ready'],
    [
      'when its parent is drained and committed',
      shard('b', 'a'),
      { a: stored(true) },
      ['a', 'b'],
      ['a'],
      'ready',
    ],
    [
      'when it was begun before, whatever became of its parent',
      shard('b', 'a'),
      { b: stored(false) },
      ['b'],
      [],
      'ready',
    ],
    ['not while its parent is being read', shard('b', 'a'), { a: stored(false) }, ['b'], ['a'], 'wait'],
    ['not while its parent is listed and unread', shard('b', 'a'), {}, ['a', 'b'], ['a'], 'wait'],
    [
      'never when its parent vanished unread: that is a gap',
      shard('c', 'b'),
      { a: stored(true) },
      ['c'],
      ['a'],
      'lost',
    ],
    ['no more when it is drained', shard('a'), { a: stored(true) }, ['a'], ['a'], 'done'],
  ] as const)('%s', (_, partition, positions, listed, roots, expected) => {
    const known = new Map(Object.entries<StoredPosition>(positions));
    expect(readiness(partition, known, new Set(listed), new Set(roots))).toBe(expected);
  });
});

describe('coverage (rule C1)', () => {
  const epoch: Epoch = {
    number: 1,
    version0: 0,
    streamArn: 'arn',
    createdMs: 1_000,
    begunMs: 5_000,
    firstOffsets: [],
    roots: ['a', 'b'],
    streamEnabled: false,
  };

  test('is unknown until every root was read', () => {
    expect(coverageMs(epoch, new Map([['a', stored(false, 500)]]))).toBeNull();
  });

  test('reaches back to the creation of the stream, or to what the root read last allows', () => {
    expect(
      coverageMs(
        epoch,
        new Map([
          ['a', stored(false, 500)],
          ['b', stored(false, 700)],
        ]),
      ),
    ).toBe(1_000);
    expect(
      coverageMs(
        epoch,
        new Map([
          ['a', stored(false, 500)],
          ['b', stored(false, 7_000)],
        ]),
      ),
    ).toBe(7_000);
  });

  test('is proven when it begins slack before X, to the millisecond', () => {
    expect(prove(1_000, 300, 1_300).proven).toBe(true);
    expect(prove(1_001, 300, 1_300).proven).toBe(false);
  });
});

describe('V0 (rule C2)', () => {
  test('lies 62 s below the second in which capture begins', () => {
    expect(version0(1_700_000_000_999, 0)).toBe((1_700_000_000 - 62) * 1_000_000);
  });

  test('outranks every version of earlier epochs', () => {
    expect(version0(1_700_000_000_000, 1_800_000_000_000_000)).toBe(1_800_000_000_000_001);
  });
});
