import type { SnapshotFacts, TableFacts } from '../../connectors/catalog-records.ts';
import type { SourcePartition, TaskContext } from '../../connectors/connector.ts';
import { ConnectError } from '../../connectors/errors.ts';
import { objectStore } from './clients.ts';
import { addUp, type DataFile, dataFiles, findFilesManifest, placementOf } from './data-files.ts';
import { type Location, locate, type Placement, tailOf, urlOf } from './locate.ts';
import { checkTable, type ExportSummary, invalid, readSummary } from './manifest.ts';
import type { ObjectStore } from './object-store.ts';
import type { ExportSourceOptions } from './options.ts';

/** One export, full or a window, whose manifests were found and are of the table. */
export interface FoundExport {
  readonly store: ObjectStore;
  readonly summary: ExportSummary;
  /** manifest-files.json. */
  readonly manifest: Location;
}

export async function openExport(
  options: ExportSourceOptions,
  table: TableFacts,
  location: Location,
  context: TaskContext,
): Promise<FoundExport> {
  const store = objectStore(options, context.clock);
  const summary = await readSummary(store, location, context.signal);
  checkTable(summary, table);
  return { store, summary, manifest: await findFilesManifest(store, summary, context.signal) };
}

/** What the catalog keeps of it; its manifests were read wholly, and add up. */
export async function snapshotFacts(found: FoundExport, signal: AbortSignal): Promise<SnapshotFacts> {
  const { store, summary, manifest } = found;
  const totals = await addUp(store, summary, manifest, signal);
  const window = summary.fromMs === null ? {} : { fromMs: summary.fromMs };
  return {
    id: summary.id,
    exportMs: summary.exportMs,
    arn: summary.exportArn,
    partitions: totals.files,
    rows: totals.items,
    facts: { summary: urlOf(summary.place.summary), files: urlOf(manifest), ...window },
  };
}

/** Throws EXPORT_MANIFEST_INVALID where another export lies in the place of the one that was begun. */
export function assertSameExport({ summary }: FoundExport, { id, exportMs, facts }: SnapshotFacts): void {
  const same =
    summary.id === id && summary.exportMs === exportMs && summary.fromMs === (facts['fromMs'] ?? null);
  if (!same) throw invalid(urlOf(summary.place.summary), `is another export than ${id}, which was begun`);
}

/** The export's data files. All of its manifest is checked before any of it is used. */
export async function* partitionsOf(
  found: FoundExport,
  signal: AbortSignal,
): AsyncGenerator<SourcePartition> {
  const { store, summary, manifest } = found;
  const { first } = await addUp(store, summary, manifest, signal);
  if (first === null) return;
  const placement = await dataPlacement(found, first, signal);
  for await (const file of dataFiles(store, manifest, signal)) yield toPartition(summary, placement, file);
}

/**
 * Throws EXPORT_FILE_MISSING unless the first and the last data file are there. They stand for all: a request for each of
 * 10 000 files is too much for a look.
 */
export async function checkDataFiles(found: FoundExport, table: string, signal: AbortSignal): Promise<void> {
  const { store, summary, manifest } = found;
  const { first, last } = await addUp(store, summary, manifest, signal);
  if (first === null || last === null) return;
  const placement = await dataPlacement(found, first, signal);
  for (const file of first.key === last.key ? [first] : [first, last]) {
    const at = place(summary, placement, file.key);
    if ((await store.size(at, signal)) !== null) continue;
    const detail = { table, url: urlOf(at) };
    throw new ConnectError('EXPORT_FILE_MISSING', `${urlOf(at)} does not exist`, { detail });
  }
}

async function dataPlacement(found: FoundExport, first: DataFile, signal: AbortSignal): Promise<Placement> {
  const { store, summary } = found;
  const seen = await placementOf(store, summary.place, first.key, signal);
  // The file is not there: the error that says so, when it is opened, shall name it where the manifests are.
  return seen ?? (await placementOf(store, summary.place, summary.filesKey, signal)) ?? 'given';
}

function place(summary: ExportSummary, placement: Placement, key: string): Location {
  const location = locate(summary.place, placement, key) ?? locate(summary.place, 'relative', key);
  if (location === null) throw invalid(urlOf(summary.place.summary), `names no place for ${key}`);
  return location;
}

function toPartition(summary: ExportSummary, placement: Placement, file: DataFile): SourcePartition {
  return {
    id: tailOf(summary.place, file.key),
    after: [],
    expectedRecords: file.itemCount,
    facts: {
      location: urlOf(place(summary, placement, file.key)),
      md5: file.md5,
      window: summary.fromMs !== null,
      format: summary.format,
    },
  };
}
