import { describe, expect, test, vi } from 'vitest';
import { catalogEntry, catalogKeys } from '../../../connectors/runtime/catalog.ts';
import { taskOf } from '../../../connectors/runtime/ownership.ts';
import { leadCapture } from '../../../connectors/runtime/source/capture-lead.ts';
import { ChangesTable } from '../../../connectors/runtime/source/changes-table.ts';
import { deletedEntries, publishedBefore } from '../../../connectors/runtime/source/published-before.ts';
import { leadSnapshot } from '../../../connectors/runtime/source/snapshot-lead.ts';
import { SnapshotTable } from '../../../connectors/runtime/source/snapshot-table.ts';
import { epochOf, facts, Life, SERVER_TIME_MS } from './source-lives.ts';

vi.mock('../../../connectors/kafka/offsets.ts', () => ({ endOffsets: async () => [0] }));

const files = ['a.json.gz', 'b.json.gz'];
const fromTheStart = files.map((file) => [file, null]);

/** A life whose snapshot connector `c` has published both files of snapshot `x` into topics of another prefix. */
function published(): Life {
  const life = new Life();
  for (const partition of files) life.stored('c', { of: 'x', partition });
  return life;
}

const snapshotTable = (life: Life, more: object = {}) =>
  new SnapshotTable(life.task('c', more), life.snapshots(), {}, 'T').run();

describe('a snapshot that the catalog does not know', () => {
  test('is read from its start, whatever positions of another prefix say is done', async () => {
    const life = published();
    await snapshotTable(life);
    expect(life.opened).toEqual(fromTheStart);
    expect(life.catalog.currentSnapshot('T')).toMatchObject({ facts: { id: 'x' }, state: 'complete' });
    // Rule C9: what stands in other topics is not counted in these.
    for (const { counts } of life.store('c').of('T', 'x').values())
      expect(counts).toMatchObject({ rows: [], u: 0 });
  });

  test('is read from its start by tasks whose copy of the positions lags behind the catalog', async () => {
    const life = published();
    life.positions.lag();
    await snapshotTable(life);
    expect(life.opened).toEqual(fromTheStart);
  });

  test('begins after whoever still publishes from such positions is fenced (rule C3)', async () => {
    const life = published();
    await snapshotTable(life);
    expect(life.steps[0]).toBe('fence');
    const fresh = new Life();
    await snapshotTable(fresh);
    expect(fresh.steps).not.toContain('fence');
  });

  test('begins after whoever still publishes one that it breaks off is fenced, and fences nobody for one that is whole (rule C3)', async () => {
    for (const state of ['begun', 'complete'] as const) {
      const life = new Life();
      await snapshotTable(life);
      const [first] = life.catalog.snapshots('T').map((snapshot) => ({ ...snapshot, state }));
      const old = first && { ...first, facts: { ...first.facts, id: 'old' } };
      life.catalogLog.write(catalogEntry(catalogKeys.snapshot('T', 'x'), null));
      life.catalogLog.write(catalogEntry(catalogKeys.snapshot('T', 'old'), old ?? null));
      for (const partition of files)
        life.positions.write(life.store('c').deletion({ table: 'T', of: 'x', partition }));
      life.steps.length = 0;
      const task = life.task('c', { epoch: () => 2 });
      await leadSnapshot(task, life.snapshots(), {}, 'T');
      expect(life.steps[0] === 'fence').toBe(state === 'begun');
      expect(life.catalog.snapshots('T').map(({ facts: { id } }) => id)).toEqual(['old', 'x']);
    }
  });

  test('begins under its own id where its positions were deleted under another prefix', async () => {
    const life = published();
    const store = life.store('c');
    const names = files.map((partition) => ({ table: 'T', of: 'x', partition }));
    const sums = deletedEntries(store, names);
    for (const entry of [...names.map((name) => store.deletion(name)), ...sums]) life.positions.write(entry);
    expect(publishedBefore(store, 'T', 'x')).not.toBeNull();
    await snapshotTable(life);
    expect(life.opened).toEqual(fromTheStart);
    expect(life.catalog.snapshots('T').map(({ facts: { id } }) => id)).toEqual(['x']);
    expect(publishedBefore(store, 'T', 'x')).toBeNull();
  });

  test('outranks what was published of it before, where nothing captures its table (rule C2)', async () => {
    const life = new Life();
    life.stored('c', { of: 'x', partition: 'a.json.gz' }, { version: 9e15 });
    await snapshotTable(life);
    expect(life.catalog.currentSnapshot('T')?.version).toBe(9e15 + 1);
  });

  test('leaves the positions of other connectors and of other snapshots', async () => {
    const life = published();
    life.stored('other', { of: 'x', partition: 'a.json.gz' });
    life.stored('c', { of: 'y', partition: 'a.json.gz' });
    await snapshotTable(life);
    expect(life.store('other').of('T', 'x').size).toBe(1);
    expect(life.store('c').of('T', 'y').size).toBe(1);
  });
});

