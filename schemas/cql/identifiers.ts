/** What a table may be called: word characters alone, quoted or not (ScyllaDB, Cassandra: CREATE TABLE); 192 is ScyllaDB's limit. */
export const TABLE_NAME = /^[A-Za-z0-9_]{1,192}$/;

/** A name as CQL takes it whatever is in it: letter case, blanks, dots and reserved words stay as they are. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
