import { setMaxListeners } from 'node:events';
import { asConnectError, ConnectError } from '../../connectors/errors.ts';
import type { ControlClient } from '../../dynamodb/control-client.ts';
import type { DataClient } from '../../dynamodb/data-client.ts';
import { type ScanPage, scanPages } from '../../dynamodb/scan.ts';
import { describeTable } from '../../dynamodb/tables.ts';
import { CodecError } from '../../schemas/faults.ts';
import { ItemScanner } from '../../schemas/scanner.ts';
import type { S3Options } from '../../source/export/object-store.ts';
import { recordFault, sourceFault } from '../../source/faults.ts';
import {
  checksumOf,
  exportFolder,
  filesManifest,
  newExportId,
  summaryManifest,
  type WrittenFile,
} from './export-format.ts';
import { writeSegment } from './export-segment.ts';
import { type ExportTarget, openTarget } from './export-target.ts';

export interface ExportRequest {
  readonly client: DataClient;
  readonly control: ControlClient;
  readonly table: string;
  /** `s3://bucket/prefix` or `file:///directory`. */
  readonly to: string;
  /** How S3 is reached; needed when `to` is there. */
  readonly s3?: S3Options | undefined;
  /** Parallel segments, default 4. */
  readonly segments?: number;
  /** Waits for what a page consumed, see dynamodb/rate.ts; one for all segments. */
  readonly pace?: (consumedUnits: number, signal?: AbortSignal) => Promise<void>;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: ExportProgress) => void;
  /** JSON bytes after which a data file ends; default 64 MiB. */
  readonly fileBytes?: number;
}

export interface ExportProgress {
  readonly items: number;
  /** Uncompressed. */
  readonly bytes: number;
  /** Wholly written ones. */
  readonly files: number;
}

export interface ExportResult {
  /** URL of manifest-summary.json. */
  readonly manifest: string;
  readonly items: number;
  /** Compressed. */
  readonly bytes: number;
  readonly files: number;
  /** X: server time, ms, read before the first item was. */
  readonly exportTimeMs: number;
  readonly seconds: number;
}

/**
 * Scans a table into a full export as AWS writes it, for tables without point-in-time recovery and for stand-ins.
 *
 * X is the source's clock before the first read (rule C1: never our own). The summary manifest is written last: without
 * it nothing here is an export. After a failure the error says what was left where.
 *
 * @throws ConnectError; an Error called AbortError after an abort
 */
export async function exportTable(request: ExportRequest): Promise<ExportResult> {
  const startedMs = performance.now();
  const { control, table: name, signal } = request;
  const table = await describeTable(control, name, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    throw sourceFault(error, `Describing table ${JSON.stringify(name)}`, { table: name });
  });
  const exportTimeMs = table.serverTimeMs;
  using target = openTarget(request.to, request.s3);
  const exportId = newExportId(exportTimeMs);
  const folder = exportFolder(target.prefix, exportId);
  const run = new ExportRun();
  try {
    await put(target, `${folder}_started`, Buffer.alloc(0), signal);
    await scanInto(run, request, table.keySchema, target, folder);
    const { items, plainBytes: bytes, endTimeMs } = run;
    const files = filesManifest(run.files);
    const { bucket, prefix } = target;
    const facts = { table, exportId, bucket, prefix, exportTimeMs, items, bytes };
    const summary = summaryManifest({ ...facts, endTimeMs: Math.max(endTimeMs, exportTimeMs) });
    await put(target, `${folder}manifest-files.json`, files, signal);
    await put(target, `${folder}manifest-files.md5`, checksumOf(files), signal);
    await put(target, `${folder}manifest-summary.md5`, checksumOf(summary), signal);
    await put(target, `${folder}manifest-summary.json`, summary, signal);
  } catch (error) {
    const remains = { table: name, folder: target.url(folder), files: run.files.length };
    throw withRemains(error, remains, signal);
  }
  return {
    manifest: target.url(`${folder}manifest-summary.json`),
    items: run.items,
    bytes: run.files.reduce((sum, file) => sum + file.bytes, 0),
    files: run.files.length,
    exportTimeMs,
    seconds: (performance.now() - startedMs) / 1000,
  };
}

/** What has been written so far. */
class ExportRun {
  readonly files: WrittenFile[] = [];
  items = 0;
  plainBytes = 0;
  endTimeMs = 0;

  get progress(): ExportProgress {
    return { items: this.items, bytes: this.plainBytes, files: this.files.length };
  }
}

async function scanInto(
  run: ExportRun,
  request: ExportRequest,
  keySchema: ConstructorParameters<typeof ItemScanner>[0],
  target: ExportTarget,
  folder: string,
): Promise<void> {
  const { client, table, segments = 4, pace, fileBytes, onProgress } = request;
  const failed = new AbortController();
  const signal = AbortSignal.any([request.signal, failed.signal]);
  // Node warns of a leak above ten listeners; every segment has one.
  setMaxListeners(0, signal);
  const progress = {
    page(items: number, bytes: number, serverTimeMs: number): void {
      run.items += items;
      run.plainBytes += bytes;
      run.endTimeMs = Math.max(run.endTimeMs, serverTimeMs);
      onProgress?.(run.progress);
    },
    file(file: WrittenFile): void {
      run.files.push(file);
      onProgress?.(run.progress);
    },
  };
  const scanSegment = async (segment: number): Promise<void> => {
    const scanner = new ItemScanner(keySchema);
    const paced = pace === undefined ? {} : { pace };
    // An eventually consistent scan could miss writes made before it began.
    const place = { table, segment, totalSegments: segments, consistent: true };
    const pages = classified(scanPages(client, { ...place, scanner, signal, ...paced }), table, signal);
    try {
      await writeSegment(pages, folder, target, progress, signal, fileBytes);
    } catch (error) {
      // The first failure stops the other segments; theirs are its consequences.
      failed.abort(error);
      throw error;
    } finally {
      await pages.return();
    }
  };
  const numbers = Array.from({ length: segments }, (_, segment) => segment);
  await Promise.allSettled(numbers.map(scanSegment));
  signal.throwIfAborted();
}

async function put(target: ExportTarget, key: string, content: Buffer, signal: AbortSignal): Promise<void> {
  const once = async function* (): AsyncGenerator<Buffer> {
    yield content;
  };
  await target.write(key, once(), signal);
}

/** The pages, with what can go wrong said in the words of the table of errors. */
async function* classified(
  pages: AsyncGenerator<ScanPage, void>,
  table: string,
  signal: AbortSignal,
): AsyncGenerator<ScanPage, void> {
  try {
    yield* pages;
  } catch (error) {
    signal.throwIfAborted();
    const action = `Scanning table ${JSON.stringify(table)}`;
    throw error instanceof CodecError
      ? recordFault(error, action, { table })
      : sourceFault(error, action, { table });
  }
}

/** An export that was stopped: an abort, for whoever asks, that says what is left. */
class ExportStoppedError extends Error {
  override readonly name = 'AbortError';
}

function withRemains(error: unknown, remains: Remains, signal: AbortSignal): Error {
  const { table, folder, files } = remains;
  const left = `No export was made; delete ${folder}, where ${files} data files are left without a manifest-summary.json`;
  if (signal.aborted)
    return new ExportStoppedError(`The export of table ${table} was stopped. ${left}`, { cause: error });
  const known = asConnectError(error);
  const detail = { ...known.detail, table, folder, files };
  const what = known.message.replace(/\.$/, '');
  return new ConnectError(known.code, `${what}. ${left}`, { cause: error, detail });
}

interface Remains {
  readonly table: string;
  readonly folder: string;
  readonly files: number;
}
