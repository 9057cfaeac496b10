import type { Epoch, TableFacts, TableRecord } from '../catalog-records.ts';
import type { ChangesSource } from '../connector.ts';
import { ConnectError } from '../errors.ts';
import { endOffsets } from '../kafka/offsets.ts';
import { catalogEntry, catalogKeys } from './catalog.ts';
import { version0 } from './coverage.ts';
import { highestVersion } from './epochs.ts';
import { assertSameKeys } from './same-keys.ts';
import type { TaskRun } from './task-run.ts';

const DAY_MS = 24 * 3_600_000;

/**
 * Begins the capture of a table, or goes on with the one the catalog knows; only the connector's task 0 does this.
 *
 * @throws SOURCE_DATA_GAP when another table stands under the same name and no new epoch was asked for.
 */
export async function leadCapture(
  task: TaskRun,
  plugin: ChangesSource<unknown>,
  options: unknown,
  table: string,
): Promise<void> {
  const known = task.catalog.table(table);
  const facts = await plugin.describe(options, table, task.context);
  if (known && known.epoch.number >= task.epoch(table)) return assertSameTable(known.facts, facts);
  if (known) {
    assertSameKeys(known.facts, facts);
    await endEpoch(task);
  }
  const epoch = await beginEpoch(task, plugin, options, facts, known?.epoch ?? null);
  const record: TableRecord = { facts, epoch };
  await task.publisher.publish({
    batches: [],
    offsets: [],
    catalog: [catalogEntry(catalogKeys.table(table), record)],
    bytes: 0,
  });
  const { number, streamArn, roots } = epoch;
  task.log.info({ table, epoch: number, streamArn, roots: roots.length }, 'capture begins');
}

/** After it nobody publishes changes of the epoch any more, and all that was published is known (rules C2 and C3). */
async function endEpoch(task: TaskRun): Promise<void> {
  await task.fenceOthers();
  await task.offsets(task.definition.name).readPastOpen();
}

async function beginEpoch(
  task: TaskRun,
  plugin: ChangesSource<unknown>,
  options: unknown,
  facts: TableFacts,
  before: Epoch | null,
): Promise<Epoch> {
  const { table } = facts;
  const capture = await plugin.capture(options, facts, task.context);
  const since = Math.max(capture.createdMs, capture.serverTimeMs - DAY_MS);
  return {
    number: task.epoch(table),
    version0: version0(since, highestVersion(task, table, task.definition.name)),
    streamArn: capture.streamArn,
    createdMs: capture.createdMs,
    begunMs: capture.serverTimeMs,
    firstOffsets: await endOffsets(task.kafka, task.topics.changes(table)),
    roots: capture.roots,
    streamEnabled: capture.enabled || (before?.streamArn === capture.streamArn && before.streamEnabled),
  };
}

function assertSameTable(known: TableFacts, now: TableFacts): void {
  const { table } = known;
  if (known.tableId === null || now.tableId === null || known.tableId === now.tableId) return;
  const message = `Table ${table} was deleted and created again: its TableId changed`;
  throw new ConnectError('SOURCE_DATA_GAP', message, { detail: { table } });
}
