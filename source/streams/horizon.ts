import { ConnectError } from '../../connectors/errors.ts';

const MINUTE_MS = 60_000;

/** A stream keeps its records this long (DynamoDB developer guide: Change data capture for DynamoDB Streams). */
export const RETENTION_MS = 24 * 60 * MINUTE_MS;
/** What is read later than p + retention − this may have lost records: room for clocks and coarse times (rule C5). */
const LATE_MARGIN_MS = 5 * MINUTE_MS;
/** What is claimed of a shard whose past is unknown: retention − this (rule C1). */
const COVERAGE_MARGIN_MS = 30 * MINUTE_MS;
/** The coarsest creation time: records less than this before the coverage are published (rule C1). */
const COARSEST_MS = 2 * MINUTE_MS;

/** How far a lineage has been read, as rule C5 needs it; all times ms, server time. */
export interface Horizon {
  /** p: everything older has been read, or is older than the coverage. Null: the lineage was never read. */
  readonly readMs: number | null;
  /** The lineage has published a change in this epoch: a hole in it can't be covered by a snapshot. */
  readonly published: boolean;
  /** The latest time that reading this lineage made coverage begin at; 0: it never limited coverage. */
  readonly coverageMs: number;
}

export const UNREAD: Horizon = { readMs: null, published: false, coverageMs: 0 };

/** A child goes on where all its parents are: with the oldest p, and with what any of them has published. */
export function inherit(parents: readonly Horizon[]): Horizon {
  if (parents.length === 0) return UNREAD;
  const read = parents.map((parent) => parent.readMs);
  return {
    readMs: read.reduce((least, p) => (least === null || p === null ? null : Math.min(least, p))) ?? null,
    published: parents.some((parent) => parent.published),
    coverageMs: Math.max(...parents.map((parent) => parent.coverageMs)),
  };
}

/** Whether records of this time are within retention, with room for clocks. */
export function isKept(timeMs: number, serverTimeMs: number): boolean {
  return serverTimeMs <= timeMs + RETENTION_MS - LATE_MARGIN_MS;
}

/**
 * Rule C5 for one answer: has the stream dropped something, without a sign, since p?
 *
 * If so it is a gap where the lineage has published anything; else its records begin with what is kept now, and
 * coverage with it. To be called before the answer's records move p.
 *
 * Throws SOURCE_DATA_GAP.
 */
export function look(horizon: Horizon, shard: string, serverTimeMs: number): Horizon {
  if (horizon.readMs !== null && isKept(horizon.readMs, serverTimeMs)) return horizon;
  if (horizon.published) {
    const silentHours = Math.round((serverTimeMs - (horizon.readMs ?? 0)) / (6 * MINUTE_MS)) / 10;
    throw new ConnectError(
      'SOURCE_DATA_GAP',
      `Shard ${shard} was last known to be read to its end ${silentHours} h ago; the stream keeps 24 h, so changes may be lost`,
      { detail: { shard, silentHours } },
    );
  }
  const keptMs = serverTimeMs - RETENTION_MS + COVERAGE_MARGIN_MS;
  return { readMs: keptMs, published: false, coverageMs: Math.max(horizon.coverageMs, keptMs) };
}

/** p after a record, or after a poll at the tip: it never goes back. */
export function readTo(horizon: Horizon, timeMs: number): Horizon {
  return horizon.readMs !== null && horizon.readMs >= timeMs ? horizon : { ...horizon, readMs: timeMs };
}

/** Whether a record is published: what lies clearly before the coverage is the snapshot's (rule C1). */
export function isCovered(createdMs: number, coverageMs: number): boolean {
  return createdMs >= coverageMs - COARSEST_MS;
}
