import type { TableFacts } from '../../connectors/catalog-records.ts';
import type { TaskContext } from '../../connectors/connector.ts';
import { ConnectError } from '../../connectors/errors.ts';
import { checkChain } from './chain-rules.ts';
import { type FoundExport, openExport } from './found-export.ts';
import { type Location, parseLocation } from './locate.ts';
import type { ExportSourceOptions } from './options.ts';

/** A table's full export and, in their order, the windows that continue it. */
export type Chain = readonly [FoundExport, ...FoundExport[]];

/** Finds all that the options name for a table, and checks that it is one chain (rule C1). */
export async function openChain(
  options: ExportSourceOptions,
  table: TableFacts,
  context: TaskContext,
): Promise<Chain> {
  const full = await openExport(options, table, manifestOf(options, table.table), context);
  const windows: FoundExport[] = [];
  for (const url of named(options.incremental, table.table) ?? []) {
    windows.push(await openExport(options, table, parseLocation(url), context));
  }
  checkChain(
    full.summary,
    windows.map(({ summary }) => summary),
    options.slackSeconds * 1000,
  );
  return [full, ...windows];
}

export function manifestOf(options: ExportSourceOptions, table: string): Location {
  const url = named(options.manifests, table);
  if (url !== undefined) return parseLocation(url);
  throw new ConnectError(
    'EXPORT_MANIFEST_MISSING',
    `No manifest is named for table ${JSON.stringify(table)}`,
    {
      detail: { table },
    },
  );
}

function named<T>(byTable: Readonly<Record<string, T>>, table: string): T | undefined {
  return Object.hasOwn(byTable, table) ? byTable[table] : undefined;
}
