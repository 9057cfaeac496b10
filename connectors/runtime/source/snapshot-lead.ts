import type { Epoch, SnapshotFacts, SnapshotRecord, TableFacts, TableRecord } from '../../catalog-records.ts';
import type { SnapshotAsked, SnapshotSource } from '../../connector.ts';
import { ConnectError } from '../../errors.ts';
import { endOffsets } from '../../kafka/offsets.ts';
import { catalogEntry, catalogKeys, type KeyedEntry } from '../catalog.ts';
import { assertSameKeys } from '../same-keys.ts';
import { awaitCapture } from './awaited-capture.ts';
import { coverageMs, prove, version0 } from './coverage.ts';
import {
  assertSameTopics,
  beginPositions,
  earlierPositions,
  endEarlier,
  highestStored,
} from './earlier-life.ts';
import { epochName } from './epoch-name.ts';
import { highestVersion, inEpoch } from './epochs.ts';
import { beginMarkers } from './markers.ts';
import { assertOwnSnapshots, publishedBy } from './published-by.ts';
import { publishedAs, wasReset } from './snapshot-again.ts';
import type { TaskRun } from './task-run.ts';

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
  if (currentChain(task, table).length > 0) return;
  if (task.definition.captureConnector === null) return beginWithoutCapture(task, plugin, options, table);
  const { facts, epoch } = await awaitCapture(task, table, () => inEpoch(task, table), task.catalog);
  // Positions of an earlier life, which prove nothing of this epoch, were deleted as it began.
  const capture = task.definition.captureConnector;
  await task.offsets(capture).readPastOpen();
  await assertSameTopics(task, capture, table, epochName(epoch));
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

/** The snapshot that a task reads, with its windows; empty: it is still to be begun, or to be begun anew. */
export function currentChain(task: TaskRun, table: string): readonly SnapshotRecord[] {
  const chain = inEpoch(task, table) ? task.catalog.currentChain(table) : [];
  return wasReset(task.offsets(task.definition.name), table, chain) ? [] : chain;
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
  const offsets = task.offsets(task.definition.name);
  const earlier = chain.map(({ id }) => highestStored(offsets, table, id));
  const epoch: Epoch = {
    number,
    version0: version0(exportMs, Math.max(highestVersion(task, table, null), ...earlier)),
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
  return awaitCapture(task, table, () => coverageMs(epoch, offsets.of(table, epochName(epoch))), offsets);
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
  await task.catalog.readToEnd();
  assertOwnSnapshots(task, facts.table);
  // Rule C2: the rank counts what was published in the epoch, broken off or not.
  const known = task.catalog.snapshots(facts.table);
  const ids = chain.map((snapshot) => {
    const id = publishedAs(snapshot, known, task.offsets(task.definition.name), facts.table);
    if (id !== null) return id;
    const message = `Table ${facts.table}: export ${snapshot.id} was published already`;
    throw new ConnectError('EXPORT_USED', message, { detail: { table: facts.table, snapshot: snapshot.id } });
  });
  const first = known.filter((one) => one.epoch === epoch.number).length;
  const [full, ...windows] = chain.map((snapshot, index): SnapshotRecord => {
    const rank = first + index;
    const id = ids[index] as string;
    return {
      ...common,
      facts: { ...snapshot, id },
      ...(id !== snapshot.id && { takenAs: snapshot.id }),
      epoch: epoch.number,
      rank,
      version: epoch.version0 + rank,
      state: 'due',
      windowOf: index === 0 ? null : (ids[0] as string),
      opensGate: index === chain.length - 1,
      publishedBy: publishedBy(task),
    };
  });
  const entries = windows.map((one) => catalogEntry(catalogKeys.snapshot(facts.table, one.facts.id), one));
  if (newTable) entries.push(catalogEntry(catalogKeys.table(facts.table), newTable));
  const offsets = task.offsets(task.definition.name);
  // Rule C3: a row of a snapshot that is broken off here would, behind the sweep of rule C11, bring back what is gone.
  const breaksOff = known.some(({ state }) => state !== 'complete');
  if (breaksOff || earlierPositions(offsets, facts.table, ids).length > 0) await endEarlier(task);
  const positions = beginPositions(task, facts.table, ids, ids);
  await publishBegin(task, facts.table, full as SnapshotRecord, entries, positions);
}

/**
 * Begin-markers of a snapshot or window and its catalog records become visible together, before any row.
 *
 * @param positions what is to be said of them as the names of these records begin
 */
export async function publishBegin(
  task: TaskRun,
  table: string,
  record: SnapshotRecord,
  entries: readonly KeyedEntry[] = [],
  positions: readonly KeyedEntry[] = [],
): Promise<void> {
  const begun: SnapshotRecord = { ...record, state: 'begun', publishedBy: publishedBy(task) };
  const { id } = record.facts;
  await task.publisher.publish({
    batches: beginMarkers(task.topics.snapshot(table), task.partitions, begun),
    offsets: positions,
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
