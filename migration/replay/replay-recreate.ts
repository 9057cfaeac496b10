import type { SinkRecord, SinkTable } from '../../connectors/catalog-records.ts';
import { systemClock } from '../../connectors/clock.ts';
import type { Problem, TaskContext } from '../../connectors/connector.ts';
import { asConnectError, type ErrorCode } from '../../connectors/errors.ts';
import type { Catalog } from '../../connectors/runtime/catalog.ts';
import { forgetSink } from '../../connectors/runtime/sink/sink-prepare.ts';
import { isWritten } from '../../connectors/runtime/sink/sink-target.ts';
import type { SinkDefinition } from '../../connectors/runtime/sink/sink-world.ts';
import { standingNow } from '../standing-now.ts';
import type { TopicsView } from '../topics-view.ts';
import type { OwnedLane } from './replay-lanes.ts';

/** Did this sink make or fill the very table that would be dropped? One that is gone is no other's. */
async function isOurs(
  sink: SinkDefinition,
  known: SinkRecord | null,
  table: SinkTable,
  context: TaskContext,
): Promise<boolean> {
  const { plugin, options } = sink;
  if (known?.targetTable !== plugin.targetTable(options, table.facts.table)) return false;
  // Older records do not tell.
  if (known.targetId === undefined) return true;
  const standing = await standingNow(sink, table, context);
  return standing === null || isWritten(known, standing);
}

const OF_WHAT_IS_DROPPED: readonly ErrorCode[] = ['TARGET_KEY_SCHEMA', 'TARGET_SCHEMA'];

/** What would make dropping or creating the target tables fail, asked before any position is moved. */
export async function recreateProblems(
  sink: SinkDefinition,
  catalog: Catalog,
  tables: readonly string[],
  context: TaskContext,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const table of tables) {
    const facts = catalog.table(table)?.facts;
    if (facts === undefined) continue;
    problems.push(...(await recreateProblemsOf(sink, catalog.sink(sink.name, table), { facts }, context)));
  }
  return problems;
}

async function recreateProblemsOf(
  sink: SinkDefinition,
  known: SinkRecord | null,
  table: SinkTable,
  context: TaskContext,
): Promise<readonly Problem[]> {
  const { plugin, options } = sink;
  try {
    const own = await isOurs(sink, known, table, context);
    // Under another name than before, or in another table of the name, it is a first load.
    const found = await plugin.check(options, table, !own, context);
    // A table of another key, or of other columns, is dropped like any other that this sink has made.
    return found.filter(({ error }) => !(own && OF_WHAT_IS_DROPPED.includes(error.code)));
  } catch (error) {
    context.signal.throwIfAborted();
    return [{ table: table.facts.table, error: asConnectError(error) }];
  }
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
  const own = await isOurs(sink, known, { facts }, context);
  if (own) await sink.plugin.drop(sink.options, { facts }, context);
  else
    context.log.warn(
      { table, targetTable: known.targetTable },
      'the target was renamed, or is another table of the same name: the old one is left, and so is this one',
    );
  await forgetSink({ kafka, group, topics, catalog, clock: systemClock }, sink.name, table);
  return own;
}
