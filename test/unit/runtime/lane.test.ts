import { describe, expect, test, vi } from 'vitest';
import type { SnapshotRecord } from '../../../connectors/catalog-records.ts';
import { FRESH_LANE, type LaneState } from '../../../connectors/runtime/sink/lane-state.ts';
import { fromChanges, fromSnapshot } from '../../../migration/replay/replay-lane.ts';
import type { Marker } from '../../../schemas/change.ts';
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

describe('a lane whose writes carry versions (rule C6)', () => {
  const version0 = 2_000_000;
  const current = (epoch = 1) =>
    ({
      facts: { id: 'new' },
      epoch,
      rank: 0,
      version: version0,
      windowOf: null,
      opensGate: true,
      changesOffsets: [40],
    }) as unknown as SnapshotRecord;
  const mark = (kind: Marker['kind']): Marker => ({
    kind,
    snapshot: 'new',
    rank: 0,
    version: version0,
    exportMs: 0,
    changesOffset: 40,
    rows: kind === 'begin' ? null : 1,
  });
  const of = (versions: readonly number[], op: 'u' | 'r' = 'u') =>
    versions.map((version) => ({ ...put(`k${version}`, op), version }));
  const world = { current: current(), beginOffset: 0, snapshot: () => current() };
  const outcomes = { written: 9, superseded: 0, filtered: 0, deadLettered: 0 };
  /** It has written all of both topics, to the very end. */
  const followed: LaneState = {
    snapshot: { position: 3, countedTo: 3, outcomes, snapshot: 'new', gateOpen: true },
    changes: { position: 60, countedTo: 60, outcomes, snapshot: 'new', writeFrom: 0, lastMs: 1 },
    settled: null,
    clean: true,
  };

  test('after its table was created again it reads both topics again, and passes no change over', async () => {
    const state = fromSnapshot(followed, null, { position: 0, superseded: 0 });
    const run = runLane({ state, definition: {}, catalog: world, versioned: true });
    expect(run.assigned).toEqual(['snapshot/0@0', 'changes/0@0']);
    run.lane.offer(fetched('changes', 0, of([5, 6])));
    await vi.waitFor(() => expect(run.lane.state.changes.position).toBe(2));
    run.lane.offer(fetched('snapshot', 0, [mark('begin'), ...of([version0], 'r'), mark('complete')]));
    await vi.waitFor(() => expect(run.lane.state.snapshot).toMatchObject({ position: 3, gateOpen: true }));
    run.lane.offer(fetched('changes', 2, of([7])));
    await vi.waitFor(() => expect(run.lane.state.changes.position).toBe(3));
    await run.end();
    expect(run.sent.map(({ version }) => version)).toEqual([5, 6, version0, 7]);
    expect(run.lane.state.changes.outcomes).toMatchObject({ written: 3, superseded: 0 });
    // Rows of the first snapshot may leave columns as they are; changes may not.
    expect(run.firstVersions).toEqual([null, version0, null]);
  });

  test('replayed from a time while it loads, it passes over only what it has written', async () => {
    const loading = {
      ...followed,
      snapshot: { ...followed.snapshot, gateOpen: false },
      changes: { ...followed.changes, position: 2, countedTo: 2 },
    };
    const asked = { snapshot: current(), partition: 0, ordersByVersion: true };
    for (const [offset, passed] of [
      [1, 1],
      [50, 2],
    ] as const) {
      const state = fromChanges(loading, { ...asked, offset });
      expect(state.snapshot).toEqual(loading.snapshot);
      const run = runLane({ state, definition: {}, catalog: world, versioned: true });
      run.lane.offer(fetched('changes', 0, of([5, 6, 7])));
      await vi.waitFor(() => expect(run.lane.state.changes.position).toBe(3));
      await run.end();
      expect(run.sent.map(({ version }) => version)).toEqual([5, 6, 7].slice(passed));
    }
  });

  test('where rows move, writes nothing that was published before the epoch', async () => {
    const moving = { version0, writtenEpoch: 2 };
    const catalog = { current: current(2), beginOffset: 0, snapshot: () => current(2) };
    const run = runLane({ state: FRESH_LANE, definition: {}, catalog, versioned: true, moving });
    run.lane.offer(fetched('snapshot', 0, of([version0 - 1, version0], 'r')));
    run.lane.offer(fetched('changes', 0, of([version0 - 1, version0 + 1_000_001])));
    await vi.waitFor(() => expect(run.lane.state.changes.position).toBe(2));
    await run.end();
    expect(run.sent.map(({ version }) => version)).toEqual([version0, version0 + 1_000_001]);
    expect(run.lane.state.snapshot.outcomes).toMatchObject({ written: 1, superseded: 1 });
    expect(run.lane.state.changes.outcomes).toMatchObject({ written: 1, superseded: 1 });
  });

  test('where rows move, halts at the snapshot of a later epoch, before its marker', async () => {
    const begun = (epoch: number) => {
      const catalog = { current: current(epoch), beginOffset: 0, snapshot: () => current(epoch) };
      const moving = { version0, writtenEpoch: 1 };
      const run = runLane({ state: FRESH_LANE, definition: {}, catalog, versioned: true, moving });
      run.lane.offer(fetched('snapshot', 0, [mark('begin')]));
      return run;
    };
    const later = begun(2);
    await expect(later.running).rejects.toMatchObject({ code: 'SINK_EPOCH' });
    expect(later.lane.state.snapshot.position).toBe(0);
    const same = begun(1);
    await vi.waitFor(() => expect(same.lane.state.snapshot.position).toBe(1));
    await same.end();
  });

  test('where rows move and nobody captures changes, halts at another copy of the epoch, not at the same one again', async () => {
    const copy = (id: string, takenAs?: string) => {
      const facts = { ...current(1).facts, id };
      return { ...current(1), facts, changesOffsets: null, ...(takenAs && { takenAs }) };
    };
    const reach = (next: SnapshotRecord) => {
      const state = { ...FRESH_LANE, snapshot: { ...FRESH_LANE.snapshot, snapshot: 'first', position: 5 } };
      const known = (id: string) => (id === 'first' ? copy('first') : next);
      const catalog = { current: next, beginOffset: 5, snapshot: known };
      const moving = { version0, writtenEpoch: 1 };
      const run = runLane({ state, definition: {}, catalog, versioned: true, moving });
      run.lane.offer(fetched('snapshot', 5, [mark('begin')]));
      return run;
    };
    const other = reach(copy('second'));
    await expect(other.running).rejects.toMatchObject({ code: 'SINK_EPOCH' });
    expect(other.lane.state.snapshot).toMatchObject({ snapshot: 'first', position: 5 });
    for (const next of [copy('first~2', 'first'), { ...copy('second'), changesOffsets: [0] }]) {
      const run = reach(next);
      await vi.waitFor(() => expect(run.lane.state.snapshot.position).toBe(6));
      await run.end();
    }
  });

  test('where rows move, halts at the first change of a later epoch: it comes before the snapshot', async () => {
    const moving = { version0, writtenEpoch: 1, epoch: 2 };
    const run = runLane({ state: FRESH_LANE, definition: {}, versioned: true, moving });
    run.lane.offer(fetched('changes', 0, of([version0 + 1_000_001])));
    await expect(run.running).rejects.toMatchObject({ code: 'SINK_EPOCH' });
    expect(run.sent).toEqual([]);
  });
});
