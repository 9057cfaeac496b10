import { expect, test } from 'vitest';
import type { SnapshotRecord } from '../../../connectors/catalog-records.ts';
import { systemClock } from '../../../connectors/clock.ts';
import type { SnapshotSource } from '../../../connectors/connector.ts';
import { createLogger } from '../../../connectors/log.ts';
import type { Publication } from '../../../connectors/runtime/source/publisher.ts';
import { SnapshotTable } from '../../../connectors/runtime/source/snapshot-table.ts';
import type { TaskRun } from '../../../connectors/runtime/source/task-run.ts';
import { sinkTable } from '../../sink-records.ts';

const snapshot = (id: string, rank: number, state: SnapshotRecord['state']): SnapshotRecord => ({
  facts: { id, exportMs: 1000 + rank, arn: null, partitions: 1, rows: 0, facts: {} },
  epoch: 1,
  rank,
  version: 5_000_000 + rank,
  state,
  windowOf: rank === 0 ? null : 'full',
  opensGate: rank === 2,
  proof: { proven: true, fromMs: 0, slackMs: 0, exportMs: 1000 },
  changesOffsets: [0],
});

const chainOf = (...states: SnapshotRecord['state'][]) =>
  new Map(states.map((state, rank) => [rank === 0 ? 'full' : `window-${rank}`, state] as const));

/** One task with a chain as the catalog has it: what it opens and publishes, in its order. */
async function run(states: ReadonlyMap<string, SnapshotRecord['state']>, task = 0): Promise<string[]> {
  const steps: string[] = [];
  const chain = new Map([...states].map(([id, state], rank) => [id, snapshot(id, rank, state)]));
  const done = new Map<string, { done: boolean; counts: { rows: number[]; deadLettered: number } }>();
  const { signal } = new AbortController();
  const log = createLogger({ level: 'silent', format: 'json', destination: { write() {} } });
  const world = {
    definition: { name: 'm-snapshot', tasks: 1, captureConnector: 'm-changes' },
    task,
    partitions: 1,
    epoch: () => 1,
    context: { clock: systemClock, log, signal },
    clock: systemClock,
    log,
    topics: { snapshot: () => 'snapshot' },
    report: { phase: (_table: string, phase: string) => void steps.push(phase), fault: () => {} },
    files: { take: async () => ({ [Symbol.dispose]: () => {} }) },
    turns: { take: async () => ({ [Symbol.dispose]: () => {} }) },
    catalog: {
      table: () => ({ facts: sinkTable('T').facts, epoch: { number: 1 } }),
      currentSnapshot: () => chain.get('full'),
      snapshots: () => [...chain.values()],
      currentChain: () => [...chain.values()],
      snapshot: (_table: string, id: string) => chain.get(id) ?? null,
      snapshotPartition: () => null,
      subscribe: () => () => {},
    },
    offsets: () => ({
      of: (_table: string, id: string) => new Map(done.has(id) ? [['file', done.get(id)]] : []),
      get: () => null,
      entry: ({ of }: { of: string }) => {
        done.set(of, { done: true, counts: { rows: [0], deadLettered: 0 } });
        return { key: of, value: '{}' };
      },
      subscribe: () => () => {},
    }),
    publisher: {
      room: async () => {},
      publish: async ({ catalog, catalogOf }: Publication) => {
        catalogOf?.([0]);
        for (const { value } of catalog) {
          const record = JSON.parse(String(value)) as SnapshotRecord;
          steps.push(`${record.state} ${record.facts.id}`);
          chain.set(record.facts.id, record);
        }
      },
    },
  } as unknown as TaskRun;
  const plugin = {
    async *discover() {
      yield { id: 'file', after: [], expectedRecords: null };
    },
    open: async (_options: unknown, _partition: unknown, from: { snapshot: { id: string } }) => {
      steps.push(`read ${from.snapshot.id}`);
      const empty = { records: [], rejected: [], position: {}, done: true, bytes: 0 };
      return { poll: async () => empty, [Symbol.asyncDispose]: async () => {} };
    },
  } as unknown as SnapshotSource<unknown>;
  await new SnapshotTable(world, plugin, {}, 'T').run();
  return steps;
}

test('a window begins when what it continues is complete, never before (rule C7)', async () => {
  expect(await run(chainOf('begun', 'due', 'due'))).toEqual([
    'loading',
    'read full',
    'complete full',
    'begun window-1',
    'read window-1',
    'complete window-1',
    'begun window-2',
    'read window-2',
    'complete window-2',
  ]);
});

test('a chain that was broken off goes on with what is not complete', async () => {
  expect(await run(chainOf('complete', 'begun', 'due'))).toEqual([
    'loading',
    'read window-1',
    'complete window-1',
    'begun window-2',
    'read window-2',
    'complete window-2',
  ]);
});

test('nothing is read of a chain whose last window is complete', async () => {
  expect(await run(chainOf('complete', 'complete', 'complete'))).toEqual([]);
});
