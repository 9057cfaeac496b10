import type { TableFacts } from '../connectors/catalog-records.ts';
import type { TaskContext } from '../connectors/connector.ts';
import { ConnectError } from '../connectors/errors.ts';
import type { Catalog } from '../connectors/runtime/catalog.ts';
import { DynamoDbError } from '../dynamodb/errors.ts';
import { createTableInput } from '../dynamodb/table-changes.ts';
import { describeTable } from '../dynamodb/tables.ts';
import { atTarget } from '../sink/alternator/faults.ts';
import { type AlternatorOptions, alternatorOptions, targetTableOf } from '../sink/alternator/options.ts';
import { tableSpec } from '../sink/alternator/table.ts';
import { Target } from '../sink/alternator/target.ts';
import type { Problems } from './plan-problems.ts';
import { sinkProblems } from './preflight.ts';
import { fingerprintProblems } from './replay-moves.ts';
import { measureSkewMs } from './target-clocks.ts';
import type { Wiring } from './wiring.ts';

/** What becomes of a table in the target. */
export interface TargetPlan {
  /** Its name there. */
  readonly table: string;
  /** Null: not known, because nobody answers. */
  readonly exists: boolean | null;
  /** The CreateTable request; null: the table is there, or is not to be created. */
  readonly create: ReturnType<typeof createTableInput> | null;
  /** Rule C10: put in place at cutover. */
  readonly atCutover: { readonly globalIndexes: readonly string[]; readonly ttlAttribute: string | null };
}

export interface TargetLook {
  readonly tables: ReadonlyMap<string, TargetPlan>;
  /** By how much the nodes' clocks surely differ, ms; null: there is one node, or none tells its time. */
  readonly clockSkewMs: number | null;
}

/**
 * Looks at the target, touching nothing.
 *
 * @param begun null: nobody knows whether this sink has written there, so rows that are there are no problem
 */
export async function lookAtTarget(
  wiring: Wiring,
  facts: readonly TableFacts[],
  begun: { readonly catalog: Catalog | null } | null,
  problems: Problems,
  context: TaskContext,
): Promise<TargetLook> {
  const { sink } = wiring;
  const catalog = begun?.catalog ?? null;
  const options = alternatorOptions.parse(sink.options);
  const target = await problems.attempt(null, () => Target.open(options, context));
  const tables = new Map<string, TargetPlan>();
  if (target === null) {
    const names = facts.map(({ table }) => table);
    if (catalog) problems.addAll(fingerprintProblems(sink, catalog, names));
    for (const one of facts) tables.set(one.table, targetPlan(options, one, null));
    return { tables, clockSkewMs: null };
  }
  await using open = target;
  const found = await sinkProblems(wiring, facts, catalog, context);
  problems.addAll(found.filter(({ error }) => begun !== null || error.code !== 'TARGET_NOT_EMPTY'));
  for (const one of facts) {
    const name = targetTableOf(options, one.table);
    const exists = await problems.attempt(one.table, () => isThere(open, name, context.signal));
    tables.set(one.table, targetPlan(options, one, exists));
  }
  return { tables, clockSkewMs: await skewOf(open, options, problems, context) };
}

export function targetPlan(
  options: AlternatorOptions,
  facts: TableFacts,
  exists: boolean | null,
): TargetPlan {
  const create =
    exists === true || !options.createTables ? null : createTableInput(tableSpec(options, facts));
  return {
    table: targetTableOf(options, facts.table),
    exists,
    create,
    atCutover: {
      globalIndexes: facts.globalIndexes.map(({ name }) => name),
      ttlAttribute: facts.ttlAttribute,
    },
  };
}

function isThere({ control }: Target, name: string, signal: AbortSignal): Promise<boolean> {
  return atTarget(name, async () => {
    try {
      await describeTable(control, name, signal);
      return true;
    } catch (error) {
      if (error instanceof DynamoDbError && error.kind === 'not-found') return false;
      throw error;
    }
  });
}

/** Rule C7: the pauses of `clockSkewMs` are worth nothing when the nodes' clocks differ by more. */
async function skewOf(
  target: Target,
  options: AlternatorOptions,
  problems: Problems,
  { clock, signal }: TaskContext,
): Promise<number | null> {
  const nodes = target.nodes.live;
  // One node has one clock, unless it is a load balancer.
  if (nodes.length < 2 && options.affinity === 'node') return null;
  const dateOf = async (node: string) => {
    const call = { signal, timeoutMs: 3_000 };
    return (await target.clientOf(node).call('DynamoDB_20120810.ListTables', '{"Limit":1}', call))
      .serverTimeMs;
  };
  const skewMs = await measureSkewMs(nodes, dateOf, clock, signal);
  if (skewMs !== null && skewMs > options.clockSkewMs) {
    const message = `Clocks of the target's nodes differ by ${skewMs} ms at least; target.clockSkewMs is ${options.clockSkewMs}`;
    problems.add(null, new ConnectError('TARGET_CLOCK_SKEW', message, { detail: { skewMs } }));
  }
  return skewMs;
}
