import { expect } from 'vitest';
import type { SnapshotRecord } from '../../../connectors/catalog-records.ts';
import { systemClock } from '../../../connectors/clock.ts';
import type { LaneStanding } from '../../../connectors/connector.ts';
import { avroConverter } from '../../../connectors/converters/avro.ts';
import type { FetchedBatch, TopicReader } from '../../../connectors/kafka/reader.ts';
import { createLogger } from '../../../connectors/log.ts';
import type { TaskMetrics } from '../../../connectors/metrics/metrics.ts';
import { Lane } from '../../../connectors/runtime/sink/lane.ts';
import type { LaneState } from '../../../connectors/runtime/sink/lane-state.ts';
import type { LaneTarget } from '../../../connectors/runtime/sink/lane-write.ts';
import type { SinkDefinition } from '../../../connectors/runtime/sink/sink-world.ts';
import type { ChangeRecord, Marker } from '../../../schemas/change.ts';
import { encodeMarker } from '../../../schemas/change-codec.ts';
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
  readonly metrics?: TaskMetrics;
  /** The sink's writes carry versions (rule C6). */
  readonly versioned?: boolean;
  /** Its rows move; V0 of its table's epoch, the number of that which it has written in, and of the table's, if it is another. */
  readonly moving?: { readonly version0: number; readonly writtenEpoch: number; readonly epoch?: number };
}

/** A lane of table T that runs, what it has sent, and what was assigned to its reader. */
export function runLane({ state, definition, catalog, versioned = false, moving, metrics }: LaneWorld) {
  const stop = new AbortController();
  const sent: ChangeRecord[] = [];
  const firstVersions: (number | null)[] = [];
  const assigned: string[] = [];
  const reader = {
    assign: (topic: string, partition: number, offset: number) =>
      assigned.push(`${topic}/${partition}@${offset}`),
    pause: () => {},
    resume: () => {},
    endOffset: () => 100,
  } as unknown as TopicReader;
  const target = {
    task: {
      put: async (
        _table: unknown,
        _lane: string,
        records: readonly ChangeRecord[],
        { firstVersion }: LaneStanding,
      ) => {
        sent.push(...records);
        firstVersions.push(firstVersion);
        return [];
      },
    },
    table: sinkTable('T'),
    lane: 'T/0',
    ordersByVersion: versioned,
    moves: moving !== undefined,
    deadLetters: { succeeded: () => {}, add: async () => {} },
    world: {
      clock: systemClock,
      converter: avroConverter,
      log: createLogger({ level: 'silent', format: 'json', destination: { write() {} } }),
      catalog: {
        currentSnapshot: () => catalog?.current ?? null,
        snapshotPartition: () => (catalog ? { beginOffset: catalog.beginOffset } : null),
        snapshot: (_table: string, id: string) => catalog?.snapshot(id) ?? null,
        subscribe: () => () => {},
        table: () => ({
          epoch: { version0: moving?.version0, number: moving?.epoch ?? moving?.writtenEpoch },
        }),
        sink: () => ({ epoch: moving?.writtenEpoch, targetTable: 't' }),
      },
    },
    signal: stop.signal,
    isOurs: () => true,
    onFault: () => {},
    metrics,
  } as unknown as LaneTarget;
  const given = { name: 'm-sink', transforms: [], snapshots: true, keepsExisting: false, ...definition };
  const lane = new Lane(given as unknown as SinkDefinition, target, TOPICS, reader, state);
  const running = lane.run();
  const end = async () => {
    stop.abort(new Error('stopping'));
    await expect(running).rejects.toThrow('stopping');
  };
  return { lane, sent, firstVersions, assigned, running, end };
}

/** Records and markers as a reader fetches them. */
export function fetched(
  topic: string,
  firstOffset: number,
  records: readonly (ChangeRecord | Marker)[],
): FetchedBatch {
  return {
    topic,
    partition: TOPICS.partition,
    records: records.map((record, i) => ({
      offset: firstOffset + i,
      ...('kind' in record ? markerBytes(record) : avroConverter.encode(record)),
      headers: [],
    })),
    firstOffset,
    nextOffset: firstOffset + records.length,
    endOffset: 100,
    highWatermark: 100,
    bytes: 10,
  };
}

const markerBytes = (marker: Marker) => ({
  key: null,
  value: encodeMarker(marker),
  timestampMs: marker.exportMs,
});

/** A record that puts the item of a key. */
export const put = (id: string, op: 'u' | 'r' = 'u'): ChangeRecord =>
  putRecord(sinkTable('T'), attributes({ id: { S: id } }), op);
