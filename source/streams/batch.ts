import type { RejectedRecord } from '../../connectors/connector.ts';
import type { RawStreamRecord } from '../../dynamodb/streams.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import { isCovered, readTo } from './horizon.ts';
import type { ShardState } from './position.ts';
import { assertSuitable, changeOf, type RecordContext, rejectedOf } from './record.ts';
import { isAfter } from './sequence.ts';
import { nextVersion } from './version.ts';

export interface ReadRecords {
  readonly records: readonly ChangeRecord[];
  readonly rejected: readonly RejectedRecord[];
  /** The state behind the last record. */
  readonly state: ShardState;
  /** What the changes, rejected ones too, hold in memory. */
  readonly bytes: number;
  /** Records older than the coverage, which are not published (rule C1). */
  readonly skipped: number;
}

/**
 * Turns a page of records into changes, in order, with their versions (rule C2).
 *
 * @param coverageMs as far as it is known; what lies clearly before it is the snapshot's, moves position and version,
 * and is no history of the lineage, unless the lineage has published a change before
 * @param behind records up to this sequence number were read before; null: none of the page was
 */
export function readRecords(
  page: readonly RawStreamRecord[],
  start: ShardState,
  coverageMs: number,
  behind: string | null,
  context: RecordContext,
): ReadRecords {
  const records: ChangeRecord[] = [];
  const rejected: RejectedRecord[] = [];
  let { sequence, recordMs, version, horizon } = start;
  let bytes = 0;
  let skipped = 0;
  for (const raw of page) {
    if (behind !== null && !isAfter(raw.sequence, behind)) continue;
    assertSuitable(raw.viewType, context.table, { shard: context.shard, sequence: raw.sequence });
    sequence = raw.sequence;
    recordMs = raw.acdtMs;
    version = nextVersion(raw.acdtMs, version);
    horizon = readTo(horizon, raw.acdtMs);
    // Rule C2: behind a published change of its key no change may be missing, it would outrank the snapshot's newer row; coverage
    // rises while other shards are first read.
    if (!horizon.published && !isCovered(raw.acdtMs, coverageMs)) {
      skipped += 1;
      continue;
    }
    if (!horizon.published) horizon = { ...horizon, published: true };
    try {
      const change = changeOf(raw, version, context);
      records.push(change);
      bytes += sizeOf(change);
    } catch (error) {
      const set = rejectedOf(raw, error, context);
      rejected.push(set);
      bytes += set.bytes.length;
    }
  }
  return { records, rejected, state: { ...start, sequence, recordMs, version, horizon }, bytes, skipped };
}

function sizeOf(change: ChangeRecord): number {
  return change.key.length + (change.before?.avro.length ?? 0) + (change.after?.avro.length ?? 0);
}
