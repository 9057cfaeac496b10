import type { SinkRecord, SinkTable, TableFacts } from '../connectors/catalog-records.ts';
import type { Problem, TaskContext } from '../connectors/connector.ts';
import { asConnectError, ConnectError } from '../connectors/errors.ts';
import type { Catalog } from '../connectors/runtime/catalog.ts';
import { checkWritten } from '../connectors/runtime/sink/sink-prepare.ts';
import { beginsAnew, writtenBy } from '../connectors/runtime/sink/sink-target.ts';
import type { SinkDefinition } from '../connectors/runtime/sink/sink-world.ts';
import type { SourceDefinition } from '../connectors/runtime/source/source-world.ts';
import type { Migration } from './config/defaults.ts';
import { nameFor } from './config/names.ts';
import { topicFindings } from './config/topic-rules.ts';
import { standingNow } from './standing-now.ts';
import type { TopicsView } from './topics-view.ts';
import type { Wiring } from './wiring.ts';

/** A source table that is its own target would be overwritten with itself. */
export function sameTableProblems(migration: Migration, tables: readonly string[]): Problem[] {
  const { source, target } = migration;
  if (target.type !== 'alternator') return [];
  const endpoint = source.endpoint ?? `https://dynamodb.${source.region}.amazonaws.com`;
  const same = target.endpoints.some((one) => new URL(one).host === new URL(endpoint).host);
  if (!same || !sameOwner(migration)) return [];
  return tables
    .filter((table) => nameFor(target.tables, table) === table)
    .map((table) => ({
      table,
      error: new ConnectError('SOURCE_IS_TARGET', `Table ${table} is its own target at ${endpoint}`, {
        detail: { table },
      }),
    }));
}

/** Stand-ins keep a database per access key: the same name under another key is another table. */
function sameOwner({ source, target }: Migration): boolean {
  if (target.type !== 'alternator') return false;
  const [from, to] = [source.credentials, target.credentials];
  if (!from || !to || !('accessKeyId' in from)) return true;
  return from.accessKeyId === to.accessKeyId;
}

/** Names that Kafka would refuse, asked again with what the globs found. */
export function topicNameProblems(migration: Migration, tables: readonly string[]): Problem[] {
  return topicFindings(migration, tables).map(({ table, message, remedy }) => {
    const subject = table === null ? 'deadLetters.topic' : `Table ${table}`;
    return { table, error: new ConnectError('KAFKA_TOPIC_NAME', `${subject} ${message}. ${remedy}`) };
  });
}

/** What the sources find wrong, without touching anything. */
export async function sourceProblems(
  sources: readonly SourceDefinition[],
  isLoaded: (table: string) => boolean,
  context: TaskContext,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const { run, tables } of sources) {
    // A snapshot that stands in the topics is not asked for again.
    const asked = run.kind === 'changes' ? tables : tables.filter((table) => !isLoaded(table));
    problems.push(...(await run.plugin.check(run.options, asked, context)));
  }
  return withoutRepeats(problems);
}

/** An export that was asked for is waited for and read: whether another could be asked for is of no interest. */
export function isAskedFor(migration: Migration, catalog: Catalog | null, table: string): boolean {
  if (migration.source.snapshot.from !== 'export' || catalog === null) return false;
  if (catalog.currentSnapshot(table) !== null) return true;
  const noted = catalog.request(table, catalog.table(table)?.epoch.number ?? 1);
  return typeof noted?.facts['exportArn'] === 'string';
}

/** Where it stands what a sink has written, and how far it has come. */
export type WrittenView = Pick<TopicsView, 'kafka' | 'names' | 'catalog'>;

/** Throws TARGET_TABLE_LOST. */
async function isAnew(
  sink: SinkDefinition,
  { kafka, names }: WrittenView,
  table: SinkTable,
  known: SinkRecord,
  context: TaskContext,
): Promise<boolean> {
  let standing: string | null;
  try {
    standing = await standingNow(sink, table, context);
  } catch {
    context.signal.throwIfAborted();
    // A target that cannot be asked: `check` says why.
    return false;
  }
  return beginsAnew({ kafka, names, sink }, table.facts.table, known, standing);
}

/** What the target finds wrong, for the tables whose facts are known. @param view null: the migration has not begun. */
export async function sinkProblems(
  { sink }: Wiring,
  facts: readonly TableFacts[],
  view: WrittenView | null,
  context: TaskContext,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const one of facts) {
    const table = { facts: one };
    try {
      const positions = view && { kafka: view.kafka, names: view.names, sink };
      const known = positions && (await writtenBy(positions, view.catalog, one.table));
      checkWritten(sink, table, view?.catalog.table(one.table)?.epoch.number ?? 1, known);
      const first = known === null || (view !== null && (await isAnew(sink, view, table, known, context)));
      problems.push(...(await sink.plugin.check(sink.options, table, first, context)));
    } catch (error) {
      context.signal.throwIfAborted();
      problems.push({ table: one.table, error: asConnectError(error) });
    }
  }
  return problems;
}

/** Facts of tables: as the catalog knows them, else as the source says. A table that is missing is left to `check`. */
export async function factsOf(
  { sources }: Wiring,
  tables: readonly string[],
  catalog: Catalog | null,
  context: TaskContext,
): Promise<TableFacts[]> {
  const found: TableFacts[] = [];
  for (const table of tables) {
    const known = catalog?.table(table)?.facts;
    const source = sources[0];
    if (known) found.push(known);
    else if (source) {
      const facts = await source.run.plugin.describe(source.run.options, table, context).catch(() => null);
      if (facts) found.push(facts);
    }
  }
  return found;
}

/** Both connectors of a table may find the same. */
function withoutRepeats(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ table, error }) => {
    // A table that is not there is the same whatever was asked of it.
    const said = error.code === 'SOURCE_TABLE_MISSING' ? '' : error.message;
    const key = `${table}/${error.code}/${said}`;
    return !seen.has(key) && seen.add(key);
  });
}
