import type { SnapshotFacts, TableFacts } from '../../connectors/catalog-records.ts';
import type { SnapshotAsked, TaskContext } from '../../connectors/connector.ts';
import { openExport, snapshotFacts } from './found-export.ts';
import { urlOf } from './locate.ts';
import { type ExportSummary, invalid } from './manifest.ts';
import type { ExportSourceOptions, RequestOptions } from './options.ts';
import { type RequestedExport, requestedExport } from './request.ts';
import { requestClient } from './request-client.ts';

/** By how much manifest and DescribeExport may differ in the time of an export, ms: an export is no sharper. */
const FUZZ_MS = 60_000;

/** How the export of a table is asked for; null: a manifest is named for it, or nothing is to be asked for. */
export function requestFor(options: ExportSourceOptions, table: string): RequestOptions | null {
  return Object.hasOwn(options.manifests, table) ? null : (options.request ?? null);
}

/** A full export of the table, asked for now or by an earlier call, as its manifests tell. */
export async function takeRequested(
  options: ExportSourceOptions,
  request: RequestOptions,
  table: TableFacts,
  asked: SnapshotAsked,
  context: TaskContext,
): Promise<SnapshotFacts> {
  const place = { region: options.region, request };
  const exported = await requestedExport(requestClient(options), place, table, asked, context);
  const found = await openExport(options, table, exported.summary, context);
  assertDescribed(found.summary, exported);
  return snapshotFacts(found, context.signal);
}

/** Throws EXPORT_MANIFEST_INVALID unless the manifest is that of the export which DescribeExport told of. */
export function assertDescribed(
  { id, exportMs, place }: Pick<ExportSummary, 'id' | 'exportMs' | 'place'>,
  described: Pick<RequestedExport, 'arn' | 'exportMs'>,
): void {
  const url = urlOf(place.summary);
  if (!described.arn.endsWith(`/${id}`))
    throw invalid(url, `is that of export ${id}, not of ${described.arn}`);
  if (described.exportMs !== null && Math.abs(exportMs - described.exportMs) > FUZZ_MS) {
    const [its, told] = [exportMs, described.exportMs].map((ms) => new Date(ms).toISOString());
    throw invalid(url, `has the exportTime ${its}; DescribeExport says ${told}`);
  }
}