test('a snapshot that the catalog knows goes on from its positions', async () => {
  const life = new Life();
  await snapshotTable(life);
  const [begun] = life.catalog.snapshots('T').map((snapshot) => ({ ...snapshot, state: 'begun' as const }));
  life.catalogLog.write(catalogEntry(catalogKeys.snapshot('T', 'x'), begun ?? null));
  life.opened.length = 0;
  life.positions.write(life.store('c').deletion({ table: 'T', of: 'x', partition: 'a.json.gz' }));
  await snapshotTable(life);
  expect(life.opened).toEqual([['a.json.gz', null]]);
});

describe('an epoch that the catalog does not know', () => {
  test('captures from the horizon, not from where another prefix was left (rule C1)', async () => {
    const life = new Life();
    life.stored('c', { of: 'epoch-1', partition: 'a' }, { done: false });
    life.positions.lag();
    const running = new ChangesTable(life.task('c'), life.changes(), {}, 'T').run();
    await vi.waitFor(() => expect(life.opened).toEqual([['a', null]]));
    life.stopping.abort(new Error('stopping'));
    await expect(running).rejects.toThrow('stopping');
    expect(life.steps[0]).toBe('fence');
  });

  test('is waited for by the other tasks until they know that its earlier positions are gone', async () => {
    const life = new Life();
    life.stored('c', { of: 'epoch-1', partition: 'a' }, { done: false });
    life.positions.lag();
    const definition = { name: 'c', tables: ['T'], tasks: 2 };
    const task = taskOf('T', 'a', 2);
    const running = new ChangesTable(life.task('c', { definition, task }), life.changes(), {}, 'T').run();
    await leadCapture(life.task('c'), life.changes(), {}, 'T');
    await vi.waitFor(() => expect(life.opened).toEqual([['a', null]]));
    life.stopping.abort(new Error('stopping'));
    await expect(running).rejects.toThrow('stopping');
  });

  test('outranks what positions say was published, of every epoch that was asked for (rule C2)', async () => {
    const life = new Life();
    life.stored('c', { of: 'epoch-1', partition: 'a' }, { version: 9e15 });
    life.stored('c', { of: 'epoch-2', partition: 'b' }, { version: 8e15 });
    await leadCapture(life.task('c', { epoch: () => 2 }), life.changes(), {}, 'T');
    expect(life.catalog.table('T')?.epoch).toMatchObject({ number: 2, version0: 9e15 + 1 });
    for (const of of ['epoch-1', 'epoch-2']) expect(life.store('c').of('T', of).size).toBe(0);
  });

  test('leaves the positions of the epochs that the catalog knows: they stay counted (rule C9)', async () => {
    const life = new Life();
    life.catalogLog.write(catalogEntry(catalogKeys.table('T'), { facts, epoch: epochOf() }));
    life.stored('c', { of: 'epoch-1', partition: 'a' });
    life.stored('c', { of: 'epoch-2', partition: 'a' });
    await leadCapture(life.task('c', { epoch: () => 2 }), life.changes(), {}, 'T');
    expect(life.store('c').of('T', 'epoch-1').size).toBe(1);
    expect(life.store('c').of('T', 'epoch-2').size).toBe(0);
  });

  test('proves nothing of a snapshot by what was captured into other topics (rule C1)', async () => {
    const life = new Life();
    // Coverage of another life: far enough back for the snapshot.
    life.stored('c', { of: 'epoch-1', partition: 'a' }, { done: false });
    life.positions.lag();
    await leadCapture(life.task('c'), life.changes(), {}, 'T');
    const phases: string[] = [];
    const report = { fault() {}, phase: (_table: string, phase: string) => void phases.push(phase) };
    const definition = { name: 's', tasks: 1, captureConnector: 'c' };
    const led = leadSnapshot(life.task('s', { definition, report }), life.snapshots(), {}, 'T');
    await vi.waitFor(() => expect(phases).toEqual(['capturing']));
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    expect(phases).toEqual(['capturing']);
    life.stored('c', { of: 'epoch-1', partition: 'a' }, { done: false, coverageMs: SERVER_TIME_MS + 1 });
    await expect(led).rejects.toMatchObject({ code: 'SOURCE_COVERAGE_UNPROVEN' });
  });
});

