import { systemClock } from '../../connectors/clock.ts';
import type { TaskContext } from '../../connectors/connector.ts';
import { ConnectError } from '../../connectors/errors.ts';
import type { Logger } from '../../connectors/log.ts';
import { refuse } from '../../connectors/refuse.ts';
import type { SinkDefinition } from '../../connectors/runtime/sink/sink-world.ts';
import { forgetMending } from '../chain-mended.ts';
import type { Migration } from '../config/defaults.ts';
import { targetName } from '../config/names.ts';
import { connectKafka } from '../kafka-client.ts';
import { compileMappings } from '../mappings.ts';
import { sameTableProblems } from '../preflight.ts';
import { tablesOfCatalog } from '../tables.ts';
import { openTopics, type TopicsView } from '../topics-view.ts';
import { transformProblems } from '../transforms.ts';
import { wireSink } from '../wiring.ts';
import { assertStopped, commitLanes, type LaneMove, lanesOf, type OwnedLane } from './replay-lanes.ts';
import { fingerprintProblems, moves, type ReplayStart } from './replay-moves.ts';
import { dropTarget, outwaitWriters, recreateProblems } from './replay-recreate.ts';

export interface ReplayOptions {
  readonly from: ReplayStart;
  /** None: all tables of the migration that the sink ever wrote. */
  readonly tables: readonly string[];
  /** Drop the target tables, so that the next run creates them; begins with the snapshot, whatever `from` says. */
  readonly recreate: boolean;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

export interface ReplayedTable {
  readonly table: string;
  readonly targetTable: string;
  /** The migration has no snapshots: its changes are all there is. */
  readonly isEventsOnly: boolean;
  /** The target table is gone; the next run creates it. */
  readonly dropped: boolean;
  /** Partitions that were moved. */
  readonly partitions: readonly LaneMove[];
  /** Partitions left as they are: they still load the snapshot, and no change was written yet. */
  readonly loading: number;
}

export interface Replayed {
  readonly migration: string;
  readonly target: string;
  readonly tables: readonly ReplayedTable[];
}

/**
 * Moves the positions of a stopped sink back; the next run writes again what the topics hold.
 *
 * Each table is moved as a whole, in one request: a kill leaves those behind it as they were, and the same command goes on.
 *
 * @throws ConnectError NOT_MIGRATED, SINK_RUNNING, SINK_FINGERPRINT, and what stands against dropping the target tables,
 * before anything is moved
 */
export async function replay(migration: Migration, options: ReplayOptions): Promise<Replayed> {
  await using kafka = await connectKafka(migration, options.log);
  await using view = await openTopics(migration, kafka);
  const tables = tablesOf(migration, view, options.tables);
  const sink = await wireSink(migration, tables);
  await assertStopped(kafka, sink.name);
  const found = await lanesOf(view, sink.name, tables);
  const ran = tables.filter((table) => hasRun(view, sink.name, table, found.get(table) ?? []));
  const [never] = options.tables.length > 0 ? tables.filter((table) => !ran.includes(table)) : [];
  if (never !== undefined || ran.length === 0) {
    throw new ConnectError('NOT_MIGRATED', `Sink ${sink.name} has never written ${never ?? 'any table'}`, {
      detail: { connector: sink.name },
    });
  }
  const context: TaskContext = { clock: systemClock, log: options.log, signal: options.signal };
  if (options.recreate) {
    const facts = ran.flatMap((table) => view.catalog.table(table)?.facts ?? []);
    refuse([
      ...sameTableProblems(migration, ran),
      ...transformProblems(migration, facts),
      ...compileMappings(migration, facts).problems,
    ]);
    refuse(await recreateProblems(sink, view.catalog, ran, context));
    await outwaitWriters(sink, view.catalog, found, context);
  } else refuse(fingerprintProblems(sink, view.catalog, ran));
  const replayed: ReplayedTable[] = [];
  for (const table of ran) {
    options.signal.throwIfAborted();
    const lanes = found.get(table) ?? [];
    const moved = await moveTable(migration.name, view, sink, table, lanes, options);
    const dropped = options.recreate && (await dropTarget(migration.name, view, sink, table, context));
    replayed.push({ ...moved, dropped });
  }
  return {
    migration: migration.name,
    target: targetName(migration),
    tables: replayed,
  };
}

/** Positions first: a kill after them leaves a plain replay, and the same command goes on with the table. */
async function moveTable(
  group: string,
  view: TopicsView,
  sink: SinkDefinition,
  table: string,
  lanes: readonly OwnedLane[],
  options: ReplayOptions,
): Promise<Omit<ReplayedTable, 'dropped'>> {
  const from: ReplayStart = options.recreate ? { at: 'snapshot' } : options.from;
  const partitions = await moves(view, sink, table, lanes, from);
  if (from.at !== 'time') await forgetMending(group, view, sink.name, table);
  await commitLanes(view, sink.name, table, partitions);
  const targetTable = sink.plugin.targetTable(sink.options, table);
  const loading = lanes.length - partitions.length;
  return { table, targetTable, isEventsOnly: !sink.snapshots, partitions, loading };
}

function tablesOf(migration: Migration, view: TopicsView, asked: readonly string[]): string[] {
  const known = tablesOfCatalog(
    migration,
    view.catalog.tables().map(({ facts }) => facts.table),
  );
  const unknown = asked.find((table) => !known.includes(table));
  if (unknown !== undefined || known.length === 0) {
    const what = unknown === undefined ? 'none of its tables' : `no table ${unknown}`;
    throw new ConnectError('NOT_MIGRATED', `The catalog of ${migration.name} knows ${what}`);
  }
  return asked.length === 0 ? known : [...new Set(asked)].sort();
}

function hasRun(view: TopicsView, sink: string, table: string, lanes: readonly OwnedLane[]): boolean {
  return lanes.length > 0 || view.catalog.sink(sink, table) !== null;
}
