import { ConnectError } from '../connectors/errors.ts';
import { listTables } from '../dynamodb/tables.ts';
import { sourceFault } from '../source/faults.ts';
import type { Migration } from './config/defaults.ts';
import { isGlob, isSelected } from './config/globs.ts';
import { sourceClients } from './wiring.ts';

/**
 * The tables that a migration file names, globs resolved by asking the source; sorted.
 * @throws SOURCE_TABLE_MISSING when a glob matches none; what reaching the source throws.
 */
export async function tablesOfSource(migration: Migration, signal: AbortSignal): Promise<string[]> {
  const entries = migration.source.tables;
  const literal = entries.filter((entry) => !isGlob(entry));
  if (literal.length === entries.length) return [...new Set(literal)].sort();
  const found = new Set(literal);
  const empty = new Set(entries.filter(isGlob));
  try {
    for await (const page of listTables(sourceClients(migration).control, signal)) {
      for (const name of page) {
        if (isSelected(entries, name)) found.add(name);
        for (const entry of empty) if (isSelected([entry], name)) empty.delete(entry);
      }
    }
  } catch (error) {
    throw sourceFault(error, 'Listing tables');
  }
  const [unmatched] = empty;
  if (unmatched !== undefined) {
    throw new ConnectError('SOURCE_TABLE_MISSING', `source.tables: no table matches ${unmatched}`);
  }
  return [...found].sort();
}

/** The same, of the tables that the catalog knows: no access to the source is needed. */
export function tablesOfCatalog(migration: Migration, known: readonly string[]): string[] {
  const { tables } = migration.source;
  return known.filter((table) => isSelected(tables, table)).sort();
}

/**
 * Tables of the catalog, where every one that the file names must be: it would be left out in silence.
 *
 * @param known literal names, of {@link tablesOfCatalog}.
 * @throws NOT_MIGRATED
 */
export function allInCatalog({ name, source }: Migration, known: readonly string[]): readonly string[] {
  const missing = source.tables.find((entry) => !isGlob(entry) && !known.includes(entry));
  if (missing === undefined && known.length > 0) return known;
  const what = missing === undefined ? 'none of its tables' : `no table ${missing}`;
  throw new ConnectError('NOT_MIGRATED', `The catalog of ${name} knows ${what}`);
}
