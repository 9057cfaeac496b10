import type { TableFacts } from '../../connectors/catalog-records.ts';
import { systemClock } from '../../connectors/clock.ts';
import type { TaskContext } from '../../connectors/connector.ts';
import { ConnectError } from '../../connectors/errors.ts';
import type { KafkaClient } from '../../connectors/kafka/client.ts';
import { describeTopics } from '../../connectors/kafka/topics.ts';
import type { Logger } from '../../connectors/log.ts';
import { coverageSoFarMs } from '../../connectors/runtime/source/coverage.ts';
import { epochName } from '../../connectors/runtime/source/epoch-name.ts';
import { isGlob } from '../../connectors/table-globs.ts';
import { selectTables } from '../../source/select-tables.ts';
import { notClaimed } from '../claims.ts';
import type { Migration } from '../config/defaults.ts';
import { connectorNames, topicsOf } from '../config/names.ts';
import { connectKafka } from '../kafka-client.ts';
import { compileMappings, type Mappings } from '../mappings.ts';
import { modeProblems } from '../mode-problems.ts';
import { compactedProblems, oldImageProblem, rekeyedTables, windowProblems } from '../old-images.ts';
import { sameTableProblems } from '../preflight.ts';
import { accessOf } from '../source-access.ts';
import { tablesOfCatalog } from '../tables.ts';
import { openTopics, type TopicsView } from '../topics-view.ts';
import { transformProblems } from '../transforms.ts';
import { type Wiring, wire } from '../wiring.ts';
import { coverageProblem, type Known } from './plan-coverage.ts';
import { type MappingPlan, planMapping } from './plan-mapping.ts';
import { type PlanProblem, Problems } from './plan-problems.ts';
import { sampleTable } from './plan-sample.ts';
import { lookAtSource, type SourceTable } from './plan-source.ts';
import { type TablePlan, tablePlan } from './plan-table.ts';
import { lookAtTarget } from './plan-target.ts';
import { lookAtTopics, type TopicPlan } from './plan-topics.ts';
import { type TransformsPlan, tryTransforms } from './plan-transforms.ts';

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
  const wiring = await wire(migration, tables);
  const sources = await lookAtSource(migration, wiring, tables, catalog, problems, context);
  const facts = tables.flatMap((table) => catalog?.table(table)?.facts ?? sources.get(table)?.facts ?? []);
  const mappings = await mappingsOf(migration, facts, { kafka, sources }, problems);
  const mappable = facts.filter(({ table }) => !mappings.problems.some((problem) => problem.table === table));
  const begun = opened && { view };
  const target = await lookAtTarget(wiring, mappings, mappable, begun, problems, context);
  const tried = await tryEach(migration, wiring, mappings, facts, view, problems, context);
  const planned = tables.map((table) => {
    const source = sources.get(table) ?? null;
    const known = source && knownOf(migration, view, table, source);
    // Without the catalog nobody knows whether it is proven already.
    const unproven = opened && known && coverageProblem(table, known);
    if (unproven) problems.add(table, unproven);
    const trial = tried.get(table) ?? { transforms: null, mapping: null };
    const rest = { target: target.tables.get(table) ?? null, ...trial };
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

/** Rule C6: what a re-keyed table needs of its stream and of its topic is asked here, too. */
async function mappingsOf(
  migration: Migration,
  facts: readonly TableFacts[],
  { kafka, sources }: { kafka: KafkaClient | null; sources: ReadonlyMap<string, SourceTable> },
  problems: Problems,
): Promise<Mappings> {
  const mappings = compileMappings(migration, facts);
  problems.addAll(mappings.problems);
  problems.addAll(windowProblems(migration, mappings));
  const rekeyed = rekeyedTables(mappings);
  if (rekeyed.length === 0 || migration.source.changes !== 'streams') return mappings;
  for (const table of rekeyed) {
    const found = oldImageProblem(table, sources.get(table)?.stream?.viewType ?? null);
    if (found) problems.addAll([found]);
  }
  const names = rekeyed.map((table) => topicsOf(migration).changes(table));
  const topics = kafka && (await problems.attempt(null, () => describeTopics(kafka, names)));
  if (topics) problems.addAll(compactedProblems(migration, mappings, topics));
  return mappings;
}

interface Trial {
  readonly transforms: TransformsPlan | null;
  readonly mapping: MappingPlan | null;
}

/** Transforms that are refused for a table are not tried on it, nor is a mapping. */
async function tryEach(
  migration: Migration,
  { sink: { transforms } }: Wiring,
  mappings: Mappings,
  facts: readonly TableFacts[],
  view: TopicsView | null,
  problems: Problems,
  context: TaskContext,
): Promise<Map<string, Trial>> {
  const refused = transformProblems(migration, facts);
  problems.addAll(refused);
  const tried = new Map<string, Trial>();
  for (const one of facts.filter(({ table }) => !refused.some((problem) => problem.table === table))) {
    const { table } = one;
    const mapping = mappings.tables.get(table);
    if (transforms.length === 0 && mapping === undefined) continue;
    const sample = await sampleTable(migration, view, one, context);
    tried.set(table, {
      transforms: sample && tryTransforms(migration, transforms, table, sample, problems),
      mapping: mapping ? planMapping(migration, mapping, one, transforms, sample, problems) : null,
    });
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
    const matched = await problems.attempt(null, () =>
      selectTables(accessOf(one), one.source.tables, signal),
    );
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
