import { ConnectError } from '../../errors.ts';
import type { KeyedEntry } from '../catalog.ts';
import { NO_COUNTS, type OffsetStore, type PartitionName } from '../offset-store.ts';
import { publishedBefore, publishedBeforeName, topicsOfName } from './published-before.ts';
import type { TaskRun } from './task-run.ts';

type Positions = Pick<OffsetStore, 'of' | 'get'>;

/**
 * Highest V published of a snapshot or an epoch, from positions that were deleted since too; 0: nothing was.
 *
 * @param name the snapshot's id, or `epoch-N`
 */
export function highestStored(offsets: Positions, table: string, name: string): number {
  let highest = publishedBefore(offsets, table, name)?.version ?? 0;
  for (const { version } of offsets.of(table, name).values()) highest = Math.max(highest, version);
  return highest;
}

/**
 * What is stored under snapshots or epochs that the catalog does not know. A connector keeps its positions when its `topic.prefix`
 * changes, or its topics are deleted: they then tell of what stands in other topics, and must neither complete nor prove
 * anything here (rules C1 and C8).
 */
export function earlierPositions(
  offsets: Positions,
  table: string,
  names: readonly string[],
): readonly PartitionName[] {
  return names.flatMap((of) => {
    const stored = [...offsets.of(table, of).keys()].map((partition) => ({ table, of, partition }));
    return publishedBefore(offsets, table, of) === null
      ? stored
      : [...stored, publishedBeforeName(table, of)];
  });
}

/** After it nobody publishes from earlier positions of this connector any more, and all that was published is known (rules C2 and C3). */
export async function endEarlier(task: TaskRun): Promise<void> {
  await task.fenceOthers();
  await task.offsets(task.definition.name).readPastOpen();
}

/**
 * Deletes {@link earlierPositions} of this connector and says which topics later ones tell of, once it is written: in the transaction
 * that makes the names known to the catalog, so that no restart takes what is published from then on for earlier.
 *
 * @param begun those of the names that are begun
 */
export function beginPositions(
  task: TaskRun,
  table: string,
  names: readonly string[],
  begun: readonly string[],
): KeyedEntry[] {
  const offsets = task.offsets(task.definition.name);
  const position = { catalog: task.topics.catalog };
  const told = { position, done: true, coverageMs: null, counts: NO_COUNTS, version: 0 };
  return [
    ...earlierPositions(offsets, table, names).map((name) => offsets.deletion(name)),
    ...begun.map((of) => offsets.entry(topicsOfName(table, of), told)),
  ];
}

/**
 * To be asked before positions are used of what the catalog knows. Our copy of them may be older than the catalog, and is then read again.
 *
 * @throws SOURCE_DATA_GAP when they tell of other topics: a connector that was put back to an earlier `topic.prefix` finds its epoch
 * known, and what it published meanwhile does not stand here (rule C5). Older positions do not tell.
 */
export async function assertSameTopics(
  task: TaskRun,
  connector: string,
  table: string,
  of: string,
): Promise<void> {
  const offsets = task.offsets(connector);
  const toldNow = () => offsets.get(topicsOfName(table, of))?.position.catalog;
  if (toldNow() === task.topics.catalog) return;
  await offsets.readPastOpen();
  const told = toldNow();
  if (told === undefined || told === task.topics.catalog) return;
  const message =
    `Table ${table}: since ${of} was begun here, connector ${connector} has published it into the topics of ${told}; ` +
    `it does not stand in those of ${task.topics.catalog}`;
  throw new ConnectError('SOURCE_DATA_GAP', message, { detail: { table, connector } });
}
