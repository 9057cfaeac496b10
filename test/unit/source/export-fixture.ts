import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import pino from 'pino';
import type { SnapshotFacts, TableFacts } from '../../../connectors/catalog-records.ts';
import { systemClock } from '../../../connectors/clock.ts';
import type { Position, SourceBatch, SourcePartition, TaskContext } from '../../../connectors/connector.ts';
import { s3ExportSource } from '../../../source/export/connector.ts';
import type { ExportSourceOptions } from '../../../source/export/options.ts';
import { tableFacts } from '../../sink-records.ts';
import { asked } from './snapshot-asked.ts';

/** Exports as AWS writes them, made here with node:zlib and JSON.stringify alone: our own exporter has no part in them. */

export const EXPORT_ID = '01718000000000-1a2b3c4d';
export const TABLE_ID = '0f8fad5b-d9cb-469f-a165-70867728950e';
export const TABLE_ARN = 'arn:aws:dynamodb:eu-west-1:123456789012:table/Music';

export const music: TableFacts = tableFacts('Music', [{ name: 'Artist', type: 'S' }], {
  arn: TABLE_ARN,
  tableId: TABLE_ID,
});

export interface DataFileSpec {
  readonly name: string;
  /** Whole lines without LF, or the file's exact bytes before compression. */
  readonly lines: readonly string[] | Buffer;
  readonly itemCount?: number;
  readonly md5?: string | null;
  /** Changes the compressed bytes after their MD5 was taken. */
  readonly damage?: (gz: Buffer) => Buffer;
  /** Instead of gzip. */
  readonly compressed?: Buffer;
  readonly missing?: boolean;
  readonly key?: string;
}

export interface ExportSpec {
  readonly files: readonly DataFileSpec[];
  /** Prefix in the bucket, with its slash. */
  readonly prefix?: string;
  readonly summary?: Readonly<Record<string, unknown>>;
  readonly checksums?: 'md5' | 'checksum' | 'none' | 'wrong-summary' | 'wrong-files';
  /** How keys stand in the manifests. */
  readonly keys?: 'absolute' | 'relative';
  readonly extraFields?: boolean;
  /** Where the folder of the export really lies, below the directory. Default: where its keys say. */
  readonly folder?: string;
  /** Id of the export. */
  readonly id?: string;
  /** An incremental export: its data files lie in the folder that all incremental exports share. */
  readonly window?: WindowSpec;
}

/** What an incremental export says of its window. Times in ISO 8601. */
export interface WindowSpec {
  readonly from: string;
  readonly to: string;
  readonly view: 'NEW_IMAGE' | 'NEW_AND_OLD_IMAGES';
}

export const md5Of = (bytes: Buffer | string): string => createHash('md5').update(bytes).digest('base64');
export const itemLine = (item: object): string => JSON.stringify({ Item: item });
export const song = (artist: string, more: object = {}): string =>
  itemLine({ Artist: { S: artist }, Price: { N: '9.5' }, ...more });

/** What lies at which path, relative to the directory that stands for the bucket. */
export function exportFiles(spec: ExportSpec): Map<string, Buffer> {
  const shared = `${spec.prefix ?? ''}AWSDynamoDB/`;
  const home = `${shared}${spec.id ?? EXPORT_ID}/`;
  const folder = spec.folder ?? home;
  const base = spec.keys === 'relative' ? '' : home;
  const dataBase = spec.window && base !== '' ? shared : base;
  const dataFolder = spec.window && base !== '' ? folderAbove(folder) : folder;
  const objects = new Map<string, Buffer>();
  const entries: string[] = [];
  let total = 0;
  for (const file of spec.files) {
    const plain = Buffer.isBuffer(file.lines)
      ? file.lines
      : Buffer.from(file.lines.map((l) => `${l}\n`).join(''));
    const gz = file.compressed ?? gzipSync(plain);
    if (file.missing !== true) objects.set(`${dataFolder}data/${file.name}`, file.damage?.(gz) ?? gz);
    const itemCount = file.itemCount ?? (Buffer.isBuffer(file.lines) ? 0 : file.lines.length);
    total += itemCount;
    entries.push(
      JSON.stringify({
        itemCount,
        ...(file.md5 === null ? {} : { md5Checksum: file.md5 ?? md5Of(gz) }),
        etag: '5f2d8c1b7a9e4f60b3d21c0e9a8f7b64-1',
        dataFileS3Key: file.key ?? `${dataBase}data/${file.name}`,
        ...(spec.extraFields ? { compressedSizeBytes: gz.length } : {}),
      }),
    );
  }
  const manifest = Buffer.from(entries.map((e) => `${e}\n`).join(''));
  const summary = Buffer.from(JSON.stringify(summaryOf(spec, base, total)));
  objects.set(`${folder}manifest-files.json`, manifest);
  objects.set(`${folder}manifest-summary.json`, summary);
  const checksums = spec.checksums ?? 'md5';
  if (checksums !== 'none') {
    const ending = checksums === 'checksum' ? 'checksum' : 'md5';
    const wrong = md5Of('something else');
    objects.set(
      `${folder}manifest-summary.${ending}`,
      Buffer.from(checksums === 'wrong-summary' ? wrong : md5Of(summary)),
    );
    objects.set(
      `${folder}manifest-files.${ending}`,
      Buffer.from(checksums === 'wrong-files' ? wrong : md5Of(manifest)),
    );
  }
  return objects;
}

