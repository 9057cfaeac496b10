import type { Flow, TopicLag } from '../../metrics/metrics.ts';

/** Where a lane stands in one of its topics. */
export interface LanePlace {
  readonly partition: number;
  /** Offset of the next record. */
  readonly position: number;
  /** The topic partition's end as the last fetch saw it; null: not asked yet, e.g. behind a closed gate. */
  readonly end: number | null;
  /** Timestamp of the oldest record that is known and not dealt with, ms; null: none is. */
  readonly oldestMs: number | null;
}

/** What waits in a topic partition. */
export function lagOf(flow: Flow, place: LanePlace, nowMs: number): TopicLag[] {
  const { partition, position, end, oldestMs } = place;
  if (end === null) return [];
  const records = Math.max(0, end - position);
  const isOld = records > 0 && oldestMs !== null;
  const ageSeconds = isOld ? Math.max(0, nowMs - oldestMs) / 1000 : 0;
  // Rows have the time of their snapshot, whenever they are written.
  return [{ ...flow, partition, records, seconds: flow.kind === 'snapshot' ? null : ageSeconds }];
}
