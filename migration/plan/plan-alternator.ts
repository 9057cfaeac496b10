import type { TableFacts } from '../../connectors/catalog-records.ts';
import type { TaskContext } from '../../connectors/connector.ts';
import { ConnectError } from '../../connectors/errors.ts';
import { DynamoDbError } from '../../dynamodb/errors.ts';
import { createTableInput } from '../../dynamodb/table-changes.ts';
import { describeTable } from '../../dynamodb/tables.ts';
import { atTarget } from '../../sink/alternator/faults.ts';
import { type AlternatorOptions, alternatorOptions, targetTableOf } from '../../sink/alternator/options.ts';
import { tableSpec } from '../../sink/alternator/table.ts';
import { Target } from '../../sink/alternator/target.ts';
import { measureSkewMs } from '../target-clocks.ts';
import type { Problems } from './plan-problems.ts';
import type { TargetOpener, TargetPlan } from './target-plan.ts';

/** Looks at tables of Alternator, and at the clocks of its nodes. */
export function openAlternator(sinkOptions: unknown, problems: Problems, context: TaskContext): TargetOpener {
  const options = alternatorOptions.parse(sinkOptions);
  return {
    unseen: (facts) => targetPlan(options, facts, null),
    async open() {
      const target = await problems.attempt(null, () => Target.open(options, context));
      if (target === null) return null;
      return {
        async plan(facts) {
          const name = targetTableOf(options, facts.table);
          const exists = await problems.attempt(facts.table, () => isThere(target, name, context.signal));
          return targetPlan(options, facts, exists);
        },
        clockSkewMs: () => skewOf(target, options, problems, context),
        [Symbol.asyncDispose]: () => target[Symbol.asyncDispose](),
      };
    },
  };
}

function targetPlan(options: AlternatorOptions, facts: TableFacts, exists: boolean | null): TargetPlan {
  const create =
    exists === true || !options.createTables ? null : createTableInput(tableSpec(options, facts));
  return {
    table: targetTableOf(options, facts.table),
    exists,
    create,
    statements: [],
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
