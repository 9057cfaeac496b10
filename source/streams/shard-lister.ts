import type { Clock } from '../../connectors/clock.ts';
import { CallSpacing, listShards, type StreamListing } from './listing.ts';
import { SharedCall } from './shared-call.ts';
import type { StreamClient } from './stream-client.ts';

/** A listing is given out this long, or as long as it took to make, if that is longer. */
const KEEP_MS = 1000;
/** Streams whose lists are remembered; beyond it the oldest is dropped. */
const STREAMS_MAX = 2000;

/** The shards of streams, listed once for all who ask in this process (Streams API reference: DescribeStream ≤ 10/s). */
export class ShardLister {
  readonly #client: StreamClient;
  readonly #clock: Clock;
  readonly #calls = new Map<string, SharedCall<StreamListing>>();

  constructor(client: StreamClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** At most about a second old. */
  list(arn: string, signal: AbortSignal): Promise<StreamListing> {
    let call = this.#calls.get(arn);
    if (call === undefined) {
      call = this.#sharedCall(arn);
      this.#calls.set(arn, call);
      const [oldest] = this.#calls.keys();
      if (this.#calls.size > STREAMS_MAX && oldest !== undefined) this.#calls.delete(oldest);
    }
    return call.get(signal);
  }

  /** A server time, ms, at which the shard was open; null: it is not, or not listed. */
  async openAt(arn: string, shard: string, signal: AbortSignal): Promise<number | null> {
    const { shards, serverTimeMs } = await this.list(arn, signal);
    return shards.get(shard)?.open ? serverTimeMs : null;
  }

  /** Server time, ms, of a listing that lacks the shard; null: it is listed. */
  async goneAt(arn: string, shard: string, signal: AbortSignal): Promise<number | null> {
    const { shards, serverTimeMs } = await this.list(arn, signal);
    return shards.has(shard) ? null : serverTimeMs;
  }

  #sharedCall(arn: string): SharedCall<StreamListing> {
    const clock = this.#clock;
    const spacing = new CallSpacing(clock);
    return new SharedCall(
      async (signal) => {
        const startedMs = clock.monotonic();
        const value = await listShards(this.#client, arn, spacing, clock, signal);
        return { value, keepMs: Math.max(KEEP_MS, clock.monotonic() - startedMs) };
      },
      () => clock.monotonic(),
    );
  }
}
