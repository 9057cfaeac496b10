import { systemClock } from '../connectors/clock.ts';
import type { Problem, TaskContext } from '../connectors/connector.ts';
import type { ErrorCode } from '../connectors/errors.ts';
import type { Catalog } from '../connectors/runtime/catalog.ts';
import { forgetSink } from '../connectors/runtime/sink-prepare.ts';
import type { SinkDefinition } from '../connectors/runtime/sink-world.ts';
import type { OwnedLane } from './replay-lanes.ts';
import type { TopicsView } from './topics-view.ts';

const OF_WHAT_IS_DROPPED: readonly ErrorCode[] = ['TARGET_KEY_SCHEMA', 'TARGET_SCHEMA'];

/** What would make dropping or creating the target tables fail, asked before any position is moved. */
export async function recreateProblems(
  { plugin, options, name }: SinkDefinition,
  catalog: Catalog,
  tables: readonly string[],
  context: TaskContext,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const table of tables) {
    const facts = catalog.table(table)?.facts;
    if (facts === undefined) continue;
    // Under another name than before it is a first load.
    const isOurs = catalog.sink(name, table)?.targetTable === plugin.targetTable(options, table);
    const found = await plugin.check(options, { facts }, !isOurs, context);
    // A table of another key, or of other columns, is dropped like any other that this sink has made.
    problems.push(...found.filter(({ error }) => !(isOurs && OF_WHAT_IS_DROPPED.includes(error.code))));
  }
  return problems;
}

/**
 * Writes that carry versions need no waits, so their sinks know of none. Within this time a server has executed a write or
 * given it up: ScyllaDB after 2 s, Cassandra too (their `write_request_timeout`), and few raise it beyond this.
 */
const WRITE_TIMEOUT_MAX_MS = 10_000;

/**
 * Waits until nothing of an owner that did not stop cleanly can be executed any more: a late write would find the new
 * table (rules C6 and C7).
 */
export async function outwaitWriters(
  sink: SinkDefinition,
  catalog: Catalog,
  lanes: ReadonlyMap<string, readonly OwnedLane[]>,
  context: TaskContext,
): Promise<void> {
  const unclean = [...lanes].find(([, owned]) => owned.some(({ state }) => !state.clean));
  const facts = unclean && catalog.table(unclean[0])?.facts;
  if (!facts) return;
  context.log.info('the sink did not stop cleanly: waiting out what it may have left in flight (rule C7)');
  if (sink.plugin.supports.version) {
    await context.clock.sleep(WRITE_TIMEOUT_MAX_MS, context.signal);
    return;
  }
  await using task = await sink.plugin.open(sink.options, { ...context, leaseValid: () => false });
  await task.adopt({ facts }, `${facts.table}/replay`, { first: false, clean: false });
}

/**
 * Drops the target table, only if the catalog says that this sink made or filled that very one, and forgets it.
 *
 * @param group prefix of the transactional id that the catalog is written with
 * @returns whether a table was dropped
 */
export async function dropTarget(
  group: string,
  { catalog, kafka, names: topics }: TopicsView,
  sink: SinkDefinition,
  table: string,
  context: TaskContext,
): Promise<boolean> {
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
  await forgetSink({ kafka, group, topics, catalog, clock: systemClock }, sink.name, table);
  return isOurs;
}