describe('a connector that is put back to an earlier prefix', () => {
  const between = async (run: (life: Life) => Promise<unknown>) => {
    const one = new Life();
    await run(one);
    await run(new Life(one.positions, 'two'));
    return one;
  };
  const capture = (life: Life) => leadCapture(life.task('c'), life.changes(), {}, 'T');

  test('halts its tables: what it captured meanwhile does not stand there (rule C5)', async () => {
    const life = await between(capture);
    const running = new ChangesTable(life.task('c', { task: 1 }), life.changes(), {}, 'T').run();
    await expect(running).rejects.toMatchObject({ code: 'SOURCE_DATA_GAP' });
    await expect(running).rejects.toThrow(/topics of two; .* those of one/);
    expect(life.opened).toEqual([]);
  });

  test('proves no snapshot by it (rule C1)', async () => {
    const life = await between(capture);
    life.stored('c', { of: 'epoch-1', partition: 'a' }, { done: false });
    const definition = { name: 's', tasks: 1, captureConnector: 'c' };
    const led = leadSnapshot(life.task('s', { definition }), life.snapshots(), {}, 'T');
    await expect(led).rejects.toMatchObject({ code: 'SOURCE_DATA_GAP' });
  });

  test('is not mistaken for by a task whose copy of the positions is older than the catalog', async () => {
    const one = new Life();
    await capture(one);
    one.stored('c', { of: 'epoch-1', partition: 'a' }, { done: false });
    one.positions.lag('all');
    const two = new Life(one.positions, 'two');
    const store = two.store('c');
    const leader = two.task('c', { fenceOthers: async () => {}, offsets: () => store });
    await leadCapture(leader, two.changes(), {}, 'T');
    const definition = { name: 'c', tables: ['T'], tasks: 2 };
    const task = taskOf('T', 'a', 2);
    const running = new ChangesTable(two.task('c', { definition, task }), two.changes(), {}, 'T').run();
    await vi.waitFor(() => expect(two.opened).toEqual([['a', null]]));
    two.stopping.abort(new Error('stopping'));
    await expect(running).rejects.toThrow('stopping');
  });

  test('goes on in a new epoch', async () => {
    const life = await between(capture);
    const running = new ChangesTable(life.task('c', { epoch: () => 2 }), life.changes(), {}, 'T').run();
    await vi.waitFor(() => expect(life.opened).toEqual([['a', null]]));
    life.stopping.abort(new Error('stopping'));
    await expect(running).rejects.toThrow('stopping');
  });

  test('does not complete a snapshot by what it published meanwhile, and halts nothing for one that was complete', async () => {
    const life = await between(snapshotTable);
    await snapshotTable(life);
    const [snapshot] = life.catalog.snapshots('T').map((one) => ({ ...one, state: 'begun' as const }));
    life.catalogLog.write(catalogEntry(catalogKeys.snapshot('T', 'x'), snapshot ?? null));
    await expect(snapshotTable(life)).rejects.toMatchObject({ code: 'SOURCE_DATA_GAP' });
  });
});
