import { describe, expect, test, vi } from 'vitest';
import type { Epoch, TableFacts, TableRecord } from '../../../connectors/catalog-records.ts';
import type { CaptureFacts, ChangesSource } from '../../../connectors/connector.ts';
import { createLogger } from '../../../connectors/log.ts';
import { leadCapture } from '../../../connectors/runtime/source/capture-lead.ts';
import type { Publication } from '../../../connectors/runtime/source/publisher.ts';
import type { TaskRun } from '../../../connectors/runtime/source/task-run.ts';

import { facts } from './source-lives.ts';

vi.mock('../../../connectors/kafka/offsets.ts', () => ({ endOffsets: async () => [7, 9] }));

const known: Epoch = {
  number: 1,
  version0: 5_000_000,
  streamArn: 'stream-1',
  createdMs: 1000,
  begunMs: 2000,
  firstOffsets: [0, 0],
  roots: ['a'],
  streamEnabled: true,
  capturedBy: { group: 'm', connector: 'm-changes' },
};

const capture: CaptureFacts = {
  streamArn: 'stream-1',
  createdMs: 1_000_000,
  serverTimeMs: 2_000_000,
  roots: ['b'],
  enabled: false,
};

interface Situation {
  readonly record?: TableRecord | null;
  readonly wanted?: number;
  readonly facts?: TableFacts;
  readonly capture?: CaptureFacts;
  /** Highest V that a shard of the earlier epoch has published. */
  readonly published?: number;
  /** Highest V that a repair may have written. */
  readonly repaired?: number;
  /** Highest V published from positions that were deleted since. */
  readonly deleted?: number;
}

/** What a task 0 does in a situation: its steps in their order, and the epoch it writes into the catalog. */
async function led(situation: Situation) {
  const steps: string[] = [];
  let written: TableRecord | null = null;
  let isFenced = false;
  const before = situation.record ? 'epoch-1' : null;
  const task = {
    group: 'm',
    definition: { name: 'm-changes' },
    epoch: () => situation.wanted ?? 1,
    fenceOthers: async () => {
      steps.push('fence');
      isFenced = true;
    },
    offsets: () => ({
      readPastOpen: async () => void steps.push('read positions'),
      // What an earlier owner published before it was fenced becomes known only after that.
      of: (_table: string, of: string) =>
        new Map(of === before ? [['a', { version: isFenced ? (situation.published ?? 0) : 0 }]] : []),
      get: ({ partition }: { partition: string }) =>
        situation.deleted === undefined || partition !== before ? null : { version: situation.deleted },
      entry: () => ({ key: 'topics', value: '{}' }),
    }),
    catalog: {
      table: () => situation.record ?? null,
      snapshots: () => [{ version: 6_000_000 }],
      repairedTo: () => situation.repaired ?? 0,
    },
    topics: { changes: () => 'changes' },
    publisher: {
      publish: async ({ catalog }: Publication) => {
        steps.push('publish');
        written = JSON.parse(String(catalog[0]?.value)) as TableRecord;
      },
    },
    context: {},
    log: createLogger({ level: 'silent', format: 'json', destination: { write() {} } }),
  } as unknown as TaskRun;
  const plugin = {
    describe: async () => situation.facts ?? facts,
    capture: async () => situation.capture ?? capture,
  } as unknown as ChangesSource<unknown>;
  await leadCapture(task, plugin, {}, 'T');
  return { steps, epoch: (written as TableRecord | null)?.epoch ?? null };
}

describe('the capture of a table', () => {
  test('begins with the first epoch', async () => {
    const { steps, epoch } = await led({});
    expect(steps).toEqual(['publish']);
    expect(epoch).toMatchObject({ number: 1, firstOffsets: [7, 9], roots: ['b'], streamEnabled: false });
  });

  test('goes on with the epoch that the catalog knows', async () => {
    expect(await led({ record: { facts, epoch: known } })).toEqual({ steps: [], epoch: null });
  });

  test('begins a new epoch when one is asked for: after whoever slept through the old one is fenced', async () => {
    const { steps, epoch } = await led({ record: { facts, epoch: known }, wanted: 2 });
    expect(steps).toEqual(['fence', 'read positions', 'publish']);
    expect(epoch).toMatchObject({ number: 2, firstOffsets: [7, 9], roots: ['b'] });
  });

  test('outranks everything that was published before, whatever the clock says (rule C2)', async () => {
    const record = { facts, epoch: known };
    const published = 9_000_000_000_000;
    expect((await led({ record, wanted: 2, published })).epoch?.version0).toBe(published + 1);
    expect((await led({ record, wanted: 2 })).epoch?.version0).toBe((1000 - 62) * 1_000_000);
    const early = { ...capture, createdMs: 1000, serverTimeMs: 2000 };
    expect((await led({ record, wanted: 2, capture: early })).epoch?.version0).toBe(6_000_001);
  });

  test('outranks what repairs have written: a row that was mended before a gap is not kept after it (rules C2 and C12)', async () => {
    const record = { facts, epoch: known };
    const repaired = 9_000_000_000_000;
    expect((await led({ record, wanted: 2, repaired })).epoch?.version0).toBe(repaired + 1);
  });

  test('outranks what was published from positions that were deleted since (rule C2)', async () => {
    const { epoch } = await led({
      record: { facts, epoch: known },
      wanted: 2,
      published: 1,
      deleted: 9_000_000_000_000_000,
    });
    expect(epoch?.version0).toBe(9_000_000_000_000_001);
  });

  test('remembers that it enabled the stream, as long as it is the same', async () => {
    const record = { facts, epoch: known };
    expect((await led({ record, wanted: 2 })).epoch?.streamEnabled).toBe(true);
    const other = { ...capture, streamArn: 'stream-2' };
    expect((await led({ record, wanted: 2, capture: other })).epoch?.streamEnabled).toBe(false);
    expect((await led({ capture: { ...capture, enabled: true } })).epoch?.streamEnabled).toBe(true);
  });

  test('of a table that was created again is a gap, unless a new epoch was asked for', async () => {
    const again = { ...facts, tableId: 'two' };
    const record = { facts, epoch: known };
    await expect(led({ record, facts: again })).rejects.toMatchObject({ code: 'SOURCE_DATA_GAP' });
    expect((await led({ record, facts: again, wanted: 2 })).epoch?.number).toBe(2);
  });

  test('refuses a table that was created again with other keys: its topics are another table’s', async () => {
    const record = { facts, epoch: known };
    const other: TableFacts = { ...facts, keySchema: [{ name: 'id', type: 'N' }] };
    await expect(led({ record, facts: other, wanted: 2 })).rejects.toMatchObject({
      code: 'SOURCE_KEYS_CHANGED',
    });
  });
});
