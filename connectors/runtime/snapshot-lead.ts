import type { Epoch, SnapshotRecord, TableFacts, TableRecord } from '../catalog-records.ts';
import type { SnapshotSource } from '../connector.ts';
import { ConnectError } from '../errors.ts';
import { endOffsets } from '../kafka/offsets.ts';
import { catalogEntry, catalogKeys } from './catalog.ts';
import { coverageMs, prove, version0 } from './coverage.ts';
import { epochName } from './epoch-name.ts';
import { beginMarkers } from './markers.ts';
import type { TaskRun } from './source-world.ts';
import { until } from './wake.ts';

/**
 * Gets a table's snapshot begun: waits for capture, takes the snapshot, proves coverage, publishes begin-markers.
 *
 * Only the connector's task 0 does this, and only where the catalog knows no snapshot of the epoch yet.
 */
export async function leadSnapshot(
  task: TaskRun,
  plugin: SnapshotSource<unknown>,
  options: unknown,
  table: string,
): Promise<void> {
  if (task.catalog.currentSnapshot(table) !== null) return;
  if (task.definition.captureConnector === null) return beginWithoutCapture(task, plugin, options, table);
  const { facts, epoch } = await until(() => task.catalog.table(table), task.catalog, task.context.signal);
  task.report.phase(table, 'capturing');
  const fromMs = await captured(task, table, epoch);
  const slackMs = plugin.slackMs(options);
  // Rule C7: where this partition's changes go on, valid if X then proves to lie at least slack later.
  const offsets = await endOffsets(task.kafka, task.topics.changes(table));
  const notedMs = await plugin.serverTimeMs(options, table, task.context);
  task.report.phase(table, 'exporting');
  // Server time has whole seconds: it may say less than a coverage that began just now.
  const snapshot = await plugin.take(options, facts, Math.max(notedMs, fromMs) + slackMs, task.context);
  // Rule C1: asked again after the wait, because coverage may have risen meanwhile.
  const proof = prove(await captured(task, table, epoch), slackMs, snapshot.exportMs);
  if (!proof.proven) throw unproven(table, proof.fromMs ?? 0, slackMs, snapshot.exportMs);
  const rank = task.catalog.snapshots(table).filter((one) => one.epoch === epoch.number).length;
  await begin(task, facts, null, {
    facts: snapshot,
    epoch: epoch.number,
    rank,
    version: epoch.version0 + rank,
    state: 'begun',
    proof,
    changesOffsets: snapshot.exportMs >= notedMs + slackMs ? offsets : epoch.firstOffsets,
  });
}

/** `changes: none`: the epoch is the snapshot's own, and no coverage is claimed (rule C1). */
async function beginWithoutCapture(
  task: TaskRun,
  plugin: SnapshotSource<unknown>,
  options: unknown,
  table: string,
): Promise<void> {
  const facts = await plugin.describe(options, table, task.context);
  task.report.phase(table, 'exporting');
  const snapshot = await plugin.take(options, facts, null, task.context);
  const epoch: Epoch = {
    number: 1,
    version0: version0(snapshot.exportMs, 0),
    streamArn: null,
    createdMs: null,
    begunMs: snapshot.exportMs,
    firstOffsets: new Array(task.partitions).fill(0),
    roots: [],
  };
  await begin(
    task,
    facts,
    { facts, epoch },
    {
      facts: snapshot,
      epoch: 1,
      rank: 0,
      version: epoch.version0,
      state: 'begun',
      proof: { proven: false, fromMs: null, slackMs: 0, exportMs: snapshot.exportMs },
      changesOffsets: null,
    },
  );
}

/** Resolves with the coverage once every root was read (rule C1). */
function captured(task: TaskRun, table: string, epoch: Epoch): Promise<number> {
  const offsets = task.offsets(task.definition.captureConnector as string);
  return until(() => coverageMs(epoch, offsets.of(table, epochName(epoch))), offsets, task.context.signal);
}

/** Begin-markers and catalog records become visible together, before any row. */
async function begin(
  task: TaskRun,
  facts: TableFacts,
  newTable: TableRecord | null,
  record: SnapshotRecord,
): Promise<void> {
  const { table } = facts;
  const { id } = record.facts;
  await task.publisher.publish({
    batches: beginMarkers(task.topics.snapshot(table), task.partitions, record),
    offsets: [],
    catalog: [
      ...(newTable ? [catalogEntry(catalogKeys.table(table), newTable)] : []),
      catalogEntry(catalogKeys.snapshot(table, id), record),
    ],
    catalogOf: (bases) =>
      bases.map((beginOffset, partition) =>
        catalogEntry(catalogKeys.snapshotPartition(table, id, partition), {
          beginOffset,
          completeOffset: null,
          rows: null,
        }),
      ),
    bytes: 0,
  });
  task.log.info({ table, snapshot: id, rank: record.rank }, 'snapshot begins');
}

function unproven(table: string, fromMs: number, slackMs: number, exportMs: number): ConnectError {
  const time = (ms: number) => new Date(ms).toISOString();
  return new ConnectError(
    'SOURCE_COVERAGE_UNPROVEN',
    `Table ${table}: changes are captured since ${time(fromMs)}, but the snapshot of ${time(exportMs)} needs them ` +
      `since ${time(exportMs - slackMs)} (snapshot.slackSeconds ${slackMs / 1000})`,
    { detail: { table, coverageFrom: time(fromMs), exportTime: time(exportMs) } },
  );
}
