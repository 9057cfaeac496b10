import { ConnectError } from '../connectors/errors.ts';
import { isGlob, isSelected } from '../connectors/table-globs.ts';
import type { Migration } from './config/defaults.ts';

/** The tables that a migration file names, of those that the catalog knows: no access to the source is needed. */
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
