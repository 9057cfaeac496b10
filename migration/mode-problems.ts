import type { Problem } from '../connectors/connector.ts';
import { ConnectError } from '../connectors/errors.ts';
import type { Catalog } from '../connectors/runtime/catalog.ts';
import type { Migration } from './config/defaults.ts';

/**
 * Tables that were begun with their changes and shall go on without them, or the other way round (rule C1).
 *
 * @param isRenewed a new epoch begins: a copy may begin to be followed there.
 */
export function modeProblems(
  { source }: Pick<Migration, 'source'>,
  catalog: Pick<Catalog, 'table'> | null,
  tables: readonly string[],
  isRenewed: (table: string) => boolean = () => false,
): Problem[] {
  return tables.flatMap((table) => {
    const epoch = catalog?.table(table)?.epoch;
    if (epoch === undefined) return [];
    const message = changedMode(epoch.streamArn !== null, source.changes === 'streams', isRenewed(table));
    if (message === null) return [];
    const detail = { detail: { table } };
    return [{ table, error: new ConnectError('SOURCE_MODE_CHANGED', `Table ${table} ${message}`, detail) }];
  });
}

function changedMode(isCaptured: boolean, follows: boolean, isRenewed: boolean): string | null {
  if (isCaptured && !follows) return 'is captured; source.changes: none would let its changes be lost';
  if (!isCaptured && follows && !isRenewed) {
    return 'was copied without its changes (source.changes: none); those since are not known';
  }
  return null;
}
