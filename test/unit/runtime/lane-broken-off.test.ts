import { expect, test, vi } from 'vitest';
import { systemClock } from '../../../connectors/clock.ts';
import { avroConverter } from '../../../connectors/converters/avro.ts';
import type { FetchedBatch, TopicReader } from '../../../connectors/kafka/reader.ts';
import { Lane } from '../../../connectors/runtime/lane.ts';
import { FRESH_LANE } from '../../../connectors/runtime/lane-state.ts';
import type { LaneTarget } from '../../../connectors/runtime/lane-write.ts';
import type { SinkDefinition } from '../../../connectors/runtime/sink-world.ts';
import type { ChangeRecord } from '../../../schemas/change.ts';
import { attributes, putRecord, sinkTable } from '../../sink-records.ts';

const VERSIONS: Readonly<Record<string, number>> = { old: 1_000_000, new: 2_000_000 };
/** Where the newer snapshot's begin-marker stands. */
const BEGIN = 2;

/** Rows at offsets from 1 on, of the snapshots named; the lane loads the newer one. */
async function written(...of: readonly string[]) {
  const stop = new AbortController();
  const sent: number[] = [];
  const target = {
    task: {
      put: async (_table: unknown, _lane: string, records: readonly ChangeRecord[]) => {
        sent.push(...records.map(({ version }) => version));
        return [];
      },
    },
    table: sinkTable('T'),
    lane: 'T/0',
    ordersByVersion: false,
    deadLetters: { succeeded: () => {}, add: async () => {} },
    world: {
      clock: systemClock,
      converter: avroConverter,
      catalog: {
        currentSnapshot: () => ({ facts: { id: 'new' } }),
        snapshotPartition: () => ({ beginOffset: BEGIN }),
        snapshot: (_table: string, id: string) => ({
          facts: { id },
          epoch: 2,
          rank: 0,
          version: VERSIONS[id],
        }),
      },
    },
    signal: stop.signal,
    isOurs: () => true,
    onFault: () => {},
  } as unknown as LaneTarget;
  const reader = { assign() {}, pause() {}, resume() {} } as unknown as TopicReader;
  const definition = { transforms: [], snapshots: true } as unknown as SinkDefinition;
  const topics = { snapshot: 'snapshot', changes: 'changes', partition: 0 };
  const snapshot = { ...FRESH_LANE.snapshot, snapshot: 'new', position: 1 };
  const lane = new Lane(definition, target, topics, reader, { ...FRESH_LANE, snapshot });
  const running = lane.run();
  lane.offer(rowsOf(of));
  await vi.waitFor(() => expect(lane.state.snapshot.position).toBe(1 + of.length));
  stop.abort(new Error('stopping'));
  await expect(running).rejects.toThrow('stopping');
  return { sent, outcomes: lane.state.snapshot.outcomes };
}

function rowsOf(of: readonly string[]): FetchedBatch {
  const records = of.map((id, i) => {
    const row: ChangeRecord = {
      ...putRecord(sinkTable('T'), attributes({ id: { S: `k${i}` } }), 'r'),
      version: VERSIONS[id] as number,
      origin: { snapshot: id, file: 'f', line: i + 1 },
    };
    return { offset: 1 + i, ...avroConverter.encode(row), headers: [] };
  });
  const rest = { endOffset: 100, highWatermark: 100, bytes: 10 };
  return {
    topic: 'snapshot',
    partition: 0,
    records,
    firstOffset: 1,
    nextOffset: 1 + of.length,
    ...rest,
  };
}

test('rows of a broken-off snapshot behind a newer begin-marker are counted, not written (rule C7)', async () => {
  const { sent, outcomes } = await written('new', 'new', 'old', 'new');
  // The first stands before the begin-marker.
  expect(sent).toEqual([2_000_000, 2_000_000]);
  expect(outcomes).toEqual({ written: 2, superseded: 2, filtered: 0, deadLettered: 0 });
});
