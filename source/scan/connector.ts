import type { SnapshotFacts, TableFacts } from '../../connectors/catalog-records.ts';
import type { Clock } from '../../connectors/clock.ts';
import type {
  PartitionReader,
  Problem,
  SnapshotAsked,
  SnapshotFrom,
  SnapshotSource,
  SourcePartition,
  TaskContext,
} from '../../connectors/connector.ts';
import { retried } from '../../dynamodb/retry.ts';
import { ItemScanner } from '../../schemas/scanner.ts';
import { sourceFault } from '../faults.ts';
import { assertSameTable } from '../same-table.ts';
import { selectTables } from '../select-tables.ts';
import { type ScanOptions, scanOptions } from './options.ts';
import { readRate, TablePaces } from './read-rate.ts';
import { SegmentReader } from './reader.ts';
import { type LiveTable, type ScanClient, scanClient } from './scan-client.ts';
import { fromPosition, segmentName, segmentOf, segmentsOf } from './segment.ts';

/** How often the server's time is asked for while waiting for it, ms; less at the end. */
const WAIT_MS = 1000;
const WAIT_LEAST_MS = 200;

/**
 * Publishes a table's rows by reading the table itself, in parallel segments and consistently: the snapshot of tables
 * without exports.
 *
 * A scan is not a point in time: X is its start, and its rows rank below every change (rules C1 and C2).
 */
export const dynamoDbScanSource = scanSource(scanClient);

/** @param connect makes the client; all readers with the same options share it, and the rate of each table */
export function scanSource(connect: (options: ScanOptions) => ScanClient): SnapshotSource<ScanOptions> {
  const links = new Map<string, Link>();
  const link = (options: ScanOptions, { clock }: TaskContext): Link => {
    const settings = JSON.stringify(options);
    let found = links.get(settings);
    if (found?.clock !== clock) {
      found = { client: connect(options), clock, paces: new TablePaces(clock) };
      links.set(settings, found);
    }
    return found;
  };
  return {
    kind: 'snapshot',
    name: 'DynamoDbScanSource',
    summary: 'Reads the rows of DynamoDB tables by a parallel, consistent Scan.',
    options: scanOptions,
    slackMs: (options) => options.slackSeconds * 1000,
    check: (options, tables, context) => check(link(options, context), tables, context),
    tables: (options, entries, context) => selectTables(options, entries, context.signal),
    describe: (options, table, context) => link(options, context).client.facts(table, context.signal),
    serverTimeMs: async (options, table, context) =>
      (await live(link(options, context), table, context)).serverTimeMs,
    take: async (options, table, asked, context) => [
      await take(link(options, context), options, table, asked, context),
    ],
    discover: (options, table, snapshot, context) =>
      discover(link(options, context), table, snapshot, context),
    open: (options, partition, from, context) =>
      open(link(options, context), options, partition, from, context),
  };
}

interface Link {
  readonly client: ScanClient;
  readonly clock: Clock;
  readonly paces: TablePaces;
}

/** Waits until the server's clock has reached the time; then the scan begins, and that is X. */
async function take(
  link: Link,
  options: ScanOptions,
  table: TableFacts,
  { notBeforeMs }: SnapshotAsked,
  context: TaskContext,
): Promise<SnapshotFacts> {
  const { clock, signal } = context;
  for (;;) {
    const { id, serverTimeMs } = await live(link, table.table, context);
    assertSameTable(table, id);
    const restMs = (notBeforeMs ?? serverTimeMs) - serverTimeMs;
    if (restMs <= 0) {
      const { segments } = options;
      return {
        id: `scan-${new Date(serverTimeMs).toISOString()}`,
        exportMs: serverTimeMs,
        arn: table.arn,
        partitions: segments,
        rows: null,
        facts: { segments },
      };
    }
    await clock.sleep(Math.min(WAIT_MS, Math.max(WAIT_LEAST_MS, restMs)), signal);
  }
}

async function* discover(
  link: Link,
  table: TableFacts,
  snapshot: SnapshotFacts,
  context: TaskContext,
): AsyncGenerator<SourcePartition> {
  const segments = segmentsOf(snapshot);
  assertSameTable(table, (await live(link, table.table, context)).id);
  for (let segment = 0; segment < segments; segment++) {
    yield { id: segmentName(segment), after: [], expectedRecords: null };
  }
}

async function open(
  link: Link,
  options: ScanOptions,
  partition: SourcePartition,
  from: SnapshotFrom,
  context: TaskContext,
): Promise<PartitionReader> {
  const { table, keySchema } = from.table;
  const totalSegments = segmentsOf(from.snapshot);
  const segment = segmentOf(partition, totalSegments);
  const { id, billing } = await live(link, table, context);
  assertSameTable(from.table, id);
  const pace = link.paces.of(table, readRate(options.readCapacity, billing));
  const scanner = new ItemScanner(keySchema);
  const { clock, signal } = context;
  return new SegmentReader(
    {
      table,
      snapshot: from.snapshot.id,
      exportMs: from.snapshot.exportMs,
      version: from.version,
      segment,
      start: fromPosition(from.position),
      pages: (startKey) =>
        link.client.pages({
          table,
          segment,
          totalSegments,
          consistent: true,
          scanner,
          startKey,
          pace,
          signal,
          retry: { clock },
        }),
    },
    context,
  );
}

async function check(
  link: Link,
  tables: readonly string[],
  context: TaskContext,
): Promise<readonly Problem[]> {
  const { signal } = context;
  const problems: Problem[] = [];
  for (const table of tables) {
    try {
      const facts = await link.client.facts(table, signal);
      const scanner = new ItemScanner(facts.keySchema);
      // One item at most: only a Scan shows whether scanning is permitted.
      const pages = link.client.pages({
        table,
        segment: 0,
        totalSegments: 1,
        consistent: true,
        scanner,
        limit: 1,
        signal,
        retry: { clock: context.clock },
      });
      await pages.next();
      await pages.return();
    } catch (error) {
      signal.throwIfAborted();
      problems.push({ table, error: sourceFault(error, `Looking at table ${table}`, { table }) });
    }
  }
  return problems;
}

/** The table as it is now. Throws ConnectError, or the signal's reason. */
async function live(link: Link, table: string, { clock, signal }: TaskContext): Promise<LiveTable> {
  try {
    return await retried(() => link.client.describeTable(table, signal), { clock, signal });
  } catch (error) {
    signal.throwIfAborted();
    throw sourceFault(error, `Looking at table ${table}`, { table });
  }
}
