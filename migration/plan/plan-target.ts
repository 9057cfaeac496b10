import type { TableFacts } from '../../connectors/catalog-records.ts';
import type { TaskContext } from '../../connectors/connector.ts';
import type { Mappings } from '../mappings.ts';
import { sinkProblems, type WrittenView } from '../preflight.ts';
import { fingerprintProblems } from '../replay/replay-moves.ts';
import type { Wiring } from '../wiring.ts';
import type { Problems } from './plan-problems.ts';
import type { TargetOpener, TargetPlan } from './target-plan.ts';

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
  begun: { readonly view: WrittenView | null } | null,
  problems: Problems,
  context: TaskContext,
): Promise<TargetLook> {
  const { sink } = wiring;
  const view = begun?.view ?? null;
  const opener = await openerOf(wiring, mappings, problems, context);
  const opened = await opener.open();
  if (opened === null) {
    const names = facts.map(({ table }) => table);
    if (view) problems.addAll(fingerprintProblems(sink, view.catalog, names));
    return { tables: new Map(facts.map((one) => [one.table, opener.unseen(one)])), clockSkewMs: null };
  }
  await using target = opened;
  const found = await sinkProblems(wiring, facts, view, context);
  problems.addAll(found.filter(({ error }) => begun !== null || error.code !== 'TARGET_NOT_EMPTY'));
  const tables = new Map<string, TargetPlan>();
  for (const one of facts) tables.set(one.table, await target.plan(one));
  return { tables, clockSkewMs: await target.clockSkewMs() };
}

async function openerOf(
  { sink }: Wiring,
  mappings: Mappings,
  problems: Problems,
  context: TaskContext,
): Promise<TargetOpener> {
  // Either is loaded only for a target of its own, with its driver.
  if (sink.plugin.name === 'CqlSink') {
    const { openCql } = await import('./plan-cql.ts');
    return openCql(sink.options, mappings, problems, context);
  }
  const { openAlternator } = await import('./plan-alternator.ts');
  return openAlternator(sink.options, problems, context);
}
