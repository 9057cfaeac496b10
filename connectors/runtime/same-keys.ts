import type { TableFacts } from '../catalog-records.ts';
import { ConnectError } from '../errors.ts';

/**
 * A table that was created again may have other keys; then its topics are another table's.
 *
 * @throws SOURCE_KEYS_CHANGED
 */
export function assertSameKeys(known: TableFacts, now: TableFacts): void {
  const [before, after] = [known, now].map(keysOf);
  if (before === after) return;
  const message = `Table ${known.table} has other keys than its topics: ${after} now, ${before} there`;
  throw new ConnectError('SOURCE_KEYS_CHANGED', message, { detail: { table: known.table } });
}

const keysOf = ({ keySchema }: TableFacts) =>
  keySchema.map(({ name, type }) => `${name} (${type})`).join(', ');
