import { ConnectError } from '../connectors/errors.ts';
import { isGlob, isSelected } from '../connectors/table-globs.ts';
import { listTables } from '../dynamodb/tables.ts';
import type { Access } from './access.ts';
import { clientsFor } from './access.ts';
import { sourceFault } from './faults.ts';

/**
 * The tables that a list of names and globs means, globs resolved by asking the source; sorted.
 *
 * @throws SOURCE_TABLE_MISSING when a glob matches none; what reaching the source throws.
 */
export async function selectTables(
  access: Access,
  entries: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const literal = entries.filter((entry) => !isGlob(entry));
  if (literal.length === entries.length) return [...new Set(literal)].sort();
  const found = new Set(literal);
  const empty = new Set(entries.filter(isGlob));
  try {
    for await (const page of listTables(clientsFor(access).control, signal)) {
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
