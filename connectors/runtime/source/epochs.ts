import type { TableRecord } from '../../catalog-records.ts';
import { highestStored } from './earlier-life.ts';
import { epochName } from './epoch-name.ts';
import type { TaskRun } from './task-run.ts';

/**
 * Highest V that a table's topics may hold, or that a repair may have written: a new epoch outranks all of it (rule C2).
 * 0: nothing was published.
 *
 * @param capture name of the connector that captures the table's changes; null: none does.
 */
export function highestVersion(task: TaskRun, table: string, capture: string | null): number {
  let highest = task.catalog.repairedTo(table);
  for (const { version } of task.catalog.snapshots(table)) highest = Math.max(highest, version);
  if (capture === null) return highest;
  const offsets = task.offsets(capture);
  for (const name of epochsTo(task, table)) highest = Math.max(highest, highestStored(offsets, table, name));
  return highest;
}

/** Names of all epochs of a table up to the one that it should be in: positions may tell of one that the catalog does not know. */
export function epochsTo(task: TaskRun, table: string): readonly string[] {
  const known = task.catalog.table(table)?.epoch.number ?? 0;
  const length = Math.max(known, task.epoch(table));
  return Array.from({ length }, (_, index) => epochName({ number: index + 1 }));
}

/** The table's record, once it is in the epoch that it should be in. */
export function inEpoch(task: TaskRun, table: string): TableRecord | null {
  const record = task.catalog.table(table);
  return record !== null && record.epoch.number >= task.epoch(table) ? record : null;
}
