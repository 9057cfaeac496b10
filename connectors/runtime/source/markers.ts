import type { Marker } from '../../../schemas/change.ts';
import { encodeMarker } from '../../../schemas/change-codec.ts';
import type { SnapshotRecord } from '../../catalog-records.ts';
import type { Batch } from './publisher.ts';

/** One begin-marker for every partition of the snapshot topic. */
export function beginMarkers(topic: string, partitions: number, record: SnapshotRecord): Batch[] {
  return markers(topic, partitions, record, (partition) => ({
    kind: 'begin',
    changesOffset: record.changesOffsets?.[partition] ?? null,
    rows: null,
  }));
}

/** One complete-marker for every partition, with the rows that the snapshot has there. */
export function completeMarkers(topic: string, record: SnapshotRecord, rows: readonly number[]): Batch[] {
  return markers(topic, rows.length, record, (partition) => ({
    kind: 'complete',
    changesOffset: null,
    rows: rows[partition] ?? 0,
  }));
}

function markers(
  topic: string,
  partitions: number,
  record: SnapshotRecord,
  of: (partition: number) => Pick<Marker, 'kind' | 'changesOffset' | 'rows'>,
): Batch[] {
  return Array.from({ length: partitions }, (_, partition) => {
    const marker: Marker = {
      snapshot: record.facts.id,
      rank: record.rank,
      version: record.version,
      exportMs: record.facts.exportMs,
      ...of(partition),
    };
    const value = encodeMarker(marker);
    return { topic, partition, records: [{ key: null, value, timestampMs: record.facts.exportMs }] };
  });
}
