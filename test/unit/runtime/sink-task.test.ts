import { beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../../connectors/clock.ts';
import type { SinkConnector } from '../../../connectors/connector.ts';
import { avroConverter } from '../../../connectors/converters/avro.ts';
import { ConnectError } from '../../../connectors/errors.ts';
import { KafkaError } from '../../../connectors/kafka/errors.ts';
import type { GroupOptions } from '../../../connectors/kafka/group.ts';
import type { FetchedBatch } from '../../../connectors/kafka/reader.ts';
import type { TopicSpec } from '../../../connectors/kafka/topics.ts';
import type { OutRecord } from '../../../connectors/kafka/wire/record-batch.ts';
import { createLogger } from '../../../connectors/log.ts';
import { following, type LaneKind } from '../../../connectors/runtime/sink/lane-kind.ts';
import { SinkTask } from '../../../connectors/runtime/sink/sink-task.ts';
import type { SinkDefinition, SinkWorld } from '../../../connectors/runtime/sink/sink-world.ts';
import { MemoryTarget, memorySink } from '../../memory-sink.ts';
import { attributes, putRecord, sinkTable } from '../../sink-records.ts';

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
  /** What the reader brings, once it is assigned. */
  batches: [] as FetchedBatch[],
  created: [] as TopicSpec[],
}));

vi.mock('../../../connectors/kafka/topics.ts', () => ({
  ensureTopics: async (_kafka: unknown, specs: readonly TopicSpec[]) => void kafka.created.push(...specs),
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
      return kafka.assigned.size > 0 ? kafka.batches.splice(0) : [];
    }
    async close() {}
  },
}));

const tables = ['A', 'B'];
const names = {
  snapshot: (table: string) => `${table}.snapshot`,
  changes: (table: string) => `${table}.changes`,
};

const log = createLogger({ level: 'silent', format: 'json', destination: { write() {} } });
const letters: { topic: string; record: OutRecord }[] = [];
const deadLetters = {
  send: async (topic: string, _partition: number, records: readonly OutRecord[]) => {
    for (const record of records) letters.push({ topic, record });
  },
};

function subject(kind?: LaneKind, handling: Partial<SinkDefinition> = {}, logger = log) {
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
    ...handling,
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
    status: { write: async () => {}, stands: () => true },
    clock: systemClock,
    log: logger,
    converter: avroConverter,
    deadLetters,
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
  Object.assign(kafka, { batches: [], created: [] });
  letters.length = 0;
  kafka.assigned.clear();
});

const running = () => vi.waitFor(() => expect(kafka.assigned.size).toBe(2));

describe('a sink task', () => {
  test('halts its tables when the group gives it up for good: what stands still is seen', async () => {
    const task = subject();
    await task.start();
    const heard: string[] = [];
    task.onHalt((table, { code }) => heard.push(`${table} ${code}`));
    kafka.options!.onFailed!(new KafkaError('GROUP_AUTHORIZATION_FAILED', 'not allowed'));
    expect(heard).toEqual(['A KAFKA_REFUSED', 'B KAFKA_REFUSED']);
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

  /** One record that nobody can read. */
  const unreadable = (): FetchedBatch => ({
    topic: 'A.snapshot',
    partition: 1,
    records: [{ offset: 0, timestampMs: 5, key: Buffer.from('k'), value: Buffer.from('junk'), headers: [] }],
    firstOffset: 0,
    nextOffset: 1,
    endOffset: 1,
    highWatermark: 1,
    bytes: 5,
  });

  test('sets aside what it cannot read in the topic that its configuration names, as it says, and logs it', async () => {
    const lines: Record<string, unknown>[] = [];
    const destination = { write: (line: string) => lines.push(JSON.parse(line)) };
    const logger = createLogger({ level: 'warn', format: 'json', destination });
    const errors = { retryTimeoutMs: -1, retryDelayMaxMs: 1, log: true, logMessages: true };
    const settings = { topic: 'bad', replicationFactor: 2, contextHeaders: false };
    const task = subject(undefined, { tolerance: 'all', deadLetters: settings, errors }, logger);
    await task.start();
    kafka.batches.push(unreadable());
    await kafka.options!.onAssigned([unit('A')]);
    await vi.waitFor(() => expect(letters).toHaveLength(1));
    expect(kafka.created).toMatchObject([{ topic: 'bad', partitions: 1, replicationFactor: 2 }]);
    expect(letters[0]).toMatchObject({ topic: 'bad', record: { value: Buffer.from('junk'), headers: [] } });
    await vi.waitFor(() => expect(lines).toMatchObject([{ topic: 'A.snapshot', partition: 1, offset: 0 }]));
    await task.stop(1000);
  });

  test('writes to the topic of its world, which is there, where its configuration names none', async () => {
    const task = subject(undefined, { tolerance: 'all' });
    await task.start();
    kafka.batches.push(unreadable());
    await kafka.options!.onAssigned([unit('A')]);
    await vi.waitFor(() => expect(letters).toHaveLength(1));
    expect(kafka.created).toEqual([]);
    expect(letters[0]?.topic).toBe('dead');
    expect(letters[0]?.record.headers).not.toEqual([]);
    await task.stop(1000);
  });

  test('whose target fails for too long halts that table, with what may be tried again', async () => {
    const away = new ConnectError('TARGET_UNREACHABLE', 'away');
    const plugin = {
      ...memorySink(new MemoryTarget()),
      open: async () => ({
        adopt: async () => {},
        put: () => Promise.reject(away),
        [Symbol.asyncDispose]: async () => {},
      }),
    } as unknown as SinkConnector<unknown>;
    const errors = { retryTimeoutMs: 0, retryDelayMaxMs: 1, log: false, logMessages: false };
    const task = subject(undefined, { plugin, errors });
    await task.start();
    const [raw] = unreadable().records;
    const record = {
      ...raw!,
      ...avroConverter.encode(putRecord(sinkTable('A'), attributes({ id: { S: 'a' } }), 'r')),
    };
    kafka.batches.push({ ...unreadable(), records: [record] });
    await kafka.options!.onAssigned([unit('A'), unit('B')]);
    await vi.waitFor(() => expect([...task.halts.keys()]).toEqual(['A']));
    expect(task.halts.get('A')).toMatchObject({ code: 'TARGET_UNREACHABLE', remedy: 'retry' });
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
    await vi.waitFor(() => expect(kafka.commits.length).toBeGreaterThan(1));
    open();
    await revoked;
    const said = kafka.commits.flat().filter(({ topic }) => topic.endsWith('.snapshot'));
    expect(said.map(({ metadata }) => JSON.parse(metadata).clean)).toEqual(said.map(() => 1));
    await task.stop(1000);
  });
});
