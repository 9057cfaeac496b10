import { expect } from 'vitest';
import type { SnapshotRecord } from '../../../connectors/catalog-records.ts';
import { systemClock } from '../../../connectors/clock.ts';
import { avroConverter } from '../../../connectors/converters/avro.ts';
import type { FetchedBatch, TopicReader } from '../../../connectors/kafka/reader.ts';
import { createLogger } from '../../../connectors/log.ts';
import { Lane } from '../../../connectors/runtime/lane.ts';
import type { LaneState } from '../../../connectors/runtime/lane-state.ts';
import type { LaneTarget } from '../../../connectors/runtime/lane-write.ts';
import type { SinkDefinition } from '../../../connectors/runtime/sink-world.ts';
import type { ChangeRecord } from '../../../schemas/change.ts';
import { attributes, putRecord, sinkTable } from '../../sink-records.ts';

export const TOPICS = { snapshot: 'snapshot', changes: 'changes', partition: 0 };

export interface LaneWorld {
  readonly state: LaneState;
  readonly definition: Partial<SinkDefinition>;
  /** What the catalog knows; absent: a lane that meets no rows. */
  readonly catalog?: {
    readonly current: SnapshotRecord;
    readonly beginOffset: number;
    readonly snapshot: (id: string) => SnapshotRecord;
  };
}

/** A lane of table T that runs, what it has sent, and what was assigned to its reader. */
export function runLane({ state, definition, catalog }: LaneWorld) {
  const stop = new AbortController();
  const sent: ChangeRecord[] = [];
  const assigned: string[] = [];
  const reader = {
    assign: (topic: string, partition: number, offset: number) =>
      assigned.push(`${topic}/${partition}@${offset}`),
    pause: () => {},
    resume: () => {},
  } as unknown as TopicReader;
  const target = {
    task: {
      put: async (_table: unknown, _lane: string, records: readonly ChangeRecord[]) => {
        sent.push(...records);
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
      log: createLogger({ level: 'silent', format: 'json', destination: { write() {} } }),
      catalog: {
        currentSnapshot: () => catalog?.current ?? null,
        snapshotPartition: () => (catalog ? { beginOffset: catalog.beginOffset } : null),
        snapshot: (_table: string, id: string) => catalog?.snapshot(id) ?? null,
      },
    },
    signal: stop.signal,
    isOurs: () => true,
    onFault: () => {},
  } as unknown as LaneTarget;
  const given = { transforms: [], snapshots: true, keepsExisting: false, ...definition };
  const lane = new Lane(given as unknown as SinkDefinition, target, TOPICS, reader, state);
  const running = lane.run();
  const end = async () => {
    stop.abort(new Error('stopping'));
    await expect(running).rejects.toThrow('stopping');
  };
  return { lane, sent, assigned, end };
}

/** Records as a reader fetches them. */
export function fetched(topic: string, firstOffset: number, records: readonly ChangeRecord[]): FetchedBatch {
  return {
    topic,
    partition: TOPICS.partition,
    records: records.map((record, i) => ({
      offset: firstOffset + i,
      ...avroConverter.encode(record),
      headers: [],
    })),
    firstOffset,
    nextOffset: firstOffset + records.length,
    endOffset: 100,
    highWatermark: 100,
    bytes: 10,
  };
}

/** A record that puts the item of a key. */
export const put = (id: string, op: 'u' | 'r' = 'u'): ChangeRecord =>
  putRecord(sinkTable('T'), attributes({ id: { S: id } }), op);
