import type { SnapshotRecord, TableRecord } from '../connectors/catalog-records.ts';
import { systemClock } from '../connectors/clock.ts';
import { highWatermarks } from '../connectors/kafka/offsets.ts';
import { type Outcomes, sumOutcomes } from '../connectors/runtime/outcomes.ts';
import { saidOfTable } from '../connectors/runtime/read-mark.ts';
import { wantedEpoch } from '../connectors/runtime/source/generation.ts';
import type { ReportedError, TableReport } from '../connectors/runtime/status-log.ts';
import { type AwaitedExport, awaitedExport } from './awaited-export.ts';
import { awaitsMending } from './chain-mended.ts';
import { notClaimed } from './claims.ts';
import type { Migration } from './config/defaults.ts';
import { connectorNames, targetName } from './config/names.ts';
import type { LagTracker } from './lag.ts';
import { isEpochDue } from './new-snapshots.ts';
import { publishedChanges, publishedRows } from './published.ts';
import { isLoaded, type SinkProgress, sinkProgress } from './sink-progress.ts';
import type { TopicsView } from './topics-view.ts';

export type Phase =
  | 'waiting'
  | 'capturing'
  | 'exporting'
  | 'loading'
  | 'following'
  | 'ready'
  | 'gap'
  | 'failed';

export interface TableStatus {
  readonly table: string;
  readonly phase: Phase;
  readonly coverage: {
    readonly proven: boolean;
    readonly from: string | null;
    readonly exportTime: string | null;
  };
  readonly snapshot: {
    readonly files: number;
    readonly filesPublished: number;
    readonly published: number;
  } & Outcomes;
  readonly changes: {
    readonly published: number;
    readonly byOperation: { readonly c: number; readonly u: number; readonly d: number };
    readonly lagRecords: number;
    /** Null: nobody knows yet how far the stream is read, or nobody follows it (`changes: none`). */
    readonly lagSeconds: number | null;
  } & Outcomes;
  /** The export that rows are waited for; null: none is. */
  readonly export: AwaitedExport | null;
  /** `at`: when it was said, ISO. */
  readonly lastError: (ReportedError & { readonly at: string }) | null;
  /**
   * Rule C1: it came in incremental windows, is loaded, and waits to be compared with its source, which `migrate` does itself and
   * nobody else unless `verify --repair` is called for.
   */
  readonly awaitsRepair: boolean;
}

export interface MigrationStatus {
  readonly migration: string;
  readonly target: string;
  readonly phase: Phase;
  readonly ready: boolean;
  /** What the migration does not claim, in words (rule C1); null: it moves rows and changes. */
  readonly notClaimed: string | null;
  readonly tables: readonly TableStatus[];
}

/**
 * The state of every table, from the topics alone. Call `view.readToEnd()` first.
 *
 * @param behind what lag and *ready* speak of: the source, or the topics' ends, where nobody reads the source (`--sinks-only`).
 */
export async function readStatus(
  migration: Migration,
  view: TopicsView,
  tables: readonly string[],
  lag: LagTracker,
  behind: 'source' | 'topics' = 'source',
): Promise<MigrationStatus> {
  const progress = await sinkProgress(migration, view, tables);
  const statuses = await Promise.all(
    tables.map((table) =>
      tableStatus(migration, view, table, progress.get(table)!, { tracker: lag, behind }),
    ),
  );
  return {
    migration: migration.name,
    target: targetName(migration),
    phase: overall(statuses.map((one) => one.phase)),
    ready: statuses.length > 0 && statuses.every((one) => one.phase === 'ready'),
    notClaimed: notClaimed(
      migration,
      tables.flatMap((table) => view.catalog.table(table)?.epoch ?? []),
    ),
    tables: statuses,
  };
}

