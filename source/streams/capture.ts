import type { TableFacts } from '../../connectors/catalog-records.ts';
import type { CaptureFacts, TaskContext } from '../../connectors/connector.ts';
import { ConnectError } from '../../connectors/errors.ts';
import { DynamoDbError } from '../../dynamodb/errors.ts';
import { retried } from '../../dynamodb/retry.ts';
import { assertSameTable } from '../same-table.ts';
import { rootsOf, type StreamListing, unlistedParents } from './listing.ts';
import { assertSuitable } from './record.ts';
import type { ShardLister } from './shard-lister.ts';
import type { StreamClient } from './stream-client.ts';

const POLL_MS = 1000;
/** A table that is being changed, or a stream being enabled, is waited for this long. */
const WAIT_MAX_MS = 30 * 60_000;
/** A shard's parent counts as gone when all listings have lacked it for so long: they are eventually consistent. */
const GONE_AFTER_MS = 15_000;

/**
 * Makes sure that a table's stream is there and suitable (rule C1): an enabled one is used as it is, where there is none one
 * with both images is enabled. Waits until it can be read and lists its shards, with their parents or surely without.
 *
 * Throws SOURCE_STREAM_UNSUITABLE; DynamoDbError for what the service refuses.
 */
export async function beginCapture(
  client: StreamClient,
  lister: ShardLister,
  table: TableFacts,
  context: TaskContext,
): Promise<CaptureFacts> {
  const { clock, signal } = context;
  const deadlineMs = clock.monotonic() + WAIT_MAX_MS;
  const seen: Seen = { goneSince: new Map(), enabled: false };
  for (;;) {
    const facts = await captureNow(client, lister, table, seen, context);
    if (facts !== null) return facts;
    if (clock.monotonic() >= deadlineMs) {
      throw new ConnectError(
        'SOURCE_REFUSED',
        `The stream of ${table.table} cannot be read after 30 minutes`,
        {
          detail: { table: table.table },
        },
      );
    }
    await clock.sleep(POLL_MS, signal);
  }
}

/** What this very call has seen and done so far. */
interface Seen {
  /** When each parent that is in no listing was first found missing. */
  readonly goneSince: Map<string, number>;
  /** It has enabled the stream. */
  enabled: boolean;
}

/** Null: not yet. */
async function captureNow(
  client: StreamClient,
  lister: ShardLister,
  table: TableFacts,
  seen: Seen,
  context: TaskContext,
): Promise<CaptureFacts | null> {
  const { clock, log, signal } = context;
  const live = await retried(() => client.describeTable(table.table, signal), { clock, signal });
  assertSameTable(table, live.id);
  if (!live.stream?.enabled) {
    if (live.status !== 'ACTIVE') return null;
    if (await enable(client, table.table, signal)) {
      seen.enabled = true;
      log.info({ table: table.table }, 'stream enabled');
    }
    return null;
  }
  assertSuitable(live.stream.viewType, table.table);
  const { arn } = live.stream;
  const listing = await listingIfSeen(lister, arn, signal);
  // A stream has a shard for every table partition from the start; an empty list comes before it is complete.
  if (listing?.status !== 'ENABLED' || listing.shards.size === 0) return null;
  assertSuitable(listing.viewType, table.table);
  const { serverTimeMs, shards } = listing;
  if (!areGone(unlistedParents(shards), seen.goneSince, clock.monotonic())) return null;
  // Without a creation time coverage begins now, which only asks more of the snapshot.
  return {
    streamArn: arn,
    createdMs: listing.createdMs ?? serverTimeMs,
    serverTimeMs,
    roots: rootsOf(shards),
    enabled: seen.enabled,
  };
}

/**
 * Rule C5: a shard whose parent is only not listed *yet* would be taken for a root, and read before its parent.
 *
 * @param since when each of the parents was first found missing; kept up to date.
 */
function areGone(parents: ReadonlySet<string>, since: Map<string, number>, nowMs: number): boolean {
  for (const id of since.keys()) if (!parents.has(id)) since.delete(id);
  for (const id of parents) if (!since.has(id)) since.set(id, nowMs);
  return [...since.values()].every((sinceMs) => nowMs - sinceMs >= GONE_AFTER_MS);
}

/** Refused in two ways when the stream is there already or the table is being changed: the next look at the table tells. */
async function enable(client: StreamClient, table: string, signal: AbortSignal): Promise<boolean> {
  try {
    await client.enableStream(table, signal);
    return true;
  } catch (error) {
    if (error instanceof DynamoDbError && BUSY.has(error.code)) return false;
    throw error;
  }
}

const BUSY = new Set(['ResourceInUseException', 'STREAM_NOT_ENABLED', 'LimitExceededException']);

async function listingIfSeen(
  lister: ShardLister,
  arn: string,
  signal: AbortSignal,
): Promise<StreamListing | null> {
  try {
    return await lister.list(arn, signal);
  } catch (error) {
    // The stream's own service may learn of it a little later.
    if (error instanceof DynamoDbError && error.kind === 'not-found') return null;
    throw error;
  }
}
