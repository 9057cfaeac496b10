import { expect, test, vi } from 'vitest';
import type { SnapshotRecord, TableRecord } from '../../../connectors/catalog-records.ts';
import { systemClock } from '../../../connectors/clock.ts';
import type { SnapshotSource, SourcePartition } from '../../../connectors/connector.ts';
import { avroConverter } from '../../../connectors/converters/avro.ts';
import { ConnectError } from '../../../connectors/errors.ts';
import { KafkaError } from '../../../connectors/kafka/errors.ts';
import type { TransactionalProducer } from '../../../connectors/kafka/producer.ts';
import { createLogger } from '../../../connectors/log.ts';
import { createMetrics } from '../../../connectors/metrics/registry.ts';
import { NO_COUNTS, type StoredPosition } from '../../../connectors/runtime/offset-store.ts';
import { PartitionRun } from '../../../connectors/runtime/source/partition-run.ts';
import { Publisher } from '../../../connectors/runtime/source/publisher.ts';
import { SnapshotRun } from '../../../connectors/runtime/source/snapshot-run.ts';
import type { TaskRun } from '../../../connectors/runtime/source/task-run.ts';
import { Turns } from '../../../connectors/runtime/turns.ts';
import { attributes, putRecord, sinkTable } from '../../sink-records.ts';
import { EPOCH, FACTS, HOUR, MINUTE, START, StreamWorld } from '../source/stream-world.ts';
import { deferred } from './deferred.ts';
import { seriesOf } from './scrape.ts';

const log = createLogger({ level: 'silent', format: 'json', destination: { write() {} } });
const { signal } = new AbortController();

function subject() {
  const registry = createMetrics();
  const metrics = registry.metrics.task({ connector: 'm-snapshot', task: 0, type: 'source' });
  const values = async (name: string) =>
    seriesOf(await registry.text()).flatMap((one) => (one.name === name ? [one] : []));
  return { metrics, values };
}

test('a source partition counts what it reads, and what is published only once it is', async () => {
  const { metrics, values } = subject();
  const record = putRecord(sinkTable('T'), attributes({ id: { S: 'a' } }), 'r');
  const rejected = [{ error: new ConnectError('RECORD_NUMBER', 'bad'), bytes: Buffer.from('x') }];
  const committed = deferred<readonly number[]>();
  const task = {
    definition: { name: 'm-snapshot', run: { kind: 'snapshot' }, tolerance: 'all' },
    clock: systemClock,
    context: { signal, metrics },
    partitions: 1,
    converter: avroConverter,
    turns: new Turns(1),
    letters: { batches: async () => [], published: () => {} },
    offsets: () => ({ entry: () => ({ key: 'k', value: 'v' }) }),
    publisher: { room: async () => {}, publish: () => committed.promise },
    report: { fault: () => {} },
  } as unknown as TaskRun;
  const batch = { records: [record, record], rejected, position: {}, done: true, bytes: 70 };
  const reader = { poll: async () => batch, async [Symbol.asyncDispose]() {} };
  const name = { table: 'T', of: 's', partition: 'file' };
  const running = new PartitionRun(task, name, 'rows', null, async () => reader).run();
  const outcomes = async () =>
    (await values('messina_records_total')).map(({ labels, value }) => [
      labels['kind'],
      labels['stage'],
      labels['outcome'],
      value,
    ]);
  await vi.waitFor(async () => expect(await outcomes()).toEqual([['snapshot', 'read', 'read', 2]]));
  committed.resolve([0]);
  await running;
  expect(await outcomes()).toEqual([
    ['snapshot', 'read', 'read', 2],
    ['snapshot', 'publish', 'published', 2],
    ['snapshot', 'publish', 'dead_lettered', 1],
  ]);
  expect((await values('messina_bytes_total')).map(({ value }) => value)).toEqual([70, 70]);
  expect((await values('messina_dead_letters_total'))[0]?.labels['reason']).toBe('RECORD_NUMBER');
});

