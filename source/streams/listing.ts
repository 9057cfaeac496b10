import type { Clock } from '../../connectors/clock.ts';
import { ConnectError } from '../../connectors/errors.ts';
import { retried } from '../../dynamodb/retry.ts';
import type { ShardPage, StreamClient } from './stream-client.ts';

/** At most 10 calls a second for a stream (Streams API reference: DescribeStream). */
const CALL_SPACING_MS = 100;
/** 100 shards a page: ten times what a stream of 10 000 shards needs. */
const PAGES_MAX = 1000;

export interface ListedShard {
  readonly id: string;
  /** Null, or a shard that may be gone by now. */
  readonly parent: string | null;
  /** It may get further records, and has no children yet. */
  readonly open: boolean;
}

/** All shards of a stream. */
export interface StreamListing {
  /** ENABLING, ENABLED, DISABLING, DISABLED. */
  readonly status: string;
  readonly viewType: string;
  /** CreationRequestDateTime, ms; null where the service does not say. */
  readonly createdMs: number | null;
  /** By id, in the order of the service. */
  readonly shards: ReadonlyMap<string, ListedShard>;
  /** Server time of the first page, ms: what is listed as open was open then. */
  readonly serverTimeMs: number;
}

/** Keeps the calls for one stream apart, whoever in the process makes them. */
export class CallSpacing {
  readonly #clock: Clock;
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async turn(signal: AbortSignal): Promise<void> {
    const nowMs = this.#clock.monotonic();
    const atMs = Math.max(nowMs, this.#nextMs);
    this.#nextMs = atMs + CALL_SPACING_MS;
    if (atMs > nowMs) await this.#clock.sleep(atMs - nowMs, signal);
  }
}

/** Lists a stream's shards, all pages; throttles and transient errors are retried with backoff. */
export async function listShards(
  client: StreamClient,
  arn: string,
  spacing: CallSpacing,
  clock: Clock,
  signal: AbortSignal,
): Promise<StreamListing> {
  const pages: ShardPage[] = [];
  let after: string | null = null;
  do {
    const from: string | null = after;
    const ask = async (): Promise<ShardPage> => {
      await spacing.turn(signal);
      return client.describeStream(arn, from, signal);
    };
    const page = await retried(ask, { clock, signal });
    pages.push(page);
    after = page.lastShard;
    if (pages.length > PAGES_MAX) {
      throw new ConnectError('SOURCE_REFUSED', `The list of shards has no end after ${PAGES_MAX} pages`, {
        detail: { streamArn: arn },
      });
    }
  } while (after !== null);
  const [first, last] = [pages[0]!, pages.at(-1)!];
  const { status, viewType, createdMs } = last;
  return { status, viewType, createdMs, shards: shardsOf(pages), serverTimeMs: first.serverTimeMs };
}

/** Shards whose parent is not listed: where the lineages begin that the stream still holds. */
export function rootsOf(shards: ReadonlyMap<string, ListedShard>): string[] {
  const roots: string[] = [];
  for (const { id, parent } of shards.values()) if (parent === null || !shards.has(parent)) roots.push(id);
  return roots;
}

/** Parents of listed shards that are not listed themselves: gone with their records, or not listed yet. */
export function unlistedParents(shards: ReadonlyMap<string, ListedShard>): Set<string> {
  const parents = new Set<string>();
  for (const { parent } of shards.values()) if (parent !== null && !shards.has(parent)) parents.add(parent);
  return parents;
}

/**
 * Pages are eventually consistent: a parent may look open while its children are listed already. Such a parent is closed,
 * as AWS's own reader takes it (dynamodb-streams-kinesis-adapter: ShardGraphTracker).
 */
function shardsOf(pages: readonly ShardPage[]): ReadonlyMap<string, ListedShard> {
  const listed = pages.flatMap((page) => page.shards);
  const parents = new Set(listed.map((shard) => shard.parent));
  const shards = new Map<string, ListedShard>();
  for (const { id, parent, lastSequence } of listed) {
    shards.set(id, { id, parent, open: lastSequence === null && !parents.has(id) });
  }
  return shards;
}
