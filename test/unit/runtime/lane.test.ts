import { expect, test, vi } from 'vitest';
import type { SnapshotRecord } from '../../../connectors/catalog-records.ts';
import { FRESH_LANE } from '../../../connectors/runtime/lane-state.ts';
import { fetched, put, runLane } from './lane-world.ts';

/** A lane that loads the snapshot called `new`. */
const loading = { ...FRESH_LANE, snapshot: { ...FRESH_LANE.snapshot, snapshot: 'new' } };

test('a lane reads again what got lost between its reader and its queue (rule C8)', async () => {
  const { lane, sent, assigned, end } = runLane({ state: FRESH_LANE, definition: { snapshots: false } });
  expect(assigned).toEqual(['snapshot/0@0', 'changes/0@0']);

  lane.offer(
    fetched(
      'changes',
      0,
      ['a', 'b'].map((id) => put(id)),
    ),
  );
  // What stood at 2 and 3 never came.
  lane.offer(
    fetched(
      'changes',
      4,
      ['e', 'f'].map((id) => put(id)),
    ),
  );
  await vi.waitFor(() => expect(assigned).toContain('changes/0@2'));
  expect(lane.state.changes).toMatchObject({ position: 2, countedTo: 2 });
  expect(sent).toHaveLength(2);

  lane.offer(
    fetched(
      'changes',
      2,
      ['c', 'd', 'e', 'f'].map((id) => put(id)),
    ),
  );
  await vi.waitFor(() => expect(lane.state.changes.position).toBe(6));
  expect(lane.state.changes.outcomes).toEqual({ written: 6, superseded: 0, filtered: 0, deadLettered: 0 });
  await end();
});

test('a row that is filtered from the very first snapshot is deleted where rows of others were kept (rule C9)', async () => {
  const sentOps = async (keepsExisting: boolean) => {
    const row = put('a', 'r');
    const first = { facts: { id: 'new' }, epoch: 1, rank: 0, version: row.version } as SnapshotRecord;
    const filter = { name: 'Filter', fingerprint: '', apply: () => null };
    const { lane, sent, end } = runLane({
      state: loading,
      definition: { transforms: [filter], keepsExisting },
      catalog: { current: first, beginOffset: 0, snapshot: () => first },
    });
    lane.offer(fetched('snapshot', 0, [row]));
    await vi.waitFor(() => expect(lane.state.snapshot.outcomes.filtered).toBe(1));
    await end();
    return sent.map(({ op }) => op);
  };
  expect(await sentOps(false)).toEqual([]);
  expect(await sentOps(true)).toEqual(['d']);
});

test('rows of a broken-off snapshot behind a newer begin-marker are counted, not written (rule C7)', async () => {
  const versions: Readonly<Record<string, number>> = { old: 1_000_000, new: 2_000_000 };
  const snapshot = (id: string) =>
    ({ facts: { id }, epoch: 2, rank: 0, version: versions[id] }) as SnapshotRecord;
  const { lane, sent, end } = runLane({
    state: { ...loading, snapshot: { ...loading.snapshot, position: 1 } },
    definition: {},
    catalog: { current: snapshot('new'), beginOffset: 2, snapshot },
  });
  const rows = ['new', 'new', 'old', 'new'].map((id, i) => ({
    ...put(`k${i}`, 'r'),
    version: versions[id] as number,
    origin: { snapshot: id, file: 'f', line: i + 1 },
  }));
  lane.offer(fetched('snapshot', 1, rows));
  await vi.waitFor(() => expect(lane.state.snapshot.position).toBe(5));
  await end();
  // The first stands before the begin-marker.
  expect(sent.map(({ version }) => version)).toEqual([2_000_000, 2_000_000]);
  expect(lane.state.snapshot.outcomes).toEqual({ written: 2, superseded: 2, filtered: 0, deadLettered: 0 });
});
