import { z } from 'zod';
import type { Epoch, TableFacts } from '../../connectors/catalog-records.ts';
import type { Clock } from '../../connectors/clock.ts';
import type {
  ChangesFrom,
  ChangesSource,
  PartitionReader,
  Problem,
  SourcePartition,
  TaskContext,
} from '../../connectors/connector.ts';
import { ConnectError } from '../../connectors/errors.ts';
import { DynamoDbError } from '../../dynamodb/errors.ts';
import { retried } from '../../dynamodb/retry.ts';
import { ItemScanner } from '../../schemas/scanner.ts';
import { accessShape } from '../access.ts';
import { sourceFault } from '../faults.ts';
import { assertSameTable } from '../same-table.ts';
import { selectTables } from '../select-tables.ts';
import { beginCapture } from './capture.ts';
import { ShardCursor } from './cursor.ts';
import type { ListedShard, StreamListing } from './listing.ts';
import { startState } from './position.ts';
import { ShardReader } from './reader.ts';
import { assertSuitable } from './record.ts';
import { ShardLister } from './shard-lister.ts';
import { type StreamClient, streamClient } from './stream-client.ts';

export const streamsOptions = z.strictObject({
  ...accessShape,
  publishAll: z
    .boolean()
    .describe('Publish all that the stream holds: no snapshot holds what is older than the coverage.')
    .exactOptional(),
});
export type StreamsOptions = z.infer<typeof streamsOptions>;

/** Publishes the changes of tables from their DynamoDB streams (rules C1, C2 and C5). */
export const dynamoDbStreamsSource = streamsSource(streamClient);

/** @param connect the same client for the same options: its listings are shared by all who use it */
export function streamsSource(
  connect: (options: StreamsOptions) => StreamClient,
): ChangesSource<StreamsOptions> {
  const links = new Map<string, Link>();
  const link = (options: StreamsOptions, context: TaskContext): Link => {
    const settings = JSON.stringify(options);
    let found = links.get(settings);
    if (found?.clock !== context.clock) {
      const client = connect(options);
      found = { client, clock: context.clock, lister: new ShardLister(client, context.clock) };
      links.set(settings, found);
    }
    return found;
  };
  return {
    kind: 'changes',
    name: 'DynamoDbStreamsSource',
    summary: 'Reads the changes of DynamoDB tables from their streams, in order.',
    options: streamsOptions,
    check: (options, tables, context) => check(link(options, context), tables, context),
    tables: (options, entries, context) => selectTables(options, entries, context.signal),
    describe: (options, table, context) => link(options, context).client.facts(table, context.signal),
    capture: (options, table, context) => {
      const { client, lister } = link(options, context);
      const capture = beginCapture(client, lister, table, context);
      return capture.catch(rethrown(`Capturing the stream of table ${table.table}`, table.table, context));
    },
    discover: (options, table, epoch, context) => discover(link(options, context), table, epoch, context),
    open: async (options, partition, from, context) =>
      open(link(options, context), partition, from, context, options.publishAll === true),
  };
}

interface Link {
  readonly client: StreamClient;
  readonly clock: Clock;
  readonly lister: ShardLister;
}

async function* discover(
  link: Link,
  table: TableFacts,
  epoch: Epoch,
  context: TaskContext,
): AsyncGenerator<SourcePartition> {
  const { signal } = context;
  const listing = await listingOf(link, table, epoch, context).catch(
    rethrown(`Listing the shards of table ${table.table}`, table.table, context),
  );
  signal.throwIfAborted();
  const roots = new Set(epoch.roots);
  for (const shard of listing.shards.values()) yield partitionOf(shard, roots);
}

/** Rule C5: a shard is read behind its parent, listed or not, unless its lineage begins with it in this epoch. */
function partitionOf({ id, parent, open }: ListedShard, roots: ReadonlySet<string>): SourcePartition {
  const after = parent === null || roots.has(id) ? [] : [parent];
  return { id, after, expectedRecords: null, facts: { parent, open } };
}

