import type { SnapshotFacts } from '../../connectors/catalog-records.ts';
import type { Position, SourcePartition } from '../../connectors/connector.ts';
import { ConnectError } from '../../connectors/errors.ts';

/** Segments of a scan. The total is fixed when the scan begins: another total means other key ranges (API reference: Scan). */
export function segmentsOf(snapshot: SnapshotFacts): number {
  const { segments } = snapshot.facts;
  if (typeof segments === 'number' && Number.isInteger(segments) && segments > 0) return segments;
  throw unreadable(`scan ${snapshot.id}`);
}

export const segmentName = (segment: number) => `segment-${segment}`;

export function segmentOf(partition: SourcePartition, segments: number): number {
  const digits = /^segment-(0|[1-9]\d*)$/.exec(partition.id)?.[1];
  const segment = digits === undefined ? Number.NaN : Number(digits);
  if (segment < segments) return segment;
  throw unreadable(`partition ${partition.id}`);
}

/** How far a segment has been read. */
export interface SegmentState {
  /** LastEvaluatedKey as it came, JSON; null: at the beginning, or done. */
  readonly lastKey: string | null;
  /** Rows read so far. */
  readonly rows: number;
  readonly done: boolean;
}

export function toPosition({ lastKey, rows, done }: SegmentState): Position {
  return { lastKey, rows, done };
}

/** Throws KAFKA_TOPIC_CORRUPT for what {@link toPosition} never wrote. */
export function fromPosition(position: Position | null): SegmentState {
  if (position === null) return { lastKey: null, rows: 0, done: false };
  const { lastKey, rows, done } = position;
  const sound =
    (lastKey === null || typeof lastKey === 'string') &&
    typeof rows === 'number' &&
    typeof done === 'boolean';
  // Without a key a segment is either untouched or done: reading it again would publish its rows twice.
  if (!sound || (lastKey === null && !done && rows > 0)) throw unreadable('a segment');
  return { lastKey, rows, done };
}

function unreadable(what: string): ConnectError {
  return new ConnectError('KAFKA_TOPIC_CORRUPT', `The stored position of ${what} cannot be read`);
}
