import type { TableSettings } from '../../connectors/catalog-records.ts';
import { parseCqlType, TypeSyntaxError, type UdtType } from '../../schemas/cql/parse-type.ts';
import type { UdtField } from '../../schemas/cql/type.ts';
import type { Cluster } from './cluster.ts';
import { qualified } from './statements.ts';

/** A table as the server describes it. */
export interface FoundTable {
  /** In the order of the key. */
  readonly partitionKey: readonly FoundColumn[];
  readonly clusteringKey: readonly FoundColumn[];
  readonly columns: readonly FoundColumn[];
  /** Names of columns that all rows of a partition share. */
  readonly statics: readonly string[];
  /** Seconds after which rows without a TTL of their own vanish; 0: they stay. */
  readonly defaultTtlSeconds: number;
  /** How long tombstones live, as ALTER TABLE would write it. */
  readonly tombstones: TableSettings;
}

export interface FoundColumn {
  readonly name: string;
  /** As the server prints it. */
  readonly type: string;
}

/** Names of all keyspaces. */
export async function keyspaceNames(cluster: Cluster): Promise<string[]> {
  const rows = await cluster.query('SELECT keyspace_name FROM system_schema.keyspaces');
  return rows.map((row) => String(row['keyspace_name']));
}

/** Null: there is no table of this name in the cluster's keyspace. */
export async function findTable(cluster: Cluster, name: string): Promise<FoundTable | null> {
  const place = [cluster.keyspace, name];
  const [found] = await cluster.query(
    'SELECT gc_grace_seconds, default_time_to_live FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?',
    place,
  );
  if (found === undefined) return null;
  const rows = await cluster.query(
    'SELECT column_name, kind, position, type FROM system_schema.columns WHERE keyspace_name = ? AND table_name = ?',
    place,
  );
  const ofKind = (kind: string): FoundColumn[] =>
    rows
      .filter((row) => row['kind'] === kind)
      .sort((a, b) => Number(a['position']) - Number(b['position']))
      .map((row) => ({ name: String(row['column_name']), type: String(row['type']) }));
  return {
    partitionKey: ofKind('partition_key'),
    clusteringKey: ofKind('clustering'),
    columns: ofKind('regular'),
    statics: ofKind('static').map((column) => column.name),
    defaultTtlSeconds: Number(found['default_time_to_live'] ?? 0),
    tombstones:
      cluster.dialect === 'scylladb'
        ? await tombstoneMode(cluster, name)
        : { gc_grace_seconds: String(found['gc_grace_seconds']) },
  };
}

/** The id that the cluster gave the table when it was made, the same on all its nodes; null: there is no table. */
export async function findTableId(cluster: Cluster, name: string): Promise<string | null> {
  const [found] = await cluster.query(
    'SELECT id FROM system_schema.tables WHERE keyspace_name = ? AND table_name = ?',
    [cluster.keyspace, name],
  );
  return found === undefined ? null : String(found['id']);
}

/** The user-defined types of the cluster's keyspace, by their names; those that no attribute could become are left out. */
export async function findTypes(cluster: Cluster): Promise<ReadonlyMap<string, UdtType>> {
  const rows = await cluster.query(
    'SELECT type_name, field_names, field_types FROM system_schema.types WHERE keyspace_name = ?',
    [cluster.keyspace],
  );
  return typesOf(
    rows.map((row) => ({
      name: String(row['type_name']),
      fieldNames: row['field_names'] as string[],
      fieldTypes: row['field_types'] as string[],
    })),
  );
}

/** A row of system_schema.types. */
export interface FoundType {
  readonly name: string;
  readonly fieldNames: readonly string[];
  /** As the server prints them. */
  readonly fieldTypes: readonly string[];
}

/** Types may use each other, and come in any order. */
export function typesOf(found: readonly FoundType[]): ReadonlyMap<string, UdtType> {
  const types = new Map<string, UdtType>();
  let waiting = found;
  for (;;) {
    const left = waiting.filter((type) => {
      const fields = fieldsOf(type, types);
      if (fields !== null) types.set(type.name, { kind: 'udt', frozen: false, name: type.name, fields });
      return fields === null;
    });
    if (left.length === waiting.length) return types;
    waiting = left;
  }
}

/** Null: a field's type is not known, or not yet. */
function fieldsOf(type: FoundType, types: ReadonlyMap<string, UdtType>): UdtField[] | null {
  try {
    return type.fieldNames.map((name, i) => ({ name, type: parseCqlType(type.fieldTypes[i] ?? '', types) }));
  } catch (error) {
    if (error instanceof TypeSyntaxError) return null;
    throw error;
  }
}

/** ScyllaDB keeps it where only DESCRIBE shows it as text (docs/cql/describe-schema.rst). */
async function tombstoneMode(cluster: Cluster, name: string): Promise<TableSettings> {
  const rows = await cluster.query(`DESCRIBE TABLE ${qualified(cluster.keyspace, name)}`);
  const mode = /\btombstone_gc\s*=\s*(\{[^}]*\})/.exec(
    rows.map((row) => String(row['create_statement'])).join('\n'),
  );
  return { tombstone_gc: mode?.[1] ?? "{'mode': 'timeout'}" };
}
