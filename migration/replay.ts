import { systemClock } from '../connectors/clock.ts';
import type { TaskContext } from '../connectors/connector.ts';
import { ConnectError } from '../connectors/errors.ts';
import type { Logger } from '../connectors/log.ts';
import { forgetSink } from '../connectors/runtime/sink-prepare.ts';
import type { SinkDefinition } from '../connectors/runtime/sink-world.ts';
import type { Migration } from './config/defaults.ts';
import { connectKafka } from './kafka-client.ts';
import { refuse, sameTableProblems } from './preflight.ts';
import { assertStopped, commitLanes, type LaneMove, lanesOf, type OwnedLane } from './replay-lanes.ts';
import { fingerprintProblems, moves, type ReplayStart } from './replay-moves.ts';
import { tablesOfCatalog } from './tables.ts';
import { openTopics, type TopicsView } from './topics-view.ts';
import { wire } from './wiring.ts';

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
 * `snapshot` and `earliest` are the same as long as an epoch has one snapshot.
 *
 * @throws ConnectError NOT_MIGRATED, SINK_RUNNING, SINK_FINGERPRINT before anything is moved
 */
export async function replay(migration: Migration, options: ReplayOptions): Promise<Replayed> {
  await using kafka = await connectKafka(migration, options.log);
  await using view = await openTopics(migration, kafka);
  const tables = tablesOf(migration, view, options.tables);
  const { sink } = wire(migration, tables);
  await assertStopped(kafka, sink.name);
  const found = await lanesOf(view, sink.name, tables);
  const ran = tables.filter((table) => hasRun(view, sink.name, table, found.get(table) ?? []));
  const [never] = options.tables.length > 0 ? tables.filter((table) => !ran.includes(table)) : [];
  if (never !== undefined || ran.length === 0) {
    throw new ConnectError('NOT_MIGRATED', `Sink ${sink.name} has never written ${never ?? 'any table'}`, {
      detail: { connector: sink.name },
    });
  }
  if (options.recreate) refuse(sameTableProblems(migration, ran));
  else refuse(fingerprintProblems(sink, view.catalog, ran));
  const replayed: ReplayedTable[] = [];
  for (const table of ran) {
    options.signal.throwIfAborted();
    replayed.push(await replayTable(migration, view, sink, table, found.get(table) ?? [], options));
  }
  return { migration: migration.name, target: migration.target.type, tables: replayed };
}

/** Positions first: a kill after them leaves a plain replay, and the same command goes on with the table. */
async function replayTable(
  migration: Migration,
  view: TopicsView,
  sink: SinkDefinition,
  table: string,
  lanes: readonly OwnedLane[],
  options: ReplayOptions,
): Promise<ReplayedTable> {
  const from: ReplayStart = options.recreate ? { at: 'snapshot' } : options.from;
  const partitions = await moves(view, sink, table, lanes, from);
  await commitLanes(view, sink.name, table, partitions);
  const context: TaskContext = { clock: systemClock, log: options.log, signal: options.signal };
  const dropped = options.recreate && (await forgetTarget(migration, view, sink, table, context));
  const targetTable = sink.plugin.targetTable(sink.options, table);
  return { table, targetTable, dropped, partitions, loading: lanes.length - partitions.length };
}

/**
 * Drops the target table, only if the catalog says that this sink made or filled that very one, and forgets it.
 * @returns whether a table was dropped
 */
async function forgetTarget(
  migration: Migration,
  view: TopicsView,
  sink: SinkDefinition,
  table: string,
  context: TaskContext,
): Promise<boolean> {
  const { catalog, kafka, names: topics } = view;
  const known = catalog.sink(sink.name, table);
  const facts = catalog.table(table)?.facts;
  if (known === null || facts === undefined) return false;
  const isOurs = known.targetTable === sink.plugin.targetTable(sink.options, table);
  if (isOurs) await sink.plugin.drop(sink.options, { facts }, context);
  else
    context.log.warn(
      { table, targetTable: known.targetTable },
      'the target was renamed; the old table is left',
    );
  const world = { kafka, group: migration.name, topics, catalog, clock: systemClock };
  await forgetSink(world, sink.name, table);
  return isOurs;
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
