import type { TableFacts } from '../connectors/catalog-records.ts';
import type { TaskContext } from '../connectors/connector.ts';
import type { Catalog } from '../connectors/runtime/catalog.ts';
import type { Mappings } from './mappings.ts';
import { openAlternator } from './plan-alternator.ts';
import { openCql } from './plan-cql.ts';
import type { Problems } from './plan-problems.ts';
import { sinkProblems } from './preflight.ts';
import { fingerprintProblems } from './replay-moves.ts';
import type { TargetOpener, TargetPlan } from './target-plan.ts';
import type { Wiring } from './wiring.ts';

export interface TargetLook {
  readonly tables: ReadonlyMap<string, TargetPlan>;
  /** By how much the nodes' clocks surely differ, ms; null: there is one node, or none tells its time, or CQL needs none. */
  readonly clockSkewMs: number | null;
}

/**
 * Looks at the target, touching nothing.
 *
 * @param facts of tables that can be mapped, where the target is CQL
 * @param begun null: nobody knows whether this sink has written there, so rows that are there are no problem
 */
export async function lookAtTarget(
  wiring: Wiring,
  mappings: Mappings,
  facts: readonly TableFacts[],
  begun: { readonly catalog: Catalog | null } | null,
  problems: Problems,
  context: TaskContext,
): Promise<TargetLook> {
  const { sink } = wiring;
  const catalog = begun?.catalog ?? null;
  const opener = openerOf(wiring, mappings, problems, context);
  const opened = await opener.open();
  if (opened === null) {
    const names = facts.map(({ table }) => table);
    if (catalog) problems.addAll(fingerprintProblems(sink, catalog, names));
    return { tables: new Map(facts.map((one) => [one.table, opener.unseen(one)])), clockSkewMs: null };
  }
  await using target = opened;
  const found = await sinkProblems(wiring, facts, catalog, context);
  problems.addAll(found.filter(({ error }) => begun !== null || error.code !== 'TARGET_NOT_EMPTY'));
  const tables = new Map<string, TargetPlan>();
  for (const one of facts) tables.set(one.table, await target.plan(one));
  return { tables, clockSkewMs: await target.clockSkewMs() };
}

function openerOf(
  { sink }: Wiring,
  mappings: Mappings,
  problems: Problems,
  context: TaskContext,
): TargetOpener {
  return sink.plugin.name === 'CqlSink'
    ? openCql(sink.options, mappings, problems, context)
    : openAlternator(sink.options, problems, context);
}
