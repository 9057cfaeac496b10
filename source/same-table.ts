import type { TableFacts } from '../connectors/catalog-records.ts';
import { ConnectError } from '../connectors/errors.ts';

/**
 * Another TableId under the same name is another table: what happened in between is lost (rule C5).
 *
 * Stand-ins without TableIds are believed.
 */
export function assertSameTable(known: TableFacts, liveId: string | null): void {
  if (known.tableId === null || liveId === null || known.tableId === liveId) return;
  throw new ConnectError(
    'SOURCE_DATA_GAP',
    `Table ${known.table} was deleted and created again: its TableId changed`,
    { detail: { table: known.table } },
  );
}
