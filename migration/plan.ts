import type { TableFacts } from '../connectors/catalog-records.ts';
import { systemClock } from '../connectors/clock.ts';
import type { TaskContext } from '../connectors/connector.ts';
import { ConnectError } from '../connectors/errors.ts';
import type { KafkaClient } from '../connectors/kafka/client.ts';
import type { Logger } from '../connectors/log.ts';
import { coverageSoFarMs } from '../connectors/runtime/coverage.ts';
import { epochName } from '../connectors/runtime/epoch-name.ts';
import { notClaimed } from './claims.ts';
import type { Migration } from './config/defaults.ts';
import { isGlob } from './config/globs.ts';
import { connectorNames } from './config/names.ts';
import { connectKafka } from './kafka-client.ts';
import { modeProblems } from './mode-problems.ts';
import { coverageProblem, type Known } from './plan-coverage.ts';
import { type PlanProblem, Problems } from './plan-problems.ts';
import { lookAtSource, type SourceTable } from './plan-source.ts';
import { type TablePlan, tablePlan } from './plan-table.ts';
import { lookAtTarget } from './plan-target.ts';
import { lookAtTopics, type TopicPlan } from './plan-topics.ts';
import { type TransformsPlan, tryTransforms } from './plan-transforms.ts';
import { sameTableProblems } from './preflight.ts';
import { tablesOfCatalog, tablesOfSource } from './tables.ts';
import { openTopics, type TopicsView } from './topics-view.ts';
import { transformProblems } from './transforms.ts';
import { type Wiring, wire } from './wiring.ts';

/** What `migrate` would find, create and take; and everything that is in its way. */
export interface Plan {
  readonly migration: string;
  readonly target: string;
  /** What the migration does not claim, in words (rule C1); null: it moves rows and changes. */
  readonly notClaimed: string | null;
  readonly tables: readonly TablePlan[];
  readonly topics: readonly TopicPlan[];
  /** By how much the clocks of the target's nodes surely differ, ms; null: not measured. */
  readonly clockSkewMs: number | null;
  readonly problems: readonly PlanProblem[];
}

/** Makes every check there is, going on after each problem, and touches nothing. */
export async function makePlan(
  migration: Migration,
  { signal, log }: { readonly signal: AbortSignal; readonly log: Logger },
): Promise<Plan> {
  const context: TaskContext = { clock: systemClock, log, signal };
  const problems = new Problems(signal);
  const kafka = await problems.attempt(null, () => connectKafka(migration, log));
  try {
    const opened = kafka && (await problems.attempt(null, () => openIfBegun(migration, kafka)));
    try {
      return await planWith(migration, { kafka, opened }, problems, context);
    } finally {
      await opened?.view?.[Symbol.asyncDispose]();
    }
  } finally {
    await kafka?.close();
  }
}

/** What Kafka tells; null: no broker answers, or the internal topics cannot be read. */
interface Begun {
  readonly kafka: KafkaClient | null;
  /** `view` null: the migration has not begun. */
  readonly opened: { readonly view: TopicsView | null } | null;
}

async function planWith(
  migration: Migration,
  { kafka, opened }: Begun,
  problems: Problems,
  context: TaskContext,
): Promise<Plan> {
  const view = opened?.view ?? null;
  const catalog = view?.catalog ?? null;
  const tables = await tablesOf(migration, view, problems, context.signal);
  const topics = await lookAtTopics(migration, tables, kafka, problems);
  problems.addAll(sameTableProblems(migration, tables));
  problems.addAll(modeProblems(migration, catalog, tables));
  const wiring = wire(migration, tables);
  const sources = await lookAtSource(migration, wiring, tables, catalog, problems, context);
  const facts = tables.flatMap((table) => catalog?.table(table)?.facts ?? sources.get(table)?.facts ?? []);
  const target = await lookAtTarget(wiring, facts, opened && { catalog }, problems, context);
  const tried = await tryEach(migration, wiring, facts, problems, context);
  const planned = tables.map((table) => {
    const source = sources.get(table) ?? null;
    const known = source && knownOf(migration, view, table, source);
    // Without the catalog nobody knows whether it is proven already.
    const unproven = opened && known && coverageProblem(table, known);
    if (unproven) problems.add(table, unproven);
    const rest = { target: target.tables.get(table) ?? null, transforms: tried.get(table) ?? null };
    return tablePlan(migration, table, source, known, rest);
  });
  return {
    migration: migration.name,
    target: migration.target.type,
    notClaimed: notClaimed(migration),
    tables: planned,
    topics,
    clockSkewMs: target.clockSkewMs,
    problems: problems.list(),
  };
}

/** Transforms that are refused for a table are not tried on it. */
async function tryEach(
  migration: Migration,
  { sink }: Wiring,
  facts: readonly TableFacts[],
  problems: Problems,
  context: TaskContext,
): Promise<Map<string, TransformsPlan>> {
  const refused = transformProblems(migration, facts);
  problems.addAll(refused);
  const tried = new Map<string, TransformsPlan>();
  for (const one of facts.filter(({ table }) => !refused.some((problem) => problem.table === table))) {
    const plan = await tryTransforms(migration, sink.transforms, one, problems, context);
    if (plan) tried.set(one.table, plan);
  }
  return tried;
}

async function openIfBegun(migration: Migration, kafka: KafkaClient): Promise<{ view: TopicsView | null }> {
  try {
    return { view: await openTopics(migration, kafka) };
  } catch (error) {
    if (error instanceof ConnectError && error.code === 'NOT_MIGRATED') return { view: null };
    throw error;
  }
}

/** Entry by entry, so that a glob that matches nothing hides no other. */
async function tablesOf(
  migration: Migration,
  view: TopicsView | null,
  problems: Problems,
  signal: AbortSignal,
): Promise<string[]> {
  const { source } = migration;
  const known = view?.catalog.tables().map(({ facts }) => facts.table) ?? [];
  const found = new Set(source.tables.filter((entry) => !isGlob(entry)));
  for (const entry of source.tables.filter(isGlob)) {
    const one = { ...migration, source: { ...source, tables: [entry] } };
    const matched = await problems.attempt(null, () => tablesOfSource(one, signal));
    for (const table of matched ?? tablesOfCatalog(one, known)) found.add(table);
  }
  return [...found].sort();
}

function knownOf(migration: Migration, view: TopicsView | null, table: string, source: SourceTable): Known {
  const { snapshot, changes } = migration.source;
  const begun = view?.catalog.currentSnapshot(table) ?? null;
  const epoch = view?.catalog.table(table)?.epoch;
  const positions = epoch && view?.offsets(connectorNames(migration).changes).of(table, epochName(epoch));
  return {
    snapshotFrom: snapshot.from,
    captures: changes === 'streams',
    slackMs: snapshot.slackSeconds * 1000,
    proof: begun?.proof ?? null,
    capturedFromMs: epoch && positions ? coverageSoFarMs(epoch, positions) : null,
    stream: source.stream,
    exportMs: source.chain.at(-1)?.exportMs ?? null,
    serverTimeMs: source.serverTimeMs,
  };
}
