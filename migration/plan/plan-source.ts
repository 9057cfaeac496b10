import type { SnapshotFacts, TableFacts } from '../../connectors/catalog-records.ts';
import type { TaskContext } from '../../connectors/connector.ts';
import type { Catalog } from '../../connectors/runtime/catalog.ts';
import type { SourceDefinition } from '../../connectors/runtime/source/source-world.ts';
import { describeStream } from '../../dynamodb/shards.ts';
import type { StreamSettings, TableDescription } from '../../dynamodb/table.ts';
import { describeTable } from '../../dynamodb/tables.ts';
import type { SourceClients } from '../../source/access.ts';
import { sourceFault } from '../../source/faults.ts';
import { describeFacts } from '../../source/table-facts.ts';
import type { Migration } from '../config/defaults.ts';
import { isAskedFor, sourceProblems } from '../preflight.ts';
import { sourceClients } from '../source-access.ts';
import type { Wiring } from '../wiring.ts';
import type { Problems } from './plan-problems.ts';
import { lookAtRequest, type RequestPlan } from './plan-request.ts';

/** A source table as it is now. */
export interface SourceTable {
  readonly facts: TableFacts;
  readonly live: TableDescription;
  readonly serverTimeMs: number;
  /** Null: there is none, or it is disabled. */
  readonly stream: (StreamSettings & { readonly createdMs: number | null }) | null;
  /** The snapshot that was begun, else the export that the file names, and its windows; empty: none, or it cannot be read. */
  readonly chain: readonly SnapshotFacts[];
  /** The export that is to be asked for, or was; null: none, or its rows have begun to be read. */
  readonly request: RequestPlan | null;
  /** All rows of the snapshot stand in the topics: the source is not asked for them again. */
  readonly published: boolean;
}

type LiveTable = Omit<SourceTable, 'chain' | 'request' | 'published'>;

/** Looks at every source table, touching nothing; those that could not be looked at are left out, with a problem. */
export async function lookAtSource(
  migration: Migration,
  wiring: Wiring,
  tables: readonly string[],
  catalog: Catalog | null,
  problems: Problems,
  context: TaskContext,
): Promise<Map<string, SourceTable>> {
  const clients = sourceClients(migration);
  const live = new Map<string, LiveTable>();
  for (const table of tables) {
    // Nobody answers: asking for each table only takes longer.
    if (problems.has('SOURCE_UNREACHABLE')) break;
    const seen = await problems.attempt(table, () => lookAtTable(clients, table, context));
    if (seen) live.set(table, seen);
  }
  const sources = wiring.sources.map((source) => ({ ...source, tables: [...live.keys()] }));
  const isTaken = (table: string) =>
    catalog?.isLoaded(table) === true || isAskedFor(migration, catalog, table);
  problems.addAll(await sourceProblems(sources, isTaken, context));
  const found = new Map<string, SourceTable>();
  for (const [table, seen] of live) {
    await problems.attempt(table, () => checkCapture(wiring, catalog, table, context));
    const begun = catalog?.currentChain(table).map(({ facts }) => facts) ?? [];
    const chain = begun.length > 0 ? begun : await namedExports(migration, wiring, seen.facts, context);
    const request =
      chain.length > 0 ? null : await lookAtRequest(migration, clients, catalog, table, context);
    found.set(table, { ...seen, chain, request, published: catalog?.isLoaded(table) ?? false });
  }
  return found;
}

async function lookAtTable(
  clients: SourceClients,
  table: string,
  { signal }: TaskContext,
): Promise<LiveTable> {
  const { control } = clients;
  const facts = await describeFacts(control, table, signal);
  try {
    const { serverTimeMs, ...live } = await describeTable(control, table, signal);
    const { stream } = live;
    if (!stream?.enabled) return { facts, live, serverTimeMs, stream: null };
    // What is wrong with the stream itself, the connector says.
    const page = await describeStream(control, stream.arn, { limit: 1, signal }).catch(() => null);
    signal.throwIfAborted();
    return { facts, live, serverTimeMs, stream: { ...stream, createdMs: page?.createdMs ?? null } };
  } catch (error) {
    signal.throwIfAborted();
    throw sourceFault(error, `Describing table ${JSON.stringify(table)}`, { table });
  }
}

/** Throws SOURCE_DATA_GAP where the stream is no longer the one that is being captured (rule C5). */
async function checkCapture(
  { sources }: Wiring,
  catalog: Catalog | null,
  table: string,
  context: TaskContext,
): Promise<void> {
  const record = catalog?.table(table);
  const run = sources.map((source) => source.run).find(({ kind }) => kind === 'changes');
  if (!record || run?.kind !== 'changes' || record.epoch.streamArn === null) return;
  for await (const _ of run.plugin.discover(run.options, record.facts, record.epoch, context));
}

/** The exports named for a table, as their manifests tell; what is wrong with them, the connector's check says. */
async function namedExports(
  migration: Migration,
  { sources }: Wiring,
  facts: TableFacts,
  context: TaskContext,
): Promise<readonly SnapshotFacts[]> {
  const run = snapshotRun(sources);
  if (migration.source.snapshot.from !== 'manifest' || run === null) return [];
  const asked = { notBeforeMs: null, noted: null, note: async () => {} };
  const taken = await run.plugin.take(run.options, facts, asked, context).catch(() => []);
  context.signal.throwIfAborted();
  return taken;
}

function snapshotRun(sources: readonly SourceDefinition[]) {
  const run = sources.map((source) => source.run).find(({ kind }) => kind === 'snapshot');
  return run?.kind === 'snapshot' ? run : null;
}
