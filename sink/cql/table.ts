import type { TableSettings } from '../../connectors/catalog-records.ts';
import type { TaskContext } from '../../connectors/connector.ts';
import { ConnectError } from '../../connectors/errors.ts';
import type { CqlTable } from '../../schemas/cql/table-mapping.ts';
import type { Cluster } from './cluster.ts';
import {
  alterTableText,
  createKeyspaceText,
  createTableText,
  createTypeText,
  dropTableText,
  dropTypeText,
  LONG_LIVED_TOMBSTONES,
} from './ddl.ts';
import { differencesOf, outdatedTypes, typeDifferencesOf } from './differences.ts';
import { atCluster } from './faults.ts';
import { type FoundTable, findTable, findTypes, keyspaceNames } from './found-table.ts';
import type { CqlOptions } from './options.ts';
import { qualified, selectAnyText } from './statements.ts';

export type TableOptions = Pick<CqlOptions, 'createTables' | 'existing'>;

/** What will become of a target table. */
export interface TablePlan {
  readonly exists: boolean;
  /** What will be executed, in this order. */
  readonly statements: readonly string[];
}

/** Longest name of a table (ScyllaDB docs/reference/limits.rst; Cassandra SchemaConstants.NAME_LENGTH). */
const NAME_MAX = { scylladb: 192, cassandra: 48 } as const;

/** Throws what makes the target table unusable; null: it is missing and will be created. Touches nothing. */
export async function inspectTable(
  cluster: Cluster,
  table: CqlTable,
  options: TableOptions,
  first: boolean,
  context: TaskContext,
): Promise<FoundTable | null> {
  context.signal.throwIfAborted();
  checkName(cluster, table);
  await checkKeyspace(cluster);
  const found = await findTable(cluster, table.name);
  if (found === null && !options.createTables) {
    const message = `Target table ${nameOf(cluster, table)} does not exist`;
    throw new ConnectError('TARGET_TABLE_MISSING', message, { detail: { table: table.name } });
  }
  await checkAgreement(cluster, table, found);
  // Rule C11: a first load may not mix with rows that somebody else has put there.
  if (found !== null && first && options.existing === 'refuse' && (await holdsRow(cluster, table))) {
    // Deleted ones would hide what is written with the versions of a snapshot, which are older than their tombstones.
    const message = `Target table ${nameOf(cluster, table)} holds rows before the first load (TRUNCATE takes them away, DELETE would hide new ones)`;
    throw new ConnectError('TARGET_NOT_EMPTY', message, { detail: { table: table.name } });
  }
  return found;
}

/** What {@link makeTable} would do. Throws as {@link inspectTable}. */
export async function planTable(
  cluster: Cluster,
  table: CqlTable,
  options: TableOptions,
  first: boolean,
  context: TaskContext,
): Promise<TablePlan> {
  const found = await inspectTable(cluster, table, options, first, context);
  const { keyspace, dialect } = cluster;
  const changed = found === null ? LONG_LIVED_TOMBSTONES[dialect] : tombstoneChange(cluster, found)?.to;
  return {
    exists: found !== null,
    statements: [
      ...(found === null ? creation(keyspace, table) : []),
      ...(changed === undefined ? [] : [alterTableText(keyspace, table.name, changed)]),
    ],
  };
}

/**
 * Creates the target table where it is missing, with its types, and lets its tombstones live as long as rule C6 needs them.
 * Throws as {@link inspectTable}.
 *
 * @returns settings that were changed, as they were.
 */
export async function makeTable(
  cluster: Cluster,
  table: CqlTable,
  options: TableOptions,
  first: boolean,
  context: TaskContext,
): Promise<TableSettings> {
  const { keyspace } = cluster;
  let found = await inspectTable(cluster, table, options, first, context);
  if (found === null) {
    context.log.info({ table: table.name }, 'creating the target table');
    for (const statement of creation(keyspace, table)) await change(cluster, context, statement);
    // Another task may have been faster, with another mapping.
    found = await inspectTable(cluster, table, options, false, context);
  }
  const tombstones = found === null ? null : tombstoneChange(cluster, found);
  if (tombstones === null) return {};
  context.log.info({ table: table.name, ...tombstones.to }, 'letting tombstones live through the migration');
  await change(cluster, context, alterTableText(keyspace, table.name, tombstones.to));
  return tombstones.from;
}

