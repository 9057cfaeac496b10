import type { Epoch, SnapshotFacts, SnapshotRecord, TableFacts, TableRecord } from '../catalog-records.ts';
import type { SnapshotAsked, SnapshotSource } from '../connector.ts';
import { ConnectError } from '../errors.ts';
import { endOffsets } from '../kafka/offsets.ts';
import { catalogEntry, catalogKeys, type KeyedEntry } from './catalog.ts';
import { coverageMs, prove, version0 } from './coverage.ts';
import { epochName } from './epoch-name.ts';
import { highestVersion, inEpoch } from './epochs.ts';
import { beginMarkers } from './markers.ts';
import { assertSameKeys } from './same-keys.ts';
import type { TaskRun } from './task-run.ts';
import { until } from './wake.ts';

/** A full snapshot and the windows that continue it, in their order. */
type Chain = readonly [SnapshotFacts, ...SnapshotFacts[]];

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
  if (inEpoch(task, table) && task.catalog.currentSnapshot(table) !== null) return;
  if (task.definition.captureConnector === null) return beginWithoutCapture(task, plugin, options, table);
  const { facts, epoch } = await until(() => inEpoch(task, table), task.catalog, task.context.signal);
  task.report.phase(table, 'capturing');
  const fromMs = await captured(task, table, epoch);
  const slackMs = plugin.slackMs(options);
  // Rule C7: where this partition's changes go on, valid if X then proves to lie at least slack later.
  const offsets = await endOffsets(task.kafka, task.topics.changes(table));
  const notedMs = await plugin.serverTimeMs(options, table, task.context);
  task.report.phase(table, 'exporting');
  // Server time has whole seconds: it may say less than a coverage that began just now.
  const asked = askedFor(task, table, epoch.number, Math.max(notedMs, fromMs) + slackMs);
  const chain = await plugin.take(options, facts, asked, task.context);
  const { exportMs } = chain.at(-1) as SnapshotFacts;
  // Rule C1: asked again after the wait, because coverage may have risen meanwhile.
  const proof = prove(await captured(task, table, epoch), slackMs, exportMs);
  if (!proof.proven) throw unproven(table, proof.fromMs ?? 0, slackMs, exportMs);
  await begin(task, facts, null, chain, {
    epoch,
    proof,
    changesOffsets: exportMs >= notedMs + slackMs ? offsets : epoch.firstOffsets,
  });
}

/** `changes: none`: the epoch is the snapshot's own, and no coverage is claimed (rule C1). */
async function beginWithoutCapture(
  task: TaskRun,
  plugin: SnapshotSource<unknown>,
  options: unknown,
  table: string,
): Promise<void> {
  const known = task.catalog.table(table);
  const facts = await plugin.describe(options, table, task.context);
  if (known) {
    assertSameKeys(known.facts, facts);
    assertNeverCaptured(known);
  }
  const number = task.epoch(table);
  task.report.phase(table, 'exporting');
  const chain = await plugin.take(options, facts, askedFor(task, table, number, null), task.context);
  const { exportMs } = chain.at(-1) as SnapshotFacts;
  const epoch: Epoch = {
    number,
    version0: version0(exportMs, highestVersion(task, table, null)),
    streamArn: null,
    createdMs: null,
    begunMs: exportMs,
    firstOffsets: new Array(task.partitions).fill(0),
    roots: [],
    streamEnabled: false,
  };
  const proof = { proven: false, fromMs: null, slackMs: 0, exportMs };
  await begin(task, facts, { facts, epoch }, chain, { epoch, proof, changesOffsets: null });
}

function assertNeverCaptured({ facts, epoch }: TableRecord): void {
  if (epoch.streamArn === null) return;
  const message = `Table ${facts.table} was captured under this name; source.changes: none would let its changes rest`;
  throw new ConnectError('SOURCE_REFUSED', message, { detail: { table: facts.table } });
}

function askedFor(task: TaskRun, table: string, epoch: number, notBeforeMs: number | null): SnapshotAsked {
  return {
    notBeforeMs,
    noted: task.catalog.request(table, epoch)?.facts ?? null,
    async note(facts) {
      const entry = catalogEntry(catalogKeys.request(table, epoch), { facts });
      await task.publisher.publish({ batches: [], offsets: [], catalog: [entry], bytes: 0 });
      // What was noted is there for the next attempt, in this process too.
      await task.catalog.readToEnd();
    },
  };
}

/** Resolves with the coverage once every root was read (rule C1). */
function captured(task: TaskRun, table: string, epoch: Epoch): Promise<number> {
  const offsets = task.offsets(task.definition.captureConnector as string);
  return until(() => coverageMs(epoch, offsets.of(table, epochName(epoch))), offsets, task.context.signal);
}

/** The whole chain becomes known together with the begin-markers of its full snapshot, before any row. */
async function begin(
  task: TaskRun,
  facts: TableFacts,
  newTable: TableRecord | null,
  chain: Chain,
  of: { epoch: Epoch } & Pick<SnapshotRecord, 'proof' | 'changesOffsets'>,
): Promise<void> {
  const { epoch, ...common } = of;
  // Rule C2: the rank counts what was published in the epoch, broken off or not.
  const known = task.catalog.snapshots(facts.table);
  const used = chain.find(({ id }) => known.some((one) => one.facts.id === id));
  if (used) {
    const message = `Table ${facts.table}: export ${used.id} was published already`;
    throw new ConnectError('EXPORT_USED', message, { detail: { table: facts.table, snapshot: used.id } });
  }
  const first = known.filter((one) => one.epoch === epoch.number).length;
  const [full, ...windows] = chain.map((snapshot, index): SnapshotRecord => {
    const rank = first + index;
    return {
      ...common,
      facts: snapshot,
      epoch: epoch.number,
      rank,
      version: epoch.version0 + rank,
      state: 'due',
      windowOf: index === 0 ? null : chain[0].id,
      opensGate: index === chain.length - 1,
    };
  });
  const entries = windows.map((one) => catalogEntry(catalogKeys.snapshot(facts.table, one.facts.id), one));
  if (newTable) entries.push(catalogEntry(catalogKeys.table(facts.table), newTable));
  await publishBegin(task, facts.table, full as SnapshotRecord, entries);
}

/** Begin-markers of a snapshot or window and its catalog records become visible together, before any row. */
export async function publishBegin(
  task: TaskRun,
  table: string,
  record: SnapshotRecord,
  entries: readonly KeyedEntry[] = [],
): Promise<void> {
  const begun: SnapshotRecord = { ...record, state: 'begun' };
  const { id } = record.facts;
  await task.publisher.publish({
    batches: beginMarkers(task.topics.snapshot(table), task.partitions, begun),
    offsets: [],
    catalog: [...entries, catalogEntry(catalogKeys.snapshot(table, id), begun)],
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
  const { rank, windowOf } = record;
  task.log.info({ table, snapshot: id, rank }, windowOf === null ? 'snapshot begins' : 'window begins');
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
