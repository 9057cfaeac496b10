import { describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../../connectors/clock.ts';
import { ConnectError } from '../../../connectors/errors.ts';
import { createMetrics } from '../../../connectors/metrics/registry.ts';
import { Reporter } from '../../../connectors/runtime/reporter.ts';
import type { Incoming } from '../../../connectors/runtime/sink/incoming.ts';
import { lagOf } from '../../../connectors/runtime/sink/lane-lag.ts';
import { FRESH_LANE } from '../../../connectors/runtime/sink/lane-state.ts';
import { type LaneTarget, writeLane } from '../../../connectors/runtime/sink/lane-write.ts';
import { InFlight } from '../../../sink/in-flight.ts';
import { attributes, putRecord, sinkTable } from '../../sink-records.ts';
import { fetched, put, runLane } from '../runtime/lane-world.ts';
import { deferred } from './deferred.ts';
import { seriesOf } from './scrape.ts';

function subject() {
  const registry = createMetrics();
  const metrics = registry.metrics.task({ connector: 'm-cql', task: 0, type: 'sink' });
  const values = async (name: string) =>
    seriesOf(await registry.text()).flatMap((one) => (one.name === name ? [one] : []));
  return { metrics, values };
}

describe('a lane', () => {
  test('counts a batch once it is durable, with what became of its records', async () => {
    const { metrics, values } = subject();
    const { lane, end } = runLane({ state: FRESH_LANE, definition: { snapshots: false }, metrics });
    lane.offer(
      fetched(
        'changes',
        0,
        ['a', 'b', 'a'].map((id) => put(id)),
      ),
    );
    lane.offer(fetched('changes', 3, [put('c')]));
    await vi.waitFor(() => expect(lane.state.changes.position).toBe(4));
    const records = await values('messina_records_total');
    expect(
      records.map(({ labels, value }) => [labels['table'], labels['kind'], labels['outcome'], value]),
    ).toEqual([
      ['T', 'changes', 'written', 3],
      ['T', 'changes', 'superseded', 1],
    ]);
    expect((await values('kafka_connect_sink_task_sink_record_send_total'))[0]?.value).toBe(4);
    await end();
  });

  test('counts what is written again once (rule C9)', async () => {
    const { metrics, values } = subject();
    const changes = { ...FRESH_LANE.changes, countedTo: 2 };
    const state = { ...FRESH_LANE, changes };
    const { lane, end } = runLane({ state, definition: { snapshots: false }, metrics });
    lane.offer(
      fetched(
        'changes',
        0,
        ['a', 'b', 'c'].map((id) => put(id)),
      ),
    );
    await vi.waitFor(() => expect(lane.state.changes.position).toBe(3));
    const written = (await values('messina_records_total')).map(({ value }) => value);
    expect(written).toEqual([1]);
    await end();
  });

  test('says how many records wait, up to the topic’s end', async () => {
    const { lane, end } = runLane({ state: FRESH_LANE, definition: { snapshots: false } });
    lane.offer(fetched('changes', 0, [put('a')]));
    await vi.waitFor(() => expect(lane.state.changes.position).toBe(1));
    expect(lane.lags(Date.now()).map(({ kind, partition, records }) => [kind, partition, records])).toEqual([
      ['snapshot', 0, 100],
      ['changes', 0, 99],
    ]);
    await end();
  });
});

describe('the lag of a topic partition', () => {
  const place = { partition: 3, position: 90, end: 100, oldestMs: 1_000 };
  const changes = { table: 'T', kind: 'changes' } as const;

  test('is the age of the oldest change that waits, and none when none does', () => {
    expect(lagOf(changes, place, 4_500)).toEqual([{ ...changes, partition: 3, records: 10, seconds: 3.5 }]);
    expect(lagOf(changes, { ...place, position: 100 }, 4_500)).toMatchObject([{ records: 0, seconds: 0 }]);
  });

  test('is no age for rows, which have the time of their snapshot', () => {
    expect(lagOf({ ...changes, kind: 'snapshot' }, place, 4_500)).toMatchObject([
      { records: 10, seconds: null },
    ]);
  });

  test('is not told of where nothing was fetched, as behind a closed gate', () => {
    expect(lagOf(changes, { ...place, end: null }, 4_500)).toEqual([]);
  });
});

test('records that are set aside are counted by reason, once they are durable', async () => {
  const { metrics, values } = subject();
  const table = sinkTable('T');
  const letters = deferred<void>();
  const target = {
    task: { put: async () => [{ index: 0, error: new ConnectError('RECORD_TOO_LARGE', 'too large') }] },
    table,
    lane: 'T/0',
    ordersByVersion: true,
    deadLetters: { succeeded: () => {}, add: () => letters.promise },
    world: { clock: systemClock, log: { warn() {} }, topics: { snapshot: () => 'rows' } },
    signal: new AbortController().signal,
    isOurs: () => true,
    onFault: () => {},
    metrics,
  } as unknown as LaneTarget;
  const record = putRecord(table, attributes({ id: { S: 'a' } }));
  const raw = { offset: 0, timestampMs: 0, key: null, value: null, headers: [] };
  const incoming: Incoming = { raw, record, outcome: 'written', error: null, stage: 'TASK_PUT', by: null };
  const written = writeLane(target, 'rows', 0, [incoming], 0);
  expect(await values('messina_dead_letters_total')).toEqual([]);
  letters.resolve();
  await written;
  expect(
    (await values('messina_dead_letters_total')).map(({ labels, value }) => ({ ...labels, value })),
  ).toEqual([
    { connector: 'm-cql', task: '0', table: 'T', kind: 'snapshot', reason: 'RECORD_TOO_LARGE', value: 1 },
  ]);
  expect((await values('kafka_connect_task_error_total_records_skipped'))[0]?.value).toBe(1);
});

test('requests are told of by how they went, and what was never sent is not', async () => {
  const { metrics, values } = subject();
  let nowMs = 0;
  const clock = { ...systemClock, monotonic: () => nowMs };
  const inFlight = new InFlight(clock, { requestsMax: 10, bytesMax: 1000, slowMs: 1000 });
  metrics.watchRequests(inFlight);
  const slots = [10, 20, 30, 40].map((bytes) => inFlight.take(bytes)!);
  nowMs = 15;
  inFlight.release(slots[0]!, 'answered');
  inFlight.release(slots[1]!, 'overloaded');
  inFlight.release(slots[2]!, 'no-load');
  expect((await values('messina_requests_in_flight'))[0]?.value).toBe(1);
  expect((await values('messina_in_flight_bytes'))[0]?.value).toBe(40);
  const counts = await values('messina_request_duration_seconds_count');
  expect(counts.map(({ labels, value }) => [labels['outcome'], value])).toEqual([
    ['answered', 1],
    ['overloaded', 1],
  ]);
  const bucket = (await values('messina_request_duration_seconds_bucket')).filter(({ value }) => value === 1);
  expect(bucket[0]?.labels['le']).toBe('0.02');
});

describe('what a task reports of its tables', () => {
  function reporter() {
    const { metrics, values } = subject();
    const measured = { metrics, stage: 'write' } as const;
    const world = { clock: systemClock } as unknown as ConstructorParameters<typeof Reporter>[3];
    return { reporter: new Reporter('m-cql', 0, ['A', 'B'], world, measured), values };
  }

  test('is a retry by cause, once for one failure of many tables', async () => {
    const { reporter: one, values } = reporter();
    const away = new ConnectError('TARGET_UNREACHABLE', 'away');
    one.fault('A', away);
    one.fault('B', away);
    one.fault('A', null);
    one.fault('A', new ConnectError('TARGET_UNREACHABLE', 'away again'));
    const retries = await values('messina_retries_total');
    expect(retries.map(({ labels, value }) => [labels['stage'], labels['cause'], value])).toEqual([
      ['write', 'TARGET_UNREACHABLE', 2],
    ]);
  });

  test('is a halt with its code, as long as the table stands still', async () => {
    const { reporter: one, values } = reporter();
    one.halted('A', new ConnectError('RECORD_NUMBER', 'bad'));
    expect(
      (await values('messina_table_halted')).map(({ labels }) => [labels['table'], labels['code']]),
    ).toEqual([['A', 'RECORD_NUMBER']]);
    expect((await values('kafka_connect_task_error_total_record_failures'))[0]?.value).toBe(1);
    one.fault('A', null);
    expect(await values('messina_table_halted')).toEqual([]);
  });
});
