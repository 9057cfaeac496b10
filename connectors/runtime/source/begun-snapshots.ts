import type { Problem } from '../../connector.ts';
import type { Catalog } from '../catalog.ts';
import type { SourceRun } from './source-world.ts';

/**
 * A snapshot that was begun is finished from where it was begun, and one that stands in the topics is not read again: options that
 * name another one would be ignored in silence.
 *
 * @param catalog null: nothing was begun
 */
export function changedSnapshots(
  run: SourceRun,
  tables: readonly string[],
  catalog: Catalog | null,
): Problem[] {
  if (catalog === null || run.kind !== 'snapshot') return [];
  const { plugin, options } = run;
  return tables.flatMap((table) => {
    const begun = catalog.currentChain(table);
    if (begun.length === 0) return [];
    const facts = begun.map((snapshot) => snapshot.facts);
    const error = plugin.changed?.(options, table, facts) ?? null;
    return error === null ? [] : [{ table, error }];
  });
}
