import type { SnapshotFacts } from '../../connectors/catalog-records.ts';
import { ConnectError } from '../../connectors/errors.ts';
import { parseLocation, urlOf } from './locate.ts';
import type { ExportSourceOptions } from './options.ts';

/**
 * EXPORT_CHANGED where the options name other manifests than those that a table is loaded from; null: they name the same,
 * or none.
 */
export function changedExport(
  { manifests, incremental }: Pick<ExportSourceOptions, 'manifests' | 'incremental'>,
  table: string,
  chain: readonly SnapshotFacts[],
): ConnectError | null {
  const manifest = Object.hasOwn(manifests, table) ? manifests[table] : undefined;
  // None: it was begun from something else than manifests.
  const begun = chain.flatMap(({ facts }) => facts['summary'] ?? []).map(String);
  if (manifest === undefined || begun.length === 0) return null;
  const windows = Object.hasOwn(incremental, table) ? incremental[table] : undefined;
  const named = [manifest, ...(windows ?? [])].map((url) => urlOf(parseLocation(url)));
  const difference = differenceOf(table, begun, named);
  return difference === null ? null : new ConnectError('EXPORT_CHANGED', difference, { detail: { table } });
}

/** The first difference between two chains of manifests, full export first, in words; null: there is none. */
function differenceOf(table: string, begun: readonly string[], named: readonly string[]): string | null {
  const at = Array.from({ length: Math.max(begun.length, named.length) }, (_, i) => i).find(
    (i) => begun[i] !== named[i],
  );
  if (at === undefined) return null;
  const [was, is] = [begun[at], named[at]];
  if (at === 0) return `Table ${table} is loaded from ${was}; the configuration names ${is}`;
  const chain = `Table ${table} is loaded from ${begun[0]} and its windows`;
  if (was === undefined)
    return `${chain}, ${begun.length - 1} of them; the configuration names one more, ${is}`;
  return `${chain}; window ${at} is ${was}, the configuration names ${is ?? 'none'}`;
}
