import { describe, expect, test } from 'vitest';
import type {
  SnapshotPartitionRecord,
  SnapshotRecord,
  TableRecord,
} from '../../../connectors/catalog-records.ts';
import type { Catalog } from '../../../connectors/runtime/catalog.ts';
import { minuteOf } from '../../../migration/replay/replay-moves.ts';
import { beginPlace } from '../../../migration/replay/replay-place.ts';

interface Known extends Pick<SnapshotRecord, 'epoch' | 'state'> {
  readonly id: string;
  readonly windowOf?: string;
  readonly place: SnapshotPartitionRecord | null;
}

const place = (beginOffset: number, completeOffset: number | null, rows: number | null) => ({
  beginOffset,
  completeOffset,
  rows,
});

/** The catalog of a table in its second epoch, as a replay asks it. */
function catalogOf(known: readonly Known[]): Catalog {
  const records = known.map(
    ({ id, epoch, state, windowOf = null }) =>
      ({ facts: { id }, epoch, state, windowOf }) as unknown as SnapshotRecord,
  );
  return {
    table: () => ({ epoch: { number: 2 } }) as TableRecord,
    snapshots: () => records,
    currentSnapshot: () => records.findLast((one) => one.epoch === 2 && one.windowOf === null) ?? null,
    snapshotPartition: (_: string, id: string) => known.find((one) => one.id === id)?.place ?? null,
  } as unknown as Catalog;
}

const old: Known = { id: 'old', epoch: 1, state: 'complete', place: place(0, 12, 11) };
const window: Known = { id: 'window', epoch: 1, state: 'complete', windowOf: 'old', place: place(13, 20, 6) };
const first: Known = { id: 'first', epoch: 2, state: 'complete', place: place(21, 40, 18) };
const second: Known = { id: 'second', epoch: 2, state: 'complete', place: place(41, 60, 18) };
const all = [old, window, first, second];

describe('a replay begins', () => {
  test('from snapshot: at the begin-marker of the current full snapshot, with all rows before it counted', () => {
    expect(beginPlace(catalogOf(all), 'T', 0, 'snapshot')).toEqual({ position: 41, superseded: 35 });
  });

  test('from earliest: at that of the first one of the epoch', () => {
    expect(beginPlace(catalogOf(all), 'T', 0, 'earliest')).toEqual({ position: 21, superseded: 17 });
  });

  test('with its full snapshot, not with a window that continues it', () => {
    const later: Known = { ...second, id: 'later', windowOf: 'second', place: place(61, 70, 8) };
    expect(beginPlace(catalogOf([...all, later]), 'T', 0, 'snapshot').position).toBe(41);
  });

  test.each<[string, readonly Known[]]>([
    [
      'where a snapshot before it was broken off',
      [old, window, { ...first, state: 'begun', place: place(21, null, null) }, second],
    ],
    [
      'where one ended behind its begin-marker',
      [old, window, { ...first, place: place(21, 44, 18) }, second],
    ],
    ['where the epoch has no snapshot yet', [old, window]],
    ['where there is none at all', []],
  ])('at the start of the topic, to read it through, %s', (_, known) => {
    expect(beginPlace(catalogOf(known), 'T', 0, 'snapshot')).toEqual({ position: 0, superseded: 0 });
  });

  test('past a window that never began', () => {
    const due: Known = { ...window, id: 'due', state: 'due', place: null };
    expect(beginPlace(catalogOf([old, due, first]), 'T', 0, 'snapshot').superseded).toBe(11);
  });
});

test('a time means its whole minute: stand-ins cut the times of changes to it', () => {
  const at = Date.parse('2026-11-21T01:02:59.999Z');
  expect(new Date(minuteOf(at)).toISOString()).toBe('2026-11-21T01:02:00.000Z');
});
