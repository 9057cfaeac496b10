import { expect, test, vi } from 'vitest';
import { systemClock } from '../../../connectors/clock.ts';
import { avroConverter } from '../../../connectors/converters/avro.ts';
import type { FetchedBatch, TopicReader } from '../../../connectors/kafka/reader.ts';
import type { InRecord } from '../../../connectors/kafka/record-decode.ts';
import { createLogger } from '../../../connectors/log.ts';
import { Lane } from '../../../connectors/runtime/lane.ts';
import { FRESH_LANE } from '../../../connectors/runtime/lane-state.ts';
import type { LaneTarget } from '../../../connectors/runtime/lane-write.ts';
import type { SinkDefinition } from '../../../connectors/runtime/sink-world.ts';
import type { ChangeRecord } from '../../../schemas/change.ts';
import { attributes, putRecord, sinkTable } from '../../sink-records.ts';

const batch = (firstOffset: number, ...ids: string[]): FetchedBatch => {
  const records = ids.map((id, i) => {
    const { key, value, timestampMs } = avroConverter.encode(
      putRecord(sinkTable('T'), attributes({ id: { S: id } })),
    );
    return { offset: firstOffset + i, key, value, timestampMs, headers: [] };
  });
  const nextOffset = firstOffset + ids.length;
  const rest = { endOffset: 100, highWatermark: 100, bytes: 10 };
  return { topic: 'changes', partition: 0, records, firstOffset, nextOffset, ...rest };
};

test('a lane reads again what got lost between its reader and its queue (rule C8)', async () => {
  const stop = new AbortController();
  const assigned: string[] = [];
  const reader = {
    assign: (topic: string, partition: number, offset: number) =>
      assigned.push(`${topic}/${partition}@${offset}`),
    pause: () => {},
    resume: () => {},
  } as unknown as TopicReader;
  let written = 0;
  const target = {
    task: {
      put: async (_table: unknown, _lane: string, records: readonly unknown[]) => {
        written += records.length;
        return [];
      },
    },
    table: { facts: { table: 'T' } },
    lane: 'T/0',
    ordersByVersion: false,
    deadLetters: { succeeded: () => {}, add: async () => {} },
    world: {
      clock: systemClock,
      converter: avroConverter,
      log: createLogger({ level: 'silent', format: 'json', destination: { write() {} } }),
    },
    signal: stop.signal,
    isOurs: () => true,
    onFault: () => {},
  } as unknown as LaneTarget;
  const topics = { snapshot: 'snapshot', changes: 'changes', partition: 0 };
  const definition = { transforms: [], snapshots: false } as unknown as SinkDefinition;
  const lane = new Lane(definition, target, topics, reader, FRESH_LANE);
  const running = lane.run();
  expect(assigned).toEqual(['snapshot/0@0', 'changes/0@0']);

  lane.offer(batch(0, 'a', 'b'));
  // What stood at 2 and 3 never came.
  lane.offer(batch(4, 'e', 'f'));
  await vi.waitFor(() => expect(assigned).toContain('changes/0@2'));
  expect(lane.state.changes).toMatchObject({ position: 2, countedTo: 2 });
  expect(written).toBe(2);

  lane.offer(batch(2, 'c', 'd', 'e', 'f'));
  await vi.waitFor(() => expect(lane.state.changes.position).toBe(6));
  expect(lane.state.changes.outcomes).toEqual({ written: 6, superseded: 0, filtered: 0, deadLettered: 0 });
  stop.abort(new Error('stopping'));
  await expect(running).rejects.toThrow('stopping');
});

test('a row that is filtered from the very first snapshot is deleted where rows of others were kept (rule C9)', async () => {
  const deleted = async (keepsExisting: boolean) => {
    const stop = new AbortController();
    const sent: unknown[] = [];
    const rows = { ...batch(0, 'a'), topic: 'snapshot' };
    const [{ key, value, timestampMs }] = rows.records as [InRecord];
    const { version } = avroConverter.decode({ key: key!, value: value!, timestampMs });
    const snapshot = { facts: { id: 's1' }, epoch: 1, rank: 0, version };
    const target = {
      task: {
        put: async (_table: unknown, _lane: string, records: readonly ChangeRecord[]) => {
          sent.push(...records.map(({ op }) => op));
          return [];
        },
      },
      table: { facts: { table: 'T' } },
      lane: 'T/0',
      ordersByVersion: false,
      deadLetters: { succeeded: () => {}, add: async () => {} },
      world: {
        clock: systemClock,
        converter: avroConverter,
        catalog: {
          currentSnapshot: () => snapshot,
          snapshotPartition: () => ({ beginOffset: 0 }),
          snapshot: () => snapshot,
        },
      },
      signal: stop.signal,
      isOurs: () => true,
      onFault: () => {},
    } as unknown as LaneTarget;
    const reader = { assign() {}, pause() {}, resume() {} } as unknown as TopicReader;
    const filter = { name: 'Filter', fingerprint: '', apply: () => null };
    const definition = { transforms: [filter], snapshots: true, keepsExisting } as unknown as SinkDefinition;
    const state = { ...FRESH_LANE, snapshot: { ...FRESH_LANE.snapshot, snapshot: 's1' } };
    const topics = { snapshot: 'snapshot', changes: 'changes', partition: 0 };
    const lane = new Lane(definition, target, topics, reader, state);
    const running = lane.run();
    lane.offer(rows);
    await vi.waitFor(() => expect(lane.state.snapshot.outcomes.filtered).toBe(1));
    stop.abort(new Error('stopping'));
    await expect(running).rejects.toThrow('stopping');
    return sent;
  };
  expect(await deleted(false)).toEqual([]);
  expect(await deleted(true)).toEqual(['d']);
});
