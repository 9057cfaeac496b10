import type { Epoch, TableFacts, TableRecord } from '../../catalog-records.ts';
import type { ChangesSource } from '../../connector.ts';
import { ConnectError } from '../../errors.ts';
import { endOffsets } from '../../kafka/offsets.ts';
import { catalogEntry, catalogKeys } from '../catalog.ts';
import { assertSameKeys } from '../same-keys.ts';
import { version0 } from './coverage.ts';
import { beginPositions, earlierPositions, endEarlier } from './earlier-life.ts';
import { epochName } from './epoch-name.ts';
import { epochsTo, highestVersion } from './epochs.ts';
import { assertOwnCapture, publishedBy } from './published-by.ts';
import type { TaskRun } from './task-run.ts';

const DAY_MS = 24 * 3_600_000;

/**
 * Begins the capture of a table, or goes on with the one the catalog knows; only the connector's task 0 does this.
 *
 * @throws SOURCE_DATA_GAP when another table stands under the same name and no new epoch was asked for; SOURCE_TAKEN when
 * another connector captures it.
 */
export async function leadCapture(
  task: TaskRun,
  plugin: ChangesSource<unknown>,
  options: unknown,
  table: string,
): Promise<void> {
  assertOwnCapture(task, table);
  const known = task.catalog.table(table);
  const facts = await plugin.describe(options, table, task.context);
  if (known && known.epoch.number >= task.epoch(table)) {
    assertSameTable(known.facts, facts);
    return takeOver(task, known);
  }
  if (known) assertSameKeys(known.facts, facts);
  const unknown = known ? [epochName({ number: task.epoch(table) })] : epochsTo(task, table);
  const offsets = task.offsets(task.definition.name);
  if (known || earlierPositions(offsets, table, unknown).length > 0) await endEarlier(task);
  const epoch = await beginEpoch(task, plugin, options, facts, known?.epoch ?? null);
  // Whoever began it meanwhile goes on with it.
  assertOwnCapture(task, table);
  await task.publisher.publish({
    batches: [],
    offsets: beginPositions(task, table, unknown, [epochName(epoch)]),
    catalog: [catalogEntry(catalogKeys.table(table), { facts, epoch })],
    bytes: 0,
  });
  const { number, streamArn, roots } = epoch;
  task.log.info({ table, epoch: number, streamArn, roots: roots.length }, 'capture begins');
}

/** Older records do not tell who captures the table: who has positions of it does. */
async function takeOver(task: TaskRun, { facts, epoch }: TableRecord): Promise<void> {
  if (epoch.capturedBy !== undefined || epoch.streamArn === null) return;
  if (task.offsets(task.definition.name).of(facts.table, epochName(epoch)).size === 0) return;
  const record: TableRecord = { facts, epoch: { ...epoch, capturedBy: publishedBy(task) } };
  const catalog = [catalogEntry(catalogKeys.table(facts.table), record)];
  await task.publisher.publish({ batches: [], offsets: [], catalog, bytes: 0 });
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
    capturedBy: publishedBy(task),
  };
}

function assertSameTable(known: TableFacts, now: TableFacts): void {
  const { table } = known;
  if (known.tableId === null || now.tableId === null || known.tableId === now.tableId) return;
  const message = `Table ${table} was deleted and created again: its TableId changed`;
  throw new ConnectError('SOURCE_DATA_GAP', message, { detail: { table } });
}
