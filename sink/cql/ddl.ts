import type { TableSettings } from '../../connectors/catalog-records.ts';
import { quoted } from '../../schemas/cql/identifiers.ts';
import { typeText } from '../../schemas/cql/parse-type.ts';
import type { CqlColumn, CqlTable } from '../../schemas/cql/table-mapping.ts';
import type { UdtField } from '../../schemas/cql/type.ts';
import { columnsOf, type Dialect, qualified } from './statements.ts';

/**
 * Settings under which tombstones outlive any lateness (rule C6): a change that arrives later than the delete behind it
 * must still find that delete. ScyllaDB docs/cql/ddl.rst, Tombstones GC options; Cassandra: gc_grace_seconds, a year.
 */
export const LONG_LIVED_TOMBSTONES: Readonly<Record<Dialect, TableSettings>> = {
  scylladb: { tombstone_gc: "{'mode': 'disabled'}" },
  cassandra: { gc_grace_seconds: String(365 * 24 * 3600) },
};

const REPLICAS = 3;

/** CREATE KEYSPACE as a proposal: three copies per data centre, where there are nodes enough. */
export function createKeyspaceText(
  keyspace: string,
  dataCenters: ReadonlyMap<string, number>,
  dialect: Dialect,
): string {
  const copies = [...dataCenters]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, nodes]) => `'${name.replaceAll("'", "''")}': ${Math.min(REPLICAS, nodes)}`);
  const replication = ["'class': 'NetworkTopologyStrategy'", ...copies].join(', ');
  const tablets = dialect === 'scylladb' ? " AND tablets = {'enabled': true}" : '';
  return `CREATE KEYSPACE ${quoted(keyspace)} WITH replication = {${replication}}${tablets}`;
}

export function createTypeText(
  keyspace: string,
  type: { readonly name: string; readonly fields: readonly UdtField[] },
): string {
  const fields = type.fields.map((field) => `${quoted(field.name)} ${typeText(field.type)}`).join(', ');
  return `CREATE TYPE IF NOT EXISTS ${qualified(keyspace, type.name)} (${fields})`;
}

export function createTableText(keyspace: string, table: CqlTable): string {
  const columns = columnsOf(table).map(({ name, type }) => `${quoted(name)} ${typeText(type)}`);
  const primaryKey = [
    `(${names(table.partitionKey)})`,
    ...table.clusteringKey.map(({ name }) => quoted(name)),
  ];
  const definition = [...columns, `PRIMARY KEY (${primaryKey.join(', ')})`].join(', ');
  const options = table.options === null ? '' : ` WITH ${table.options}`;
  return `CREATE TABLE IF NOT EXISTS ${qualified(keyspace, table.name)} (${definition})${options}`;
}

/** @param settings by their names, written as CQL writes them. */
export function alterTableText(keyspace: string, table: string, settings: TableSettings): string {
  const changes = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  return `ALTER TABLE ${qualified(keyspace, table)} WITH ${changes.join(' AND ')}`;
}

export function dropTableText(keyspace: string, table: string): string {
  return `DROP TABLE IF EXISTS ${qualified(keyspace, table)}`;
}

export function dropTypeText(keyspace: string, type: string): string {
  return `DROP TYPE IF EXISTS ${qualified(keyspace, type)}`;
}

function names(columns: readonly CqlColumn[]): string {
  return columns.map(({ name }) => quoted(name)).join(', ');
}
