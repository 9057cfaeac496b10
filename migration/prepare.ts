import { systemClock } from '../connectors/clock.ts';
import type { Problem, TaskContext } from '../connectors/connector.ts';
import { asConnectError, ConnectError } from '../connectors/errors.ts';
import type { KafkaClient } from '../connectors/kafka/client.ts';
import { describeTopics, ensureTopics } from '../connectors/kafka/topics.ts';
import type { Logger } from '../connectors/log.ts';
import { refuse } from '../connectors/refuse.ts';
import type { Catalog } from '../connectors/runtime/catalog.ts';
import { changedSnapshots } from '../connectors/runtime/source/begun-snapshots.ts';
import { topicProblems } from '../connectors/topic-check.ts';
import { selectTables } from '../source/select-tables.ts';
import type { Migration } from './config/defaults.ts';
import { topicSpecs } from './kafka-topics.ts';
import { compileMappings } from './mappings.ts';
import { modeProblems } from './mode-problems.ts';
import { assertNoWorkers, isEpochDue, usedExportProblems } from './new-snapshots.ts';
import { compactedProblems, oldImageProblems, windowProblems } from './old-images.ts';
import {
  factsOf,
  isAskedFor,
  sameTableProblems,
  sinkProblems,
  sourceProblems,
  topicNameProblems,
} from './preflight.ts';
import { accessOf } from './source-access.ts';
import { allInCatalog, tablesOfCatalog } from './tables.ts';
import { openTopics, type TopicsView } from './topics-view.ts';
import { transformProblems } from './transforms.ts';
import { type Wiring, wire } from './wiring.ts';

export interface Prepared {
  readonly tables: readonly string[];
  readonly wiring: Wiring;
  readonly view: TopicsView;
}

export interface PrepareOptions {
  /** The source is never contacted: everything comes from the catalog. */
  readonly sinksOnly: boolean;
  /** Tables that begin a new epoch with a new snapshot (rule C11). */
  readonly newSnapshots: readonly string[];
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/**
 * Checks every table of a migration, and only when nothing is wrong creates the topics that are missing.
 *
 * A source that cannot be reached stops no sink: tables that the catalog knows go on (the tasks of the source retry).
 */
export async function prepare(
  migration: Migration,
  kafka: KafkaClient,
  options: PrepareOptions,
): Promise<Prepared> {
  const context: TaskContext = { clock: systemClock, log: options.log, signal: options.signal };
  const existing = await openTopics(migration, kafka).catch((error) => {
    if (error instanceof ConnectError && error.code === 'NOT_MIGRATED' && !options.sinksOnly) return null;
    throw error;
  });
  let tables: readonly string[];
  let wiring: Wiring;
  try {
    tables = await resolveTables(migration, existing, options);
    wiring = await wire(migration, tables);
    await check(migration, kafka, existing, tables, wiring, context, options);
    if (options.newSnapshots.length > 0) await assertNoWorkers(kafka, migration);
  } catch (error) {
    await existing?.[Symbol.asyncDispose]();
    throw error;
  }
  if (!options.sinksOnly) await ensureTopics(kafka, topicSpecs(migration, tables));
  const view = existing ?? (await openTopics(migration, kafka));
  if (options.sinksOnly && migration.source.snapshot.from !== 'none') {
    warnOfUnfinished(view.catalog, tables, options.log);
  }
  return { tables, wiring, view };
}

async function resolveTables(
  migration: Migration,
  existing: TopicsView | null,
  { sinksOnly, signal, log }: PrepareOptions,
): Promise<readonly string[]> {
  const known = tablesOfCatalog(
    migration,
    (existing?.catalog.tables() ?? []).map(({ facts }) => facts.table),
  );
  if (sinksOnly) return allInCatalog(migration, known);
  try {
    return await selectTables(accessOf(migration), migration.source.tables, signal);
  } catch (thrown) {
    const error = asConnectError(thrown);
    if (!isAway(error) || known.length === 0) throw error;
    log.warn(
      { code: error.code },
      `source not reached; going on with what the catalog knows: ${error.message}`,
    );
    return known;
  }
}

/** With the source gone for good, a snapshot that is not whole in the topics never will be. */
function warnOfUnfinished(catalog: Catalog, tables: readonly string[], log: Logger): void {
  for (const table of tables) {
    if (catalog.isLoaded(table)) continue;
    log.warn(
      { table },
      'its snapshot is not whole in the topics: only a migrate that reads the source can end it',
    );
  }
}

async function check(
  migration: Migration,
  kafka: KafkaClient,
  existing: TopicsView | null,
  tables: readonly string[],
  wiring: Wiring,
  context: TaskContext,
  { sinksOnly, newSnapshots }: PrepareOptions,
): Promise<void> {
  const catalog = existing?.catalog ?? null;
  const renewed = tables.filter(
    (table) => newSnapshots.includes(table) || (existing !== null && isEpochDue(existing, table)),
  );
  const isTaken = (table: string) =>
    (catalog?.isLoaded(table) === true || isAskedFor(migration, catalog, table)) && !renewed.includes(table);
  const specs = topicSpecs(migration, tables);
  const described = await describeTopics(
    kafka,
    specs.map(({ topic }) => topic),
  );
  const fromSource = sinksOnly ? [] : await sourceProblems(wiring.sources, isTaken, context);
  // A source that is merely out of reach is retried by its tasks, where the catalog knows what to go on with.
  const isTolerable = ({ table, error }: Problem) =>
    isAway(error) && table !== null && catalog?.table(table) != null;
  refuse([
    ...topicNameProblems(migration, tables),
    ...topicProblems(specs, described),
    ...sameTableProblems(migration, tables),
    ...(sinksOnly ? [] : begunProblems(wiring, tables, catalog).filter(isNot(renewed))),
    ...(sinksOnly ? [] : modeProblems(migration, catalog, tables, (table) => renewed.includes(table))),
    ...(sinksOnly ? [] : usedExportProblems(migration, existing, renewed)),
    ...fromSource.filter((problem) => !isTolerable(problem)),
  ]);
  const facts = await factsOf(wiring, tables, catalog, context);
  const mappings = compileMappings(migration, facts);
  const mappable = facts.filter(({ table }) => !mappings.problems.some((problem) => problem.table === table));
  const oldImages = sinksOnly ? [] : await oldImageProblems(migration, mappings, context.signal);
  refuse([
    ...transformProblems(migration, facts),
    ...mappings.problems,
    ...compactedProblems(migration, mappings, described),
    ...windowProblems(migration, mappings),
    ...oldImages.filter((problem) => !isTolerable(problem)),
    ...(await sinkProblems(wiring, mappable, existing, context)),
  ]);
}

/** Missing credentials are waited for where they were given before; who starts without any is told so. */
const isAway = ({ remedy, exit }: ConnectError) => remedy === 'retry' && exit !== 4;

const begunProblems = ({ sources }: Wiring, tables: readonly string[], catalog: Catalog | null): Problem[] =>
  sources.flatMap(({ run }) => changedSnapshots(run, tables, catalog));

const isNot = (tables: readonly string[]) => (problem: Problem) =>
  problem.table === null || !tables.includes(problem.table);
