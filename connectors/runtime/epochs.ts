import type { TableRecord } from '../catalog-records.ts';
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
  const epochs = task.catalog.table(table)?.epoch.number ?? 0;
  for (let number = 1; number <= epochs && capture !== null; number++) {
    for (const { version } of task.offsets(capture).of(table, epochName({ number })).values()) {
      highest = Math.max(highest, version);
    }
  }
  return highest;
}

/** The table's record, once it is in the epoch that it should be in. */
export function inEpoch(task: TaskRun, table: string): TableRecord | null {
  const record = task.catalog.table(table);
  return record !== null && record.epoch.number >= task.epoch(table) ? record : null;
}
