import type { Epoch, TableRecord } from '../catalog-records.ts';
import type { ChangesSource } from '../connector.ts';
import { ConnectError } from '../errors.ts';
import { endOffsets } from '../kafka/offsets.ts';
import { catalogEntry, catalogKeys } from './catalog.ts';
import { version0 } from './coverage.ts';
import type { TaskRun } from './source-world.ts';

const DAY_MS = 24 * 3_600_000;

/**
 * Begins the capture of a table, or goes on with the one the catalog knows; only the connector's task 0 does this.
 *
 * @throws SOURCE_DATA_GAP when another table stands under the same name.
 */
export async function leadCapture(
  task: TaskRun,
  plugin: ChangesSource<unknown>,
  options: unknown,
  table: string,
): Promise<void> {
  const known = task.catalog.table(table);
  const facts = await plugin.describe(options, table, task.context);
  if (known) {
    if (known.facts.tableId !== null && facts.tableId !== null && known.facts.tableId !== facts.tableId) {
      throw new ConnectError(
        'SOURCE_DATA_GAP',
        `Table ${table} was deleted and created again: its TableId changed`,
        {
          detail: { table },
        },
      );
    }
    return;
  }
  const capture = await plugin.capture(options, facts, task.context);
  // Rule C2: fixed when the epoch begins. No earlier epoch is in the catalog, so nothing is to be outranked.
  const since = Math.max(capture.createdMs, capture.serverTimeMs - DAY_MS);
  const epoch: Epoch = {
    number: 1,
    version0: version0(since, 0),
    streamArn: capture.streamArn,
    createdMs: capture.createdMs,
    begunMs: capture.serverTimeMs,
    firstOffsets: await endOffsets(task.kafka, task.topics.changes(table)),
    roots: capture.roots,
  };
  const record: TableRecord = { facts, epoch };
  await task.publisher.publish({
    batches: [],
    offsets: [],
    catalog: [catalogEntry(catalogKeys.table(table), record)],
    bytes: 0,
  });
  task.log.info({ table, streamArn: epoch.streamArn, roots: epoch.roots.length }, 'capture begins');
}