/** Drops the target table, and those of the mapping's types that are defined in another way now, or use one that is. */
export async function dropTable(cluster: Cluster, table: CqlTable, context: TaskContext): Promise<void> {
  const { keyspace } = cluster;
  await change(cluster, context, dropTableText(keyspace, table.name));
  for (const type of outdatedTypes(table, await findTypes(cluster))) {
    await change(cluster, context, dropTypeText(keyspace, type));
  }
}

function creation(keyspace: string, table: CqlTable): string[] {
  return [...table.types.map((type) => createTypeText(keyspace, type)), createTableText(keyspace, table)];
}

/** Null: tombstones live long enough. */
function tombstoneChange(
  cluster: Cluster,
  found: FoundTable,
): { from: TableSettings; to: TableSettings } | null {
  const to = LONG_LIVED_TOMBSTONES[cluster.dialect];
  const from = found.tombstones;
  const isEnough =
    cluster.dialect === 'scylladb'
      ? /'mode'\s*:\s*'disabled'/.test(from['tombstone_gc'] ?? '')
      : Number(from['gc_grace_seconds']) >= Number(to['gc_grace_seconds']);
  return isEnough ? null : { from, to };
}

async function change(cluster: Cluster, context: TaskContext, statement: string): Promise<void> {
  context.signal.throwIfAborted();
  if (await cluster.changeSchema(statement)) return;
  throw new ConnectError('TARGET_UNREACHABLE', 'The nodes of the target do not agree on the schema yet');
}

async function checkKeyspace(cluster: Cluster): Promise<void> {
  const { keyspace } = cluster;
  const names = await keyspaceNames(cluster);
  if (names.includes(keyspace)) return;
  const likely = names.find((name) => name.toLowerCase() === keyspace.toLowerCase());
  const hint = likely === undefined ? '' : ` (there is "${likely}": letters count with their case)`;
  const statement = createKeyspaceText(keyspace, cluster.dataCenters, cluster.dialect);
  throw new ConnectError(
    'TARGET_KEYSPACE_MISSING',
    `Keyspace "${keyspace}" does not exist${hint}: ${statement};`,
    {
      detail: { keyspace },
    },
  );
}

async function checkAgreement(cluster: Cluster, table: CqlTable, found: FoundTable | null): Promise<void> {
  const types = await findTypes(cluster);
  const differences = [
    ...(found === null ? [] : differencesOf(table, found, types)),
    ...typeDifferencesOf(table, types),
  ];
  if (differences.length === 0) return;
  const message = `Target table ${nameOf(cluster, table)} differs from the mapping: ${differences.join('; ')}`;
  throw new ConnectError('TARGET_SCHEMA', message, { detail: { table: table.name } });
}

async function holdsRow(cluster: Cluster, table: CqlTable): Promise<boolean> {
  const { keyspace, reads } = cluster;
  const result = await atCluster(table.name, () =>
    cluster.execute(selectAnyText(keyspace, table), [], reads),
  );
  return result.rows.length > 0;
}

/** Even quoted names of tables are only letters, digits and underscores (both servers). */
function checkName(cluster: Cluster, table: CqlTable): void {
  const max = NAME_MAX[cluster.dialect];
  if (/^\w+$/.test(table.name) && table.name.length <= max) return;
  throw new ConnectError(
    'TARGET_SCHEMA',
    `A CQL table cannot be called "${table.name}": 1 to ${max} of a-z A-Z 0-9 _; give it another name in a mapping file (into.table)`,
    { detail: { table: table.name } },
  );
}

function nameOf(cluster: Cluster, table: CqlTable): string {
  return qualified(cluster.keyspace, table.name);
}
