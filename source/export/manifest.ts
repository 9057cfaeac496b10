import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { TableFacts } from '../../connectors/catalog-records.ts';
import { ConnectError } from '../../connectors/errors.ts';
import { beside, type ExportPlace, folderOf, isPlainKey, type Location, urlOf } from './locate.ts';
import { type ObjectStore, readSmall } from './object-store.ts';

/** A summary has some hundred bytes. */
const SUMMARY_BYTES_MAX = 1 << 20;
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** What the lines of data files are: DynamoDB JSON, or Amazon Ion in its text form. */
export type ExportFormat = 'DYNAMODB_JSON' | 'ION';

/** What an export says of itself in its manifest-summary.json. */
export interface ExportSummary {
  readonly place: ExportPlace;
  /** The export's id, such as `01718000000000-1a2b3c4d`. */
  readonly id: string;
  readonly exportArn: string | null;
  /** X, ms: exportTime, or startTime where that is all there is; exportToTime of a window. */
  readonly exportMs: number;
  /** An incremental export, which is a window: its exportFromTime, ms. Null: a full export. */
  readonly fromMs: number | null;
  readonly format: ExportFormat;
  readonly table: string;
  readonly tableId: string | null;
  /** The key of manifest-files.json as it stands in the summary. */
  readonly filesKey: string;
  /** Items of the whole export; null where it does not say. */
  readonly itemCount: number | null;
}

const text = z.string().min(1).nullish();
const time = z.string().regex(ISO_TIME).nullish();

// Fields that AWS may add are tolerated; what real exports leave out is optional.
const summaryFields = z.looseObject({
  exportArn: text,
  startTime: time,
  exportTime: time,
  exportFromTime: time,
  exportToTime: time,
  outputView: text,
  tableArn: text,
  tableId: text,
  manifestFilesS3Key: text,
  itemCount: z.int().min(0).nullish(),
  outputFormat: text,
  exportType: text,
});

const TYPES = new Set(['FULL_EXPORT', 'INCREMENTAL_EXPORT']);
/** The last one is what the prose of the API reference calls the second. */
const VIEWS = new Set(['NEW_AND_OLD_IMAGES', 'NEW_IMAGE', 'NEW_IMAGES']);

type SummaryFields = z.output<typeof summaryFields>;

/**
 * Reads and checks a manifest-summary.json.
 *
 * @throws ConnectError EXPORT_MANIFEST_MISSING, EXPORT_MANIFEST_INVALID, EXPORT_CHECKSUM, and what the store throws
 */
export async function readSummary(
  store: ObjectStore,
  location: Location,
  signal: AbortSignal,
): Promise<ExportSummary> {
  const url = urlOf(location);
  const bytes = await readSmall(store, location, SUMMARY_BYTES_MAX, signal);
  if (bytes === null)
    throw new ConnectError('EXPORT_MANIFEST_MISSING', `${url} does not exist`, { detail: { url } });
  const expected = await manifestChecksum(store, location, signal);
  checkManifest(url, expected, createHash('md5').update(bytes).digest('base64'));
  const fields = parseFields(url, bytes);
  refuseOthers(url, fields);
  const times = isWindow(fields) ? windowTimes(url, fields) : fullTimes(url, fields);
  const table = tableOf(fields.tableArn) ?? tableOf(fields.exportArn);
  if (table === null) throw invalid(url, 'names no table (tableArn)');
  const filesKey = fields.manifestFilesS3Key ?? 'manifest-files.json';
  if (!isPlainKey(filesKey)) throw invalid(url, 'has a manifestFilesS3Key that is no key');
  return {
    place: { summary: location, ownFolder: folderOf(filesKey) },
    id: exportId(fields, location),
    exportArn: fields.exportArn ?? null,
    ...times,
    format: formatOf(url, fields),
    table,
    tableId: fields.tableId ?? null,
    filesKey,
    itemCount: fields.itemCount ?? null,
  };
}

/** Throws EXPORT_OTHER_TABLE unless the export is one of this very table. */
export function checkTable(summary: ExportSummary, table: TableFacts): void {
  const url = urlOf(summary.place.summary);
  const detail = { table: table.table, url };
  if (summary.table !== table.table) {
    const message = `${url} is an export of table ${JSON.stringify(summary.table)}, not of ${JSON.stringify(table.table)}`;
    throw new ConnectError('EXPORT_OTHER_TABLE', message, { detail });
  }
  if (summary.tableId !== null && table.tableId !== null && summary.tableId !== table.tableId) {
    const message = `${url} is an export of TableId ${summary.tableId}; table ${JSON.stringify(table.table)} has ${table.tableId}`;
    throw new ConnectError('EXPORT_OTHER_TABLE', message, { detail });
  }
}