async function tableStatus(
  migration: Migration,
  view: TopicsView,
  table: string,
  sink: SinkProgress,
  { tracker, behind }: { readonly tracker: LagTracker; readonly behind: 'source' | 'topics' },
): Promise<TableStatus> {
  const record = view.catalog.table(table);
  // Until an epoch that was asked for begins, the one before it says nothing of how far the table is; but it is all that
  // the topics hold.
  const isDue = behind === 'source' && isEpochDue(view, table);
  const chain = isDue ? [] : view.catalog.currentChain(table);
  const snapshot = chain[0] ?? null;
  const reports = tableReports(migration, view, table, behind);
  const published = publishedRows(migration, view, table, chain);
  const changes = publishedChanges(migration, view, table);
  const total = changes.c + changes.u + changes.d;
  // Asked before the ends: whatever was read up to then lies below them. Not below the last stable offset, which
  // another task's open transaction holds back.
  const readToMs = behind === 'topics' ? systemClock.now() : readTo(reports.changes);
  if (record?.epoch.streamArn) {
    tracker.sample(table, readToMs, await highWatermarks(view.kafka, view.names.changes(table)));
  }
  const lagSeconds = tracker.lagSeconds(table, sink.positions);
  const loaded = !isDue && isLoaded(migration, view, table, sink);
  const lastError = lastErrorOf(reports.all);
  const follows = record === null ? migration.source.changes === 'streams' : record.epoch.streamArn !== null;
  // With the source out of the question, nothing can be held against it.
  const isMended = behind === 'topics' || !awaitsMending(view.catalog, connectorNames(migration).sink, table);
  const ready =
    loaded && isMended && (!follows || (lagSeconds !== null && lagSeconds <= migration.ready.lagSeconds));
  return {
    table,
    phase: phaseOf(
      lastError,
      { known: record !== null, begun: snapshot !== null, loaded, ready },
      reports.snapshot,
    ),
    coverage: {
      proven: snapshot?.proof.proven ?? false,
      from: time(coveredFrom(migration, record, snapshot)),
      exportTime: time(snapshot?.proof.exportMs ?? null),
    },
    snapshot: {
      files: chain.reduce((files, { facts }) => files + facts.partitions, 0),
      filesPublished: published.done,
      published: published.rows + published.deadLettered,
      ...sink.snapshot,
      deadLettered: sink.snapshot.deadLettered + published.deadLettered,
    },
    changes: {
      published: total + changes.deadLettered,
      byOperation: { c: changes.c, u: changes.u, d: changes.d },
      ...sink.changes,
      deadLettered: sink.changes.deadLettered + changes.deadLettered,
      lagRecords: Math.max(0, total - sumOutcomes(sink.changes)),
      lagSeconds: follows ? lagSeconds : null,
    },
    export: snapshot === null ? awaitedExport(view.catalog, table, wantedEpoch(view.configs, table)) : null,
    lastError,
    awaitsRepair: loaded && !isMended,
  };
}

function phaseOf(
  error: ReportedError | null,
  is: { known: boolean; begun: boolean; loaded: boolean; ready: boolean },
  snapshots: readonly TableReport[],
): Phase {
  if (error?.halted) return error.code === 'SOURCE_DATA_GAP' ? 'gap' : 'failed';
  if (is.ready) return 'ready';
  if (is.loaded) return 'following';
  if (is.begun) return 'loading';
  if (snapshots.some((report) => report.phase === 'exporting')) return 'exporting';
  return is.known ? 'capturing' : 'waiting';
}

/** Rule C1: events alone claim no coverage, so there is no time that it begins at. */
function coveredFrom(
  { source }: Migration,
  record: TableRecord | null,
  snapshot: SnapshotRecord | null,
): number | null {
  if (snapshot !== null) return snapshot.proof.fromMs;
  return source.snapshot.from === 'none' ? null : (record?.epoch.createdMs ?? null);
}

/** What halted it comes before what is tried again. */
function lastErrorOf(reports: readonly TableReport[]): TableStatus['lastError'] {
  const failed = reports.filter(({ error }) => error !== null);
  const worst = failed.find(({ error }) => error?.halted) ?? failed[0];
  return worst?.error ? { ...worst.error, at: new Date(worst.atMs).toISOString() } : null;
}

/** What each task last said of the table. */
function tableReports(
  migration: Migration,
  { status }: TopicsView,
  table: string,
  behind: 'source' | 'topics',
) {
  const names = connectorNames(migration);
  const of = (connector: string, tasks: number) =>
    Array.from({ length: tasks }, (_, task) =>
      saidOfTable((key) => status.get(key), connector, task, table),
    ).filter((report) => report !== null);
  const { source, sink } = migration.tasks;
  const snapshot = of(names.snapshot, source);
  const changes = of(names.changes, source);
  const complete = changes.length === source ? changes : [];
  // At the topics' ends it does not matter what became of the source since.
  const sources = behind === 'source' ? [...changes, ...snapshot] : [];
  return { snapshot, changes: complete, all: [...sources, ...of(names.sink, sink)] };
}

function readTo(reports: readonly TableReport[]): number | null {
  if (reports.length === 0 || reports.some((report) => report.readToMs === null)) return null;
  return Math.min(...reports.map((report) => report.readToMs as number));
}

const order: readonly Phase[] = [
  'failed',
  'gap',
  'waiting',
  'capturing',
  'exporting',
  'loading',
  'following',
  'ready',
];

/** The migration is as far as its last table. */
function overall(phases: readonly Phase[]): Phase {
  return order.find((phase) => phases.includes(phase)) ?? 'waiting';
}

function time(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
