import { describe, expect, test } from 'vitest';
import type { SnapshotFacts, SnapshotRecord } from '../../../connectors/catalog-records.ts';
import type { PartitionName } from '../../../connectors/runtime/offset-store.ts';
import { asTaken, publishedAs, wasReset } from '../../../connectors/runtime/source/snapshot-again.ts';

const factsOf = (id: string) =>
  ({ id, exportMs: 1, facts: { summary: 's3://b/m' } }) as unknown as SnapshotFacts;
const record = (id: string, takenAs?: string) =>
  ({ facts: factsOf(id), ...(takenAs !== undefined && { takenAs }) }) as SnapshotRecord;

/** Positions of these snapshots of table T were deleted. */
const deleted = (...ids: readonly string[]) => ({
  get: ({ table, of, partition }: PartitionName) =>
    table === 'T' && of === 'messina.reset' && ids.includes(partition) ? ({ version: 1 } as never) : null,
});

describe('a snapshot whose positions were deleted', () => {
  test('is to be begun anew, also where they were those of one of its windows', () => {
    const chain = [record('full'), record('window')];
    expect(wasReset(deleted(), 'T', chain)).toBe(false);
    expect(wasReset(deleted('other'), 'T', chain)).toBe(false);
    expect(wasReset(deleted('full'), 'U', chain)).toBe(false);
    expect(wasReset(deleted('full'), 'T', chain)).toBe(true);
    expect(wasReset(deleted('window'), 'T', chain)).toBe(true);
    expect(wasReset(deleted('full'), 'T', [])).toBe(false);
  });

  test('is published under another id each time, and its source knows it by the one that it gave it', () => {
    const asPublished = (known: readonly SnapshotRecord[], ...ids: readonly string[]) =>
      publishedAs(factsOf('x'), known, deleted(...ids), 'T');
    expect(asPublished([])).toBe('x');
    expect(asPublished([record('w')], 'w')).toBe('x');
    expect(asPublished([record('x')], 'x')).toBe('x~2');
    const twice = [record('x'), record('x~2', 'x')];
    expect(asPublished(twice, 'x', 'x~2')).toBe('x~3');
    expect(asTaken(twice[1] as SnapshotRecord)).toEqual(factsOf('x'));
    expect(asTaken(twice[0] as SnapshotRecord)).toEqual(factsOf('x'));
  });

  test('is not published twice otherwise', () => {
    expect(publishedAs(factsOf('x'), [record('x')], deleted(), 'T')).toBeNull();
    // It was published anew, and that one stands.
    expect(publishedAs(factsOf('x'), [record('x'), record('x~2', 'x')], deleted('x'), 'T')).toBeNull();
  });
});
