import type { SnapshotRecord } from '../../connectors/catalog-records.ts';
import type { Catalog } from '../../connectors/runtime/catalog.ts';

/** Where the rows of a topic partition begin again. */
export interface BeginPlace {
  /** Offset in the snapshot topic. */
  readonly position: number;
  /** Rows below it; the lane never meets them, and counts them as superseded all the same (rule C9). */
  readonly superseded: number;
}

/** The topic's start: whatever lies before the newest begin-marker is read through and counted there. */
export const TOPIC_START: BeginPlace = { position: 0, superseded: 0 };

/**
 * The begin-marker of the current full snapshot (`snapshot`), or of the first one of its epoch (`earliest`).
 *
 * The topic's start where the rows before that marker cannot be counted from the catalog: a snapshot that was broken off
 * tells no number, and may have left rows behind the marker.
 */
export function beginPlace(
  catalog: Catalog,
  table: string,
  partition: number,
  from: 'snapshot' | 'earliest',
): BeginPlace {
  const all = catalog.snapshots(table);
  const first = from === 'snapshot' ? catalog.currentSnapshot(table) : firstOfEpoch(catalog, table, all);
  const id = first?.facts.id;
  const position =
    id === undefined ? undefined : catalog.snapshotPartition(table, id, partition)?.beginOffset;
  if (position === undefined) return TOPIC_START;
  let superseded = 0;
  for (const { facts, state } of all.slice(
    0,
    all.findIndex((one) => one.facts.id === id),
  )) {
    // A window that never began has no rows.
    if (state === 'due') continue;
    const { completeOffset = null, rows = null } =
      catalog.snapshotPartition(table, facts.id, partition) ?? {};
    if (completeOffset === null || rows === null || completeOffset >= position) return TOPIC_START;
    superseded += rows;
  }
  return { position, superseded };
}

function firstOfEpoch(
  catalog: Catalog,
  table: string,
  all: readonly SnapshotRecord[],
): SnapshotRecord | undefined {
  const epoch = catalog.table(table)?.epoch.number;
  return all.find((snapshot) => snapshot.epoch === epoch);
}
