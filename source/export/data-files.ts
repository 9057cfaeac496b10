import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ConnectError } from '../../connectors/errors.ts';
import { LineSplitter } from './lines.ts';
import {
  type ExportPlace,
  isPlainKey,
  type Location,
  locate,
  type Placement,
  placementsOf,
  tailOf,
  urlOf,
} from './locate.ts';
import { checkManifest, type ExportSummary, invalid, manifestChecksum } from './manifest.ts';
import type { ObjectStore } from './object-store.ts';

const LINE_BYTES_MAX = 64 * 1024;

/** One line of manifest-files.json. */
export interface DataFile {
  /** As it stands in the manifest. */
  readonly key: string;
  readonly itemCount: number;
  /** base64 of the MD5 of the compressed bytes; null where the manifest has none. */
  readonly md5: string | null;
}

const fileFields = z.looseObject({
  itemCount: z.int().min(0),
  md5Checksum: z
    .string()
    .regex(/^[A-Za-z0-9+/]{22}==$/)
    .nullish(),
  dataFileS3Key: z.string().refine(isPlainKey),
});

/** What manifest-files.json adds up to. */
export interface DataFileTotals {
  readonly files: number;
  readonly items: number;
  readonly first: DataFile | null;
  readonly last: DataFile | null;
}

/** Where manifest-files.json is. Throws EXPORT_MANIFEST_MISSING when it is nowhere. */
export async function findFilesManifest(
  store: ObjectStore,
  summary: ExportSummary,
  signal: AbortSignal,
): Promise<Location> {
  const placement = await placementOf(store, summary.place, summary.filesKey, signal);
  const location = placement === null ? null : locate(summary.place, placement, summary.filesKey);
  if (location !== null && (await store.size(location, signal)) !== null) return location;
  const url = urlOf(location ?? summary.place.summary);
  throw new ConnectError(
    'EXPORT_MANIFEST_MISSING',
    `${summary.filesKey} of this export does not exist: ${url}`,
    {
      detail: { url },
    },
  );
}

/**
 * Which placement leads from a key to an object; asked once per manifest, for the first key.
 * Null when none does and more than one was possible.
 */
export async function placementOf(
  store: ObjectStore,
  place: ExportPlace,
  key: string,
  signal: AbortSignal,
): Promise<Placement | null> {
  const placements = placementsOf(place, key);
  if (placements.length === 1) return placements[0]!;
  for (const placement of placements) {
    const location = locate(place, placement, key);
    if (location !== null && (await isThere(store, location, signal))) return placement;
  }
  return null;
}

// What may not be looked at, in the bucket that the export once was in, is not there.
async function isThere(store: ObjectStore, location: Location, signal: AbortSignal): Promise<boolean> {
  try {
    return (await store.size(location, signal)) !== null;
  } catch (error) {
    if (error instanceof ConnectError && error.code === 'SOURCE_ACCESS_DENIED') return false;
    throw error;
  }
}

/**
 * Reads manifest-files.json line by line: an export may have more than 10 000 files.
 *
 * Its checksum is known to hold only after the last one.
 *
 * @throws ConnectError EXPORT_MANIFEST_INVALID, EXPORT_CHECKSUM, and what the store throws
 */
export async function* dataFiles(
  store: ObjectStore,
  manifest: Location,
  signal: AbortSignal,
): AsyncGenerator<DataFile> {
  const url = urlOf(manifest);
  const expected = await manifestChecksum(store, manifest, signal);
  const md5 = createHash('md5');
  const lines = new LineSplitter(url, LINE_BYTES_MAX);
  for await (const chunk of store.read(manifest, signal)) {
    md5.update(chunk);
    lines.push(chunk);
    while (lines.next()) yield* readLine(lines, url);
  }
  if (lines.last()) yield* readLine(lines, url);
  checkManifest(url, expected, md5.digest('base64'));
}

/**
 * Reads all of manifest-files.json and checks it against itself and the summary.
 *
 * @throws ConnectError EXPORT_COUNT when the files' items do not add up; EXPORT_MANIFEST_INVALID for a file named twice
 */
export async function addUp(
  store: ObjectStore,
  summary: ExportSummary,
  manifest: Location,
  signal: AbortSignal,
): Promise<DataFileTotals> {
  const url = urlOf(manifest);
  const tails = new Set<string>();
  let items = 0;
  let first: DataFile | null = null;
  let last: DataFile | null = null;
  for await (const file of dataFiles(store, manifest, signal)) {
    const tail = tailOf(summary.place, file.key);
    if (tails.has(tail)) throw invalid(url, `names ${file.key} twice`);
    tails.add(tail);
    items += file.itemCount;
    first ??= file;
    last = file;
  }
  if (summary.itemCount !== null && summary.itemCount !== items) {
    throw new ConnectError(
      'EXPORT_COUNT',
      `${url}: the files hold ${items} items together, the summary says ${summary.itemCount}`,
      { detail: { url, expected: summary.itemCount, actual: items } },
    );
  }
  return { files: tails.size, items, first, last };
}

function* readLine(lines: LineSplitter, url: string): Generator<DataFile> {
  const line = lines.bytes.toString('utf8', lines.start, lines.end);
  if (line.trim() === '') return;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw invalid(url, `is not JSON in line ${lines.line}`, error);
  }
  const parsed = fileFields.safeParse(value);
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.join('.') ?? '';
    throw invalid(url, `has a wrong ${field === '' ? 'value' : field} in line ${lines.line}`, parsed.error);
  }
  const { dataFileS3Key: key, itemCount, md5Checksum } = parsed.data;
  yield { key, itemCount, md5: md5Checksum ?? null };
}