/** The shards of the epoch's stream. Throws SOURCE_DATA_GAP where it is no longer the table's (rule C5). */
async function listingOf(
  { client, lister }: Link,
  table: TableFacts,
  epoch: Epoch,
  { clock, signal }: TaskContext,
): Promise<StreamListing> {
  const { table: name } = table;
  const live = await retried(() => client.describeTable(name, signal), { clock, signal });
  assertSameTable(table, live.id);
  const { stream } = live;
  if (epoch.streamArn === null) {
    const message = `Table ${name} was copied without its changes (source.changes: none)`;
    throw new ConnectError('SOURCE_DATA_GAP', message, { detail: { table: name } });
  }
  if (stream === null || stream.arn !== epoch.streamArn) {
    const now = stream === null ? 'has no stream any more' : 'has another stream than the one captured';
    throw new ConnectError('SOURCE_DATA_GAP', `Table ${name} ${now}`, { detail: { table: name } });
  }
  if (!stream.enabled) {
    throw new ConnectError(
      'SOURCE_DATA_GAP',
      `The stream of table ${name} was disabled: later changes are lost`,
      {
        detail: { table: name },
      },
    );
  }
  return lister.list(stream.arn, signal).catch(unlisted(name, signal));
}

/** For a listing's `catch`: what went wrong, classified; an abort as it is. */
function unlisted(table: string, signal: AbortSignal): (error: unknown) => never {
  return (cause) => {
    signal.throwIfAborted();
    const action = `Listing the shards of table ${table}`;
    if (!(cause instanceof DynamoDbError) || cause.kind !== 'not-found')
      throw sourceFault(cause, action, { table });
    // The table says that it is there, so that is a matter of time.
    const message = `The stream of table ${table} cannot be found`;
    throw new ConnectError('SOURCE_UNREACHABLE', message, { cause, detail: { table } });
  };
}

function open(
  link: Link,
  partition: SourcePartition,
  from: ChangesFrom,
  context: TaskContext,
  publishAll: boolean,
): PartitionReader {
  const { client, lister } = link;
  const { clock, signal } = context;
  const shard = partition.id;
  const { table, keySchema } = from.table;
  const arn = from.epoch.streamArn;
  if (arn === null) throw new ConnectError('UNEXPECTED', `Table ${table} has no stream in its epoch`);
  const orphan = partition.after.length > 0 && from.parents.length === 0;
  if (from.position === null && orphan) {
    // Rule C5: the runtime sees to it; a lineage read without its past would restart its versions.
    throw new ConnectError('SOURCE_DATA_GAP', `The parent of shard ${shard} was never read`, {
      detail: { table, shard },
    });
  }
  return new ShardReader(
    {
      record: { table, shard, scanner: new ItemScanner(keySchema) },
      start: startState(from, partition.after),
      first: from.position === null,
      coverageMs: from.coverageMs,
      publishAll,
      closed: partition.facts?.['open'] === false,
      cursor: new ShardCursor(client, arn, shard, clock, signal),
      createdMs: from.epoch.createdMs ?? 0,
      openAt: () => lister.openAt(arn, shard, signal),
      serverTimeMs: async () => (await lister.list(arn, signal).catch(unlisted(table, signal))).serverTimeMs,
      goneAt: () => lister.goneAt(arn, shard, signal).catch(unlisted(table, signal)),
    },
    context,
  );
}

async function check(
  { client, lister }: Link,
  tables: readonly string[],
  { clock, signal }: TaskContext,
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const table of tables) {
    try {
      const { stream } = await retried(() => client.describeTable(table, signal), { clock, signal });
      if (!stream?.enabled) continue;
      assertSuitable(stream.viewType, table);
      await lister.list(stream.arn, signal);
    } catch (error) {
      signal.throwIfAborted();
      problems.push({ table, error: sourceFault(error, `Looking at table ${table}`, { table }) });
    }
  }
  return problems;
}

/** For a promise's `catch`: what went wrong, classified; an abort as it is. */
function rethrown(action: string, table: string, { signal }: TaskContext): (error: unknown) => never {
  return (error) => {
    signal.throwIfAborted();
    throw sourceFault(error, action, { table });
  };
}
