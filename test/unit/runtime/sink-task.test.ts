import { beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../../connectors/clock.ts';
import type { SinkConnector } from '../../../connectors/connector.ts';
import { KafkaError } from '../../../connectors/kafka/errors.ts';
import type { GroupOptions } from '../../../connectors/kafka/group.ts';
import { createLogger } from '../../../connectors/log.ts';
import { following, type LaneKind } from '../../../connectors/runtime/lane-kind.ts';
import { SinkTask } from '../../../connectors/runtime/sink-task.ts';
import type { SinkDefinition, SinkWorld } from '../../../connectors/runtime/sink-world.ts';
import { MemoryTarget, memorySink } from '../../memory-sink.ts';

interface Commit {
  readonly topic: string;
  readonly metadata: string;
}

/** What the fakes of Kafka are told by a test, and tell it. */
const kafka = vi.hoisted(() => ({
  options: null as GroupOptions | null,
  generation: 1,
  fetchCommitted: [] as (() => Promise<Map<string, unknown>>)[],
  commits: [] as (readonly Commit[])[],
  /** Ends the commits that wait. */
  commitGate: Promise.resolve() as Promise<void>,
  faults: [] as { topic: string; partition: number; error: Error }[],
  assigned: new Set<string>(),
}));

vi.mock('../../../connectors/kafka/group.ts', () => ({
  GroupMember: class {
    constructor(_client: unknown, options: GroupOptions) {
      kafka.options = options;
    }
    get generation() {
      return kafka.generation;
    }
    async start() {}
    async stop() {}
    leaseValid() {
      return true;
    }
    fetchCommitted() {
      return kafka.fetchCommitted.shift()?.() ?? Promise.resolve(new Map());
    }
    async commit(entries: readonly Commit[]) {
      kafka.commits.push(entries);
      await kafka.commitGate;
    }
  },
}));

vi.mock('../../../connectors/kafka/reader.ts', () => ({
  TopicReader: class {
    assign(topic: string, partition: number) {
      kafka.assigned.add(`${topic}/${partition}`);
    }
    unassign(topic: string, partition: number) {
      kafka.assigned.delete(`${topic}/${partition}`);
      kafka.faults = kafka.faults.filter((one) => one.topic !== topic);
    }
    pause() {}
    resume() {}
    faults() {
      return kafka.faults;
    }
    async fetch(signal: AbortSignal) {
      const [fault] = kafka.faults;
      if (fault) throw fault.error;
      await systemClock.sleep(5, signal).catch(() => {});
      return [];
    }
    async close() {}
  },
}));

const log = createLogger({ level: 'silent', format: 'json', destination: { write() {} } });
const tables = ['A', 'B'];
const names = {
  snapshot: (table: string) => `${table}.snapshot`,
  changes: (table: string) => `${table}.changes`,
};

function subject(kind?: LaneKind) {
  const definition: SinkDefinition = {
    name: 'm-alternator',
    plugin: memorySink(new MemoryTarget()) as SinkConnector<unknown>,
    options: {},
    tables,
    tasks: 1,
    tolerance: 'none',
    transforms: [],
    snapshots: true,
    keepsExisting: false,
  };
  const catalog = {
    table: (table: string) => ({ facts: { table }, epoch: { number: 1 } }),
    sink: (_name: string, table: string) => ({ fingerprint: 'memory:1', targetTable: table }),
    currentSnapshot: () => null,
    subscribe: () => () => {},
  };
  const world = {
    kafka: {},
    topics: { ...names, deadLetters: 'dead' },
    catalog,
    status: { write: async () => {} },
    clock: systemClock,
    log,
  } as unknown as SinkWorld;
  return new SinkTask(definition, world, 0, kind);
}

const unit = (table: string) => ({
  id: `${table}/1`,
  partitions: [
    { topic: names.snapshot(table), partition: 1 },
    { topic: names.changes(table), partition: 1 },
  ],
});

beforeEach(() => {
  Object.assign(kafka, { generation: 1, commits: [], commitGate: Promise.resolve(), faults: [] });
  kafka.assigned.clear();
});

const running = () => vi.waitFor(() => expect(kafka.assigned.size).toBe(2));

describe('a sink task', () => {
  test('halts its tables when the group gives it up for good: what stands still is seen', async () => {
    const task = subject();
    await task.start();
    kafka.options!.onFailed!(new KafkaError('GROUP_AUTHORIZATION_FAILED', 'not allowed'));
    expect([...task.halts]).toMatchObject([
      ['A', { code: 'KAFKA_REFUSED' }],
      ['B', { code: 'KAFKA_REFUSED' }],
    ]);
    await task.stop(1000);
  });

  test('asks for its positions again when the broker is away: a throw would end its membership', async () => {
    const task = subject();
    await task.start();
    kafka.fetchCommitted.push(() => Promise.reject(new KafkaError('BROKER_UNREACHABLE', 'away')));
    await kafka.options!.onAssigned([unit('A'), unit('B')]);
    await running();
    expect(task.halts.size).toBe(0);
    await task.stop(1000);
  });

  test('takes over no lane that there is nothing to do in', async () => {
    const task = subject({ ...following, wants: (table) => table === 'B' });
    await task.start();
    await kafka.options!.onAssigned([unit('A'), unit('B')]);
    await vi.waitFor(() => expect([...kafka.assigned]).toEqual(['B.snapshot/1']));
    expect(new Set(kafka.commits.flat().map(({ topic }) => topic))).toEqual(
      new Set(['B.snapshot', 'B.changes']),
    );
    await task.stop(1000);
  });

  test('begins no lane of an assignment that was lost while it asked for positions', async () => {
    const task = subject();
    await task.start();
    kafka.fetchCommitted.push(async () => {
      kafka.generation = 2;
      return new Map();
    });
    await kafka.options!.onAssigned([unit('A')]);
    await systemClock.sleep(20);
    expect(kafka.commits).toEqual([]);
    await task.stop(1000);
  });

  test('halts the one table whose topic cannot be read, and the others are read on', async () => {
    const task = subject();
    await task.start();
    await kafka.options!.onAssigned([unit('A'), unit('B')]);
    await running();
    const error = new KafkaError('OFFSET_OUT_OF_RANGE', 'fetching "A.snapshot" partition 1 at offset 7');
    kafka.faults = [{ topic: 'A.snapshot', partition: 1, error }];
    await vi.waitFor(() => expect([...task.halts.keys()]).toEqual(['A']));
    expect(kafka.faults).toEqual([]);
    expect([...kafka.assigned]).toEqual(['B.snapshot/1']);
    await task.stop(1000);
  });

  test('says of a drained lane that it is clean, also when another commit comes behind the last one', async () => {
    const task = subject();
    await task.start();
    await kafka.options!.onAssigned([unit('A'), unit('B')]);
    await running();
    kafka.commits.length = 0;
    let open = () => {};
    kafka.commitGate = new Promise((resolve) => (open = resolve));
    const revoked = kafka.options!.onRevoke();
    // The regular commit, every 500 ms, does not know yet that the last one is done.
    await vi.waitFor(() => expect(kafka.commits.length).toBeGreaterThan(1), { timeout: 2000 });
    open();
    await revoked;
    const said = kafka.commits.flat().filter(({ topic }) => topic.endsWith('.snapshot'));
    expect(said.map(({ metadata }) => JSON.parse(metadata).clean)).toEqual(said.map(() => 1));
    await task.stop(1000);
  });
});