/**
 * What the checksum file beside a manifest says: base64 of an MD5, 24 bytes. Null where there is none.
 *
 * Real exports call it `.md5`, the AWS documentation `.checksum` (developer guide, DynamoDB table export output format).
 */
export async function manifestChecksum(
  store: ObjectStore,
  manifest: Location,
  signal: AbortSignal,
): Promise<string | null> {
  const stem = manifest.key.slice(folderOf(manifest.key).length).replace(/\.json$/, '');
  for (const ending of ['md5', 'checksum']) {
    const location = beside(manifest, `${stem}.${ending}`);
    const bytes = await readSmall(store, location, 1024, signal).catch(noneIfDenied);
    if (bytes !== null) return bytes.toString('latin1').trim();
  }
  return null;
}

// Without s3:ListBucket S3 answers 403 for what is not there; the manifest beside it was readable.
function noneIfDenied(error: unknown): null {
  if (error instanceof ConnectError && error.code === 'SOURCE_ACCESS_DENIED') return null;
  throw error;
}

export function checkManifest(url: string, expected: string | null, actual: string): void {
  if (expected === null || expected === actual) return;
  throw new ConnectError('EXPORT_CHECKSUM', `${url} does not have the MD5 that the file beside it states`, {
    detail: { url },
  });
}

export function invalid(url: string, what: string, cause?: unknown): ConnectError {
  return new ConnectError('EXPORT_MANIFEST_INVALID', `${url} ${what}`, { cause, detail: { url } });
}

function parseFields(url: string, bytes: Buffer): SummaryFields {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch (error) {
    throw invalid(url, 'is not JSON', error);
  }
  const parsed = summaryFields.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.') ?? '';
  throw invalid(url, field === '' ? 'is not a JSON object' : `has a wrong ${field}`, parsed.error);
}

// Full exports have been seen without an exportType.
function isWindow({ exportType, exportFromTime }: SummaryFields): boolean {
  return exportType == null ? exportFromTime != null : exportType === 'INCREMENTAL_EXPORT';
}

type Times = Pick<ExportSummary, 'exportMs' | 'fromMs'>;

function fullTimes(url: string, { exportTime, startTime }: SummaryFields): Times {
  const time = exportTime ?? startTime;
  if (time == null) throw invalid(url, 'names neither exportTime nor startTime');
  return { exportMs: Date.parse(time), fromMs: null };
}

function windowTimes(url: string, { exportFromTime, exportToTime }: SummaryFields): Times {
  if (exportFromTime == null) throw invalid(url, 'is an incremental export that names no exportFromTime');
  if (exportToTime == null) throw invalid(url, 'is an incremental export that names no exportToTime');
  const times = { exportMs: Date.parse(exportToTime), fromMs: Date.parse(exportFromTime) };
  if (times.fromMs < times.exportMs) return times;
  throw invalid(url, `begins at ${exportFromTime}, which is not before its end, ${exportToTime}`);
}

function refuseOthers(url: string, fields: SummaryFields): void {
  const { exportType, outputView } = fields;
  if (exportType != null && !TYPES.has(exportType))
    throw invalid(url, `has the exportType ${exportType}, which this version does not read`);
  if (outputView != null && !VIEWS.has(outputView))
    throw invalid(url, `has the outputView ${outputView}, which does not hold the new images`);
}

function formatOf(url: string, { outputFormat }: SummaryFields): ExportFormat {
  const format = outputFormat ?? 'DYNAMODB_JSON';
  if (format === 'DYNAMODB_JSON' || format === 'ION') return format;
  throw invalid(url, `is an export in ${format}, which this version does not read`);
}

/** `arn:…:table/Orders` or `arn:…:table/Orders/export/…` → `Orders`. */
function tableOf(arn: string | null | undefined): string | null {
  return /:table\/([^/]+)/.exec(arn ?? '')?.[1] ?? null;
}

function exportId(fields: SummaryFields, location: Location): string {
  const named = /\/export\/([^/]+)$/.exec(fields.exportArn ?? '')?.[1];
  return named ?? folderOf(location.key).split('/').at(-2) ?? 'export';
}
