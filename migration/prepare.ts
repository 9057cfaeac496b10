import { systemClock } from '../connectors/clock.ts';
import type { TaskContext } from '../connectors/connector.ts';
import { asConnectError, ConnectError } from '../connectors/errors.ts';
import type { KafkaClient } from '../connectors/kafka/client.ts';
import { describeTopics, ensureTopics } from '../connectors/kafka/topics.ts';
import type { Logger } from '../connectors/log.ts';
import type { Migration } from './config/defaults.ts';
import { topicProblems, topicSpecs } from './kafka-topics.ts';
import {
  changedExportProblems,
  factsOf,
  refuse,
  sameTableProblems,
  sinkProblems,
  sourceProblems,
  topicNameProblems,
} from './preflight.ts';
import { tablesOfCatalog, tablesOfSource } from './tables.ts';
import { openTopics, type TopicsView } from './topics-view.ts';
import { type Wiring, wire } from './wiring.ts';

export interface Prepared {
  readonly tables: readonly string[];
  readonly wiring: Wiring;
  readonly view: TopicsView;
}

export interface PrepareOptions {
  /** The source is never contacted: everything comes from the catalog. */
  readonly sinksOnly: boolean;
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
    wiring = wire(migration, tables);
    await check(migration, kafka, existing, tables, wiring, context, options.sinksOnly);
  } catch (error) {
    await existing?.[Symbol.asyncDispose]();
    throw error;
  }
  if (!options.sinksOnly) await ensureTopics(kafka, topicSpecs(migration, tables));
  const view = existing ?? (await openTopics(migration, kafka));
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
  if (sinksOnly) {
    if (known.length > 0) return known;
    throw new ConnectError('NOT_MIGRATED', `The catalog of ${migration.name} knows none of its tables`);
  }
  try {
    return await tablesOfSource(migration, signal);
  } catch (thrown) {
    const error = asConnectError(thrown);
    if (error.remedy !== 'retry' || known.length === 0) throw error;
    log.warn(
      { code: error.code },
      `source not reached; going on with what the catalog knows: ${error.message}`,
    );
    return known;
  }
}

async function check(
  migration: Migration,
  kafka: KafkaClient,
  existing: TopicsView | null,
  tables: readonly string[],
  wiring: Wiring,
  context: TaskContext,
  sinksOnly: boolean,
): Promise<void> {
  const catalog = existing?.catalog ?? null;
  const specs = topicSpecs(migration, tables);
  const described = await describeTopics(
    kafka,
    specs.map(({ topic }) => topic),
  );
  const fromSource = sinksOnly ? [] : await sourceProblems(wiring.sources, catalog, context);
  // A source that is merely out of reach is retried by its tasks, where the catalog knows what to go on with.
  const tolerable = (table: string | null) => table !== null && catalog?.table(table) != null;
  refuse([
    ...topicNameProblems(migration, tables),
    ...topicProblems(specs, described),
    ...(sinksOnly ? [] : sameTableProblems(migration, tables)),
    ...(sinksOnly ? [] : changedExportProblems(migration, catalog)),
    ...fromSource.filter(({ table, error }) => !(error.remedy === 'retry' && tolerable(table))),
  ]);
  refuse(await sinkProblems(wiring, await factsOf(wiring, tables, catalog, context), catalog, context));
}
