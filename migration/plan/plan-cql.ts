import type { TableFacts } from '../../connectors/catalog-records.ts';
import type { TaskContext } from '../../connectors/connector.ts';
import { asConnectError, type ErrorCode } from '../../connectors/errors.ts';
import type { CqlTable } from '../../schemas/cql/table-mapping.ts';
import { Cluster } from '../../sink/cql/cluster.ts';
import { createTableText, createTypeText } from '../../sink/cql/ddl.ts';
import { type CqlOptions, cqlOptions } from '../../sink/cql/options.ts';
import { planTable } from '../../sink/cql/table.ts';
import type { Mappings } from '../mappings.ts';
import type { Problems } from './plan-problems.ts';
import type { TargetOpener, TargetPlan } from './target-plan.ts';

/** Looks at tables of a CQL cluster. Writes carry their versions, so its clocks are of no interest (rule C6). */
export function openCql(
  sinkOptions: unknown,
  { tables }: Mappings,
  problems: Problems,
  context: TaskContext,
): TargetOpener {
  const options = cqlOptions.parse(sinkOptions);
  const tableOf = ({ table }: TableFacts): CqlTable => tables.get(table)!.table;
  return {
    unseen: (facts) => targetPlan(options, tableOf(facts), null, null),
    async open() {
      const cluster = await problems.attempt(null, () => Cluster.open(options, context));
      if (cluster === null) return null;
      return {
        plan: (facts) => planOf(cluster, options, tableOf(facts), context),
        clockSkewMs: () => Promise.resolve(null),
        [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
      };
    },
  };
}

/** What is wrong with the table, the sink's own check says. */
async function planOf(
  cluster: Cluster,
  options: CqlOptions,
  table: CqlTable,
  context: TaskContext,
): Promise<TargetPlan> {
  try {
    const { exists, statements } = await planTable(cluster, table, options, false, context);
    return targetPlan(options, table, exists, statements);
  } catch (thrown) {
    context.signal.throwIfAborted();
    return targetPlan(options, table, EXISTS[asConnectError(thrown).code] ?? null, null);
  }
}

/** Whether a table is there, by what is wrong with it. */
const EXISTS: Partial<Record<ErrorCode, boolean>> = {
  TARGET_SCHEMA: true,
  TARGET_TABLE_MISSING: false,
  TARGET_KEYSPACE_MISSING: false,
};

/** @param statements null: not known; those that create a table follow from the mapping */
function targetPlan(
  { keyspace, createTables }: CqlOptions,
  table: CqlTable,
  exists: boolean | null,
  statements: readonly string[] | null,
): TargetPlan {
  const creates = exists !== true && createTables;
  const creation = [
    ...table.types.map((type) => createTypeText(keyspace, type)),
    createTableText(keyspace, table),
  ];
  return {
    table: `${keyspace}.${table.name}`,
    exists,
    create: null,
    statements: statements ?? (creates ? creation : []),
    atCutover: { globalIndexes: [], ttlAttribute: null },
  };
}
