import { quoted } from '../../schemas/cql/identifiers.ts';
import type { CqlColumn, CqlTable } from '../../schemas/cql/table-mapping.ts';

/** What kind of server it is: ScyllaDB has words in its statements that Cassandra does not know. */
export type Dialect = 'scylladb' | 'cassandra';

/** A table's name with its keyspace, quoted. */
export function qualified(keyspace: string, table: string): string {
  return `${quoted(keyspace)}.${quoted(table)}`;
}

/** All columns in the order of a row's values: key columns first. */
export function columnsOf(table: CqlTable): readonly CqlColumn[] {
  return [...table.partitionKey, ...table.clusteringKey, ...table.columns];
}

/** Parameters: the columns' values, the timestamp in µs and, with `ttl`, the seconds to live. */
export function insertText(keyspace: string, table: CqlTable, ttl: boolean): string {
  const columns = columnsOf(table);
  const values = columns.map(() => '?').join(', ');
  const using = ttl ? 'USING TIMESTAMP ? AND TTL ?' : 'USING TIMESTAMP ?';
  return `INSERT INTO ${qualified(keyspace, table.name)} (${names(columns)}) VALUES (${values}) ${using}`;
}

/** Parameters: the timestamp in µs, and the key's values. */
export function deleteText(keyspace: string, table: CqlTable): string {
  return `DELETE FROM ${qualified(keyspace, table.name)} USING TIMESTAMP ? WHERE ${isKey(table)}`;
}

/** Reads a row; parameters: the key's values. */
export function selectText(keyspace: string, table: CqlTable): string {
  return `SELECT ${names(columnsOf(table))} FROM ${qualified(keyspace, table.name)} WHERE ${isKey(table)}`;
}

/** Reads the rows of a range of tokens; parameters: the token before it, and its last one. */
export function selectRangeText(keyspace: string, table: CqlTable, dialect: Dialect): string {
  const token = `token(${names(table.partitionKey)})`;
  const select = `SELECT ${names(columnsOf(table))} FROM ${qualified(keyspace, table.name)} WHERE ${token} > ? AND ${token} <= ?`;
  // So that reading everything once does not push the application's rows out of the cache.
  return dialect === 'scylladb' ? `${select} BYPASS CACHE` : select;
}

/** Reads a row and behind its columns the timestamps of {@link timedColumns}, in µs; parameters: the key's values. */
export function selectTimesText(keyspace: string, table: CqlTable): string {
  const times = timedColumns(table).map(({ name }) => `WRITETIME(${quoted(name)})`);
  const selected = [names(columnsOf(table)), ...times].join(', ');
  return `SELECT ${selected} FROM ${qualified(keyspace, table.name)} WHERE ${isKey(table)}`;
}

/** The columns that tell when they were written: no key columns, and none that consist of many cells. */
export function timedColumns(table: CqlTable): readonly CqlColumn[] {
  return table.columns.filter(({ type }) => type.kind === 'native' || type.kind === 'tuple' || type.frozen);
}

/** Reads the key of some row; a table without rows gives none. */
export function selectAnyText(keyspace: string, table: CqlTable): string {
  return `SELECT ${names(table.partitionKey)} FROM ${qualified(keyspace, table.name)} LIMIT 1`;
}

function names(columns: readonly CqlColumn[]): string {
  return columns.map(({ name }) => quoted(name)).join(', ');
}

function isKey(table: CqlTable): string {
  return [...table.partitionKey, ...table.clusteringKey]
    .map(({ name }) => `${quoted(name)} = ?`)
    .join(' AND ');
}