function summaryOf(spec: ExportSpec, base: string, itemCount: number): object {
  const { window } = spec;
  const times = window
    ? {
        version: '2023-08-01',
        exportFromTime: window.from,
        exportToTime: window.to,
        outputView: window.view,
        exportType: 'INCREMENTAL_EXPORT',
      }
    : { version: '2020-06-30', exportTime: '2024-06-10T06:13:20.000Z' };
  const full: Record<string, unknown> = {
    ...times,
    exportArn: `${TABLE_ARN}/export/${spec.id ?? EXPORT_ID}`,
    startTime: '2024-06-10T06:13:21.000Z',
    endTime: '2024-06-10T06:18:41.377Z',
    tableArn: TABLE_ARN,
    tableId: TABLE_ID,
    s3Bucket: 'example-exports',
    s3Prefix: null,
    s3SseAlgorithm: 'AES256',
    s3SseKmsKeyId: null,
    manifestFilesS3Key: `${base}manifest-files.json`,
    billedSizeBytes: 412,
    itemCount,
    outputFormat: 'DYNAMODB_JSON',
    ...spec.summary,
    ...(spec.extraFields ? { aFieldOfTomorrow: { deep: [1] } } : {}),
  };
  // `undefined` in spec.summary leaves a field out: JSON.stringify drops it.
  return full;
}

export interface WrittenExport extends AsyncDisposable {
  readonly directory: string;
  readonly summaryUrl: string;
}

/** `a/b/` → `a/`. */
const folderAbove = (folder: string): string =>
  folder.slice(0, folder.lastIndexOf('/', folder.length - 2) + 1);

export async function writeExport(spec: ExportSpec): Promise<WrittenExport> {
  const directory = await mkdtemp(join(tmpdir(), 'messina-export-'));
  const summaryUrl = await writeFiles(directory, spec);
  return {
    directory,
    summaryUrl,
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

/** A full export and windows, in one directory that stands for the bucket. */
export async function writeChain(
  specs: readonly ExportSpec[],
): Promise<{ directory: string; summaryUrls: readonly string[] } & AsyncDisposable> {
  const directory = await mkdtemp(join(tmpdir(), 'messina-export-'));
  const summaryUrls: string[] = [];
  for (const spec of specs) summaryUrls.push(await writeFiles(directory, spec));
  return {
    directory,
    summaryUrls,
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

/** The URL of the summary. */
async function writeFiles(directory: string, spec: ExportSpec): Promise<string> {
  let summaryUrl = '';
  for (const [path, bytes] of exportFiles(spec)) {
    const target = join(directory, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, bytes);
    if (path.endsWith('manifest-summary.json')) summaryUrl = pathToFileURL(target).href;
  }
  return summaryUrl;
}

export function optionsFor(summaryUrl: string, more: object = {}): ExportSourceOptions {
  return s3ExportSource.options.parse({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    manifests: { Music: summaryUrl },
    ...more,
  });
}

export const testContext = (signal: AbortSignal = new AbortController().signal): TaskContext => ({
  log: pino({ level: 'silent' }),
  clock: systemClock,
  signal,
});

/** Options for the exports of a chain. */
export function chainOptions([full, ...windows]: readonly string[], more: object = {}): ExportSourceOptions {
  return optionsFor(full ?? '', { incremental: { Music: windows }, ...more });
}

export interface SnapshotReading {
  readonly snapshot: SnapshotFacts;
  readonly partitions: SourcePartition[];
  readonly batches: SourceBatch[];
}

/** Everything a snapshot gives, by the contract alone. */
export async function readAll(options: ExportSourceOptions, table = music): Promise<SnapshotReading> {
  const [snapshot] = await s3ExportSource.take(options, table, asked(), testContext());
  return readSnapshot(options, snapshot, table);
}

/** The full export and the windows of a chain, each as a whole and in their order. */
export async function readChain(options: ExportSourceOptions, table = music): Promise<SnapshotReading[]> {
  const readings: SnapshotReading[] = [];
  for (const snapshot of await s3ExportSource.take(options, table, asked(), testContext())) {
    readings.push(await readSnapshot(options, snapshot, table));
  }
  return readings;
}

async function readSnapshot(
  options: ExportSourceOptions,
  snapshot: SnapshotFacts,
  table: TableFacts,
): Promise<SnapshotReading> {
  const context = testContext();
  const partitions: SourcePartition[] = [];
  const batches: SourceBatch[] = [];
  for await (const partition of s3ExportSource.discover(options, table, snapshot, context)) {
    partitions.push(partition);
    batches.push(...(await readPartition(options, partition, snapshot, null, table)));
  }
  return { snapshot, partitions, batches };
}

export async function readPartition(
  options: ExportSourceOptions,
  partition: SourcePartition,
  snapshot: SnapshotFacts,
  position: Position | null,
  table = music,
): Promise<SourceBatch[]> {
  const from = { position, parents: [], table, snapshot, version: 1_718_000_000_000_000 };
  await using reader = await s3ExportSource.open(options, partition, from, testContext());
  const batches: SourceBatch[] = [];
  for (;;) {
    const batch = await reader.poll();
    batches.push(batch);
    if (batch.done) return batches;
  }
}

export const artists = (batches: readonly SourceBatch[]): string[] =>
  batches.flatMap((batch) =>
    batch.records.map((record) => {
      const value = record.after?.attributes.get('Artist');
      return value !== undefined && 'S' in value ? value.S : '?';
    }),
  );
