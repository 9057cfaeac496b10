import { describe, expect, test, vi } from 'vitest';
import type { PublishedBy, SnapshotRecord } from '../../../connectors/catalog-records.ts';
import { catalogEntry, catalogKeys } from '../../../connectors/runtime/catalog.ts';
import { leadCapture } from '../../../connectors/runtime/source/capture-lead.ts';
import { ChangesTable } from '../../../connectors/runtime/source/changes-table.ts';
import { SnapshotTable } from '../../../connectors/runtime/source/snapshot-table.ts';
import { epochOf, facts, Life } from './source-lives.ts';

vi.mock('../../../connectors/kafka/offsets.ts', () => ({ endOffsets: async () => [0] }));

const other: PublishedBy = { group: 'g', connector: 'c-2' };

function captured(capturedBy?: PublishedBy, streamArn: string | null = 'arn'): Life {
  const life = new Life();
  const epoch = epochOf({ streamArn, ...(capturedBy && { capturedBy }) });
  life.catalogLog.write(catalogEntry(catalogKeys.table('T'), { facts, epoch }));
  return life;
}

const capture = (life: Life, more: object = {}) => leadCapture(life.task('c', more), life.changes(), {}, 'T');
const publish = (life: Life, more: object = {}) =>
  new SnapshotTable(life.task('c', more), life.snapshots(), {}, 'T').run();

describe('a table that a connector captures', () => {
  test('is not captured into the same topics by another one, which is told by whom it is, and nothing is written', async () => {
    const life = captured(other);
    const refused = capture(life);
    await expect(refused).rejects.toMatchObject({ code: 'SOURCE_TAKEN' });
    await expect(refused).rejects.toThrow(/c-2 of group g .*connector c of group g/s);
    await expect(capture(life, { epoch: () => 2 })).rejects.toMatchObject({ code: 'SOURCE_TAKEN' });
    expect(life.steps).toEqual([]);
  });

  test('is not captured by one of the same name in another group', async () => {
    const life = new Life();
    await capture(life);
    await expect(capture(life, { group: 'h' })).rejects.toThrow('connector c of group g');
    await capture(life);
  });

  test('is left by whoever finds that another one began it at the same moment', async () => {
    const life = new Life();
    const epoch = epochOf({ capturedBy: other });
    const running = new ChangesTable(life.task('c', { task: 1 }), life.changes(), {}, 'T').run();
    life.catalogLog.write(catalogEntry(catalogKeys.table('T'), { facts, epoch }));
    await expect(running).rejects.toMatchObject({ code: 'SOURCE_TAKEN' });
    expect(life.opened).toEqual([]);
  });

  test('is of the connector that has positions of it, where an older record does not tell', async () => {
    const strange = captured();
    await capture(strange);
    expect(strange.steps).toEqual([]);
    const life = captured();
    life.stored('c', { of: 'epoch-1', partition: 'a' });
    await capture(life);
    expect(life.catalog.table('T')?.epoch).toEqual(epochOf({ capturedBy: { group: 'g', connector: 'c' } }));
    expect(life.store('c').of('T', 'epoch-1').size).toBe(1);
  });

  test('is nobody’s where it was copied without its changes: a capture may follow in a new epoch', async () => {
    const life = new Life();
    await publish(life);
    expect(life.catalog.table('T')?.epoch.capturedBy).toBeUndefined();
    await leadCapture(life.task('c-changes', { epoch: () => 2 }), life.changes(), {}, 'T');
    expect(life.catalog.table('T')?.epoch).toMatchObject({
      number: 2,
      capturedBy: { group: 'g', connector: 'c-changes' },
    });
  });
});

describe('a table whose rows a connector publishes', () => {
  const known = async (change: Partial<SnapshotRecord>) => {
    const life = new Life();
    await publish(life);
    const [snapshot] = life.catalog.snapshots('T');
    const record = { ...snapshot, ...change } as SnapshotRecord;
    life.catalogLog.write(catalogEntry(catalogKeys.snapshot('T', 'x'), record));
    life.steps.length = 0;
    life.opened.length = 0;
    return life;
  };

  test('gets none from another one, whether these are complete or not, nor in a new epoch', async () => {
    for (const state of ['begun', 'complete'] as const) {
      const life = await known({ state, publishedBy: other });
      for (const more of [{}, { task: 1 }, { epoch: () => 2 }]) {
        await expect(publish(life, more)).rejects.toThrow('connector c-2 of group g publishes its rows');
      }
      expect([life.steps, life.opened]).toEqual([[], []]);
    }
  });

  test('gets them from the same one after any restart, not from its name in another group', async () => {
    const life = await known({ state: 'begun' });
    await expect(publish(life, { group: 'h' })).rejects.toMatchObject({ code: 'SOURCE_TAKEN' });
    await publish(life);
    expect(life.catalog.isLoaded('T')).toBe(true);
  });

  test('is taken over where an older record does not tell', async () => {
    const life = await known({ state: 'begun' });
    const { publishedBy: _, ...older } = life.catalog.snapshots('T')[0] as SnapshotRecord;
    life.catalogLog.write(catalogEntry(catalogKeys.snapshot('T', 'x'), older));
    await publish(life);
    expect(life.catalog.currentSnapshot('T')?.publishedBy).toEqual({ group: 'g', connector: 'c' });
  });
});