test('a publisher counts its transactions, its repetitions by cause, and what waits', async () => {
  const { metrics, values } = subject();
  const failures = [new KafkaError('NOT_LEADER_OR_FOLLOWER', 'moved')];
  const gate = deferred<void>();
  const producer = {
    begin: async () => {},
    sendAll: async (batches: readonly unknown[]) => {
      const failure = failures.shift();
      if (failure) throw failure;
      await gate.promise;
      return batches.map(() => 0);
    },
    commit: async () => {},
    abort: async () => {},
  } as unknown as TransactionalProducer;
  const world = { clock: { ...systemClock, sleep: async () => {} }, log, signal, metrics };
  const topics = { offsets: 'o', offsetsPartitions: 1, catalog: 'c' };
  const publisher = new Publisher(producer, topics, world, () => {});
  const records = [1, 2, 3].map(() => ({ key: null, value: Buffer.from('v'), timestampMs: 1 }));
  const batches = [{ topic: 't', partition: 0, records }];
  const published = publisher.publish({ batches, offsets: [], catalog: [], bytes: 900 });
  expect((await values('messina_queued_bytes'))[0]?.value).toBe(900);
  gate.resolve();
  await published;
  await publisher.idle();
  expect((await values('messina_queued_bytes'))[0]?.value).toBe(0);
  expect((await values('kafka_connect_source_task_transaction_size_max'))[0]?.value).toBe(3);
  const retries = await values('messina_retries_total');
  expect(retries.map(({ labels, value }) => [labels['stage'], labels['cause'], value])).toEqual([
    ['publish', 'NOT_LEADER_OR_FOLLOWER', 1],
  ]);
});

test('a task says how much of its share of a snapshot is in the topic', async () => {
  const { metrics, values } = subject();
  const files: SourcePartition[] = ['a', 'b', 'c'].map((id) => ({ id, after: [], expectedRecords: 10 }));
  const stored = (rows: readonly number[], deadLettered: number): StoredPosition => {
    const counts = { ...NO_COUNTS, rows, deadLettered };
    return { position: {}, done: true, coverageMs: null, counts, version: 1 };
  };
  const positions = new Map([
    ['a', stored([4, 6], 0)],
    ['b', stored([7], 3)],
    ['c', stored([1], 0)],
  ]);
  const task = {
    definition: { name: 'm-snapshot', tasks: 1 },
    task: 0,
    context: { signal, metrics },
    offsets: () => ({ of: () => positions }),
  } as unknown as TaskRun;
  const record = { facts: { id: 's' } } as SnapshotRecord;
  const table = { facts: { table: 'T' } } as TableRecord;
  await new SnapshotRun(task, {} as SnapshotSource<unknown>, {}, table, record).readAll(files);
  const [progress] = await values('messina_snapshot_rows_done');
  expect(progress?.value).toBe(21);
  expect((await values('messina_snapshot_rows'))[0]?.value).toBe(30);
  positions.delete('c');
  expect((await values('messina_snapshot_files_done'))[0]?.value).toBe(2);
  expect((await values('messina_snapshot_files'))[0]?.value).toBe(3);
});

test('a shard’s hours to the trim horizon run out while its source cannot be read', async () => {
  const { metrics, values } = subject();
  const world = new StreamWorld();
  const shard = world.shard('root');
  const from = { position: null, parents: [], table: FACTS, epoch: EPOCH, coverageMs: START };
  const partition = { id: 'root', after: [], expectedRecords: null, facts: { parent: null, open: true } };
  const context = { ...world.context, metrics };
  const reader = await world.source.open(world.options, partition, from, context);
  expect(await values('messina_trim_horizon_hours')).toEqual([]);
  world.write(shard, 'k', 'v');
  await reader.poll();
  const value = async (name: string) => (await values(name))[0]?.value;
  expect(await value('messina_shard_behind_ms')).toBeLessThan(MINUTE);
  world.clock.nowMs += 20 * HOUR;
  await reader[Symbol.asyncDispose]();
  expect(await value('messina_trim_horizon_hours')).toBeCloseTo(4, 1);
  expect(await value('messina_shard_behind_ms')).toBeGreaterThanOrEqual(20 * HOUR);
  shard.closed = true;
  const again = await world.source.open(world.options, partition, from, context);
  while (!(await again.poll()).done);
  expect(await values('messina_trim_horizon_hours')).toEqual([]);
});
