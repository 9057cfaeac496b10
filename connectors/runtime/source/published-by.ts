import type { PublishedBy } from '../../catalog-records.ts';
import { ConnectError } from '../../errors.ts';
import type { TaskRun } from './task-run.ts';

/** What the catalog says of this task's connector. */
export function publishedBy({ group, definition }: Pick<TaskRun, 'group' | 'definition'>): PublishedBy {
  return { group, connector: definition.name };
}

/**
 * Rule C3: the order of a table's changes holds within one connector, which knows its positions and fences its tasks. Another one begins
 * at the horizon, and would put old changes behind newer ones.
 *
 * @throws SOURCE_TAKEN when another connector captures the table into these topics.
 */
export function assertOwnCapture(task: TaskRun, table: string): void {
  assertOwn(task, table, 'changes', task.catalog.table(table)?.epoch.capturedBy);
}

/** @throws SOURCE_TAKEN when another connector publishes the table's rows into these topics; the newest snapshot tells. */
export function assertOwnSnapshots(task: TaskRun, table: string): void {
  const last = task.catalog.snapshots(table).findLast((snapshot) => snapshot.publishedBy !== undefined);
  assertOwn(task, table, 'rows', last?.publishedBy);
}

function assertOwn(task: TaskRun, table: string, what: string, owner: PublishedBy | undefined): void {
  const own = publishedBy(task);
  if (owner === undefined || (owner.group === own.group && owner.connector === own.connector)) return;
  throw new ConnectError(
    'SOURCE_TAKEN',
    `Table ${table}: connector ${owner.connector} of group ${owner.group} publishes its ${what} into these topics; ` +
      `connector ${own.connector} of group ${own.group} may not`,
    { detail: { table, ...own } },
  );
}
