import type { SnapshotFacts } from '../../connectors/catalog-records.ts';
import type {
  SnapshotFrom,
  SnapshotSource,
  SourcePartition,
  TaskContext,
} from '../../connectors/connector.ts';
import { asConnectError, ConnectError } from '../../connectors/errors.ts';
import { clientsFor } from '../access.ts';
import { selectTables } from '../select-tables.ts';
import { describeFacts, sourceTimeMs } from '../table-facts.ts';
import { manifestOf, openChain } from './chain.ts';
import { changedExport } from './changed.ts';
import { objectStore } from './clients.ts';
import { assertSameExport, checkDataFiles, openExport, partitionsOf, snapshotFacts } from './found-export.ts';
import { parseLocation } from './locate.ts';
import { type ExportSourceOptions, exportSourceOptions } from './options.ts';
import { DataFileReader } from './reader.ts';
import { checkRequests } from './request-check.ts';
import { requestClient } from './request-client.ts';
import { requestFor, takeRequested } from './requested.ts';

/**
 * Publishes the rows of exports, those that exist already and those that it asks for: a full one of each table and the
 * windows that continue it, one partition per data file.
 *
 * AWS developer guide: "DynamoDB table export output format". Every file is found through its manifests, never by listing.
 */
export const s3ExportSource: SnapshotSource<ExportSourceOptions> = {
  kind: 'snapshot',
  name: 'S3ExportSource',
  summary: 'Reads exports of DynamoDB tables to S3, full and incremental, in DynamoDB JSON or Amazon Ion.',
  options: exportSourceOptions,

  async check(options, tables, context) {
    const asked = tables.filter((table) => requestFor(options, table) !== null);
    const problems = [...(await checkRequests(requestClient(options), options, asked, context))];
    for (const table of tables.filter((one) => !asked.includes(one))) {
      try {
        await checkExports(options, table, context);
      } catch (error) {
        context.signal.throwIfAborted();
        problems.push({ table, error: asConnectError(error) });
      }
    }
    return problems;
  },

  tables: (options, entries, context) => selectTables(options, entries, context.signal),

  describe: (options, table, context) => describeFacts(clientsFor(options).control, table, context.signal),

  serverTimeMs: (options, table, context) => sourceTimeMs(clientsFor(options).control, table, context.signal),

  slackMs: (options) => options.slackSeconds * 1000,

  changed: changedExport,

  // Of an export that exists, whether it is late enough is proven by whoever asks (rule C1), not made true here.
  async take(options, table, asked, context) {
    const request = requestFor(options, table.table);
    if (request !== null) return [await takeRequested(options, request, table, asked, context)];
    const [full, ...windows] = await openChain(options, table, context);
    const taken: [SnapshotFacts, ...SnapshotFacts[]] = [await snapshotFacts(full, context.signal)];
    for (const window of windows) taken.push(await snapshotFacts(window, context.signal));
    return taken;
  },

  async *discover(options, table, snapshot, context) {
    const found = await openExport(options, table, parseLocation(String(snapshot.facts['summary'])), context);
    assertSameExport(found, snapshot);
    yield* partitionsOf(found, context.signal);
  },

  open: (options, partition, from, context) => open(options, partition, from, context),
};

async function checkExports(
  options: ExportSourceOptions,
  table: string,
  context: TaskContext,
): Promise<void> {
  // Before anything is asked over the network.
  manifestOf(options, table);
  const facts = await describeFacts(clientsFor(options).control, table, context.signal);
  for (const found of await openChain(options, facts, context)) {
    await checkDataFiles(found, table, context.signal);
  }
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
    window: partition.facts?.['window'] === true,
    ion: partition.facts?.['format'] === 'ION',
  };
  return new DataFileReader(objectStore(options, context.clock), file, from, context);
}
