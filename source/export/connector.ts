import type { TableFacts } from '../../connectors/catalog-records.ts';
import type {
  Problem,
  SnapshotFrom,
  SnapshotSource,
  SourcePartition,
  TaskContext,
} from '../../connectors/connector.ts';
import { asConnectError, ConnectError } from '../../connectors/errors.ts';
import { clientsFor } from '../access.ts';
import { describeFacts, sourceTimeMs } from '../table-facts.ts';
import { objectStore } from './clients.ts';
import { addUp, type DataFile, dataFiles, findFilesManifest, placementOf } from './data-files.ts';
import { type Location, locate, type Placement, parseLocation, tailOf, urlOf } from './locate.ts';
import { checkTable, type ExportSummary, invalid, readSummary } from './manifest.ts';
import type { ObjectStore } from './object-store.ts';
import { type ExportSourceOptions, exportSourceOptions } from './options.ts';
import { DataFileReader } from './reader.ts';

/**
 * Publishes the rows of full exports that exist already, one partition per data file.
 *
 * AWS developer guide: "DynamoDB table export output format". Every file is found through its manifests, never by listing.
 */
export const s3ExportSource: SnapshotSource<ExportSourceOptions> = {
  kind: 'snapshot',
  name: 'S3ExportSource',
  summary: 'Reads full exports of DynamoDB tables to S3, in DynamoDB JSON.',
  options: exportSourceOptions,

  async check(options, tables, context) {
    const problems: Problem[] = [];
    for (const table of tables) {
      try {
        await checkExport(options, table, context);
      } catch (error) {
        context.signal.throwIfAborted();
        problems.push({ table, error: asConnectError(error) });
      }
    }
    return problems;
  },

  describe: (options, table, context) => describeFacts(clientsFor(options).control, table, context.signal),

  serverTimeMs: (options, table, context) => sourceTimeMs(clientsFor(options).control, table, context.signal),

  slackMs: (options) => options.slackSeconds * 1000,

  // The export exists: whether it is late enough is proven by whoever asks (rule C1), not made true here.
  async take(options, table, _notBeforeMs, context) {
    const found = await openExport(options, table, manifestOf(options, table.table), context);
    const { store, summary, manifest } = found;
    const totals = await addUp(store, summary, manifest, context.signal);
    return {
      id: summary.id,
      exportMs: summary.exportMs,
      arn: summary.exportArn,
      partitions: totals.files,
      rows: totals.items,
      facts: { summary: urlOf(summary.place.summary), files: urlOf(manifest) },
    };
  },

  async *discover(options, table, snapshot, context) {
    const found = await openExport(options, table, parseLocation(String(snapshot.facts['summary'])), context);
    const { store, summary, manifest } = found;
    if (summary.id !== snapshot.id || summary.exportMs !== snapshot.exportMs) {
      throw invalid(urlOf(summary.place.summary), `is another export than ${snapshot.id}, which was begun`);
    }
    // All of it is checked before any of it is used.
    const { first } = await addUp(store, summary, manifest, context.signal);
    if (first === null) return;
    const placement = await dataPlacement(found, first, context.signal);
    for await (const file of dataFiles(store, manifest, context.signal)) {
      yield toPartition(summary, placement, file);
    }
  },

  open: (options, partition, from, context) => open(options, partition, from, context),
};

interface FoundExport {
  readonly store: ObjectStore;
  readonly summary: ExportSummary;
  readonly manifest: Location;
}

async function openExport(
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

async function checkExport(options: ExportSourceOptions, table: string, context: TaskContext): Promise<void> {
  const location = manifestOf(options, table);
  const facts = await describeFacts(clientsFor(options).control, table, context.signal);
  const found = await openExport(options, facts, location, context);
  const { first, last } = await addUp(found.store, found.summary, found.manifest, context.signal);
  if (first === null || last === null) return;
  // The ends stand for all: a request for each of 10 000 files is too much for a look.
  const placement = await dataPlacement(found, first, context.signal);
  for (const file of first.key === last.key ? [first] : [first, last]) {
    const at = place(found.summary, placement, file.key);
    if ((await found.store.size(at, context.signal)) !== null) continue;
    const detail = { table, url: urlOf(at) };
    throw new ConnectError('EXPORT_FILE_MISSING', `${urlOf(at)} does not exist`, { detail });
  }
}

function manifestOf(options: ExportSourceOptions, table: string): Location {
  const url = Object.hasOwn(options.manifests, table) ? options.manifests[table] : undefined;
  if (url !== undefined) return parseLocation(url);
  throw new ConnectError(
    'EXPORT_MANIFEST_MISSING',
    `No manifest is named for table ${JSON.stringify(table)}`,
    {
      detail: { table },
    },
  );
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
    facts: { location: urlOf(place(summary, placement, file.key)), md5: file.md5 },
  };
}

async function open(
  options: ExportSourceOptions,
  partition: SourcePartition,
  from: SnapshotFrom,
  context: TaskContext,
): Promise<DataFileReader> {
  const location = partition.facts?.['location'];
  if (typeof location !== 'string') {
    throw new ConnectError('EXPORT_FILE_MISSING', `${partition.id} is no longer named by its manifest`, {
      detail: { table: from.table.table, file: partition.id },
    });
  }
  const md5 = partition.facts?.['md5'];
  const file = {
    id: partition.id,
    location: parseLocation(location),
    md5: typeof md5 === 'string' ? md5 : null,
    itemCount: partition.expectedRecords,
  };
  return new DataFileReader(objectStore(options, context.clock), file, from, context);
}
