import { describe, expect, test } from 'vitest';
import { NO_COUNTS, type StoredPosition } from '../../../connectors/runtime/offset-store.ts';
import { lineageEnds } from '../../../migration/verify/read-to.ts';

function stored(after: string, done: boolean): StoredPosition {
  return { position: { after, readMs: 1 }, done, coverageMs: null, counts: NO_COUNTS, version: 0 };
}

const endsOf = (positions: Readonly<Record<string, StoredPosition>>) => [
  ...lineageEnds(new Map(Object.entries(positions))).keys(),
];

describe('how far a lineage is read', () => {
  test('is how far the shards are that are not drained', () => {
    expect(endsOf({ a: stored('', false), b: stored('', false) })).toEqual(['a', 'b']);
  });

  test('is where a drained shard ended, until a child of it is read', () => {
    expect(endsOf({ a: stored('', true), b: stored('', false) })).toEqual(['a', 'b']);
    expect(endsOf({ a: stored('', true), b: stored('', false), c: stored('a', false) })).toEqual(['b', 'c']);
  });

  test('passes on from each of several parents', () => {
    expect(endsOf({ a: stored('', true), b: stored('', true), c: stored('a b', false) })).toEqual(['c']);
  });
});
