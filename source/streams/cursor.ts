import type { Clock } from '../../connectors/clock.ts';
import type { ErrorKind } from '../../dynamodb/error-table.ts';
import { DynamoDbError } from '../../dynamodb/errors.ts';
import { retried } from '../../dynamodb/retry.ts';
import type { RecordsPage } from '../../dynamodb/streams.ts';
import type { StreamClient } from './stream-client.ts';

/** Most records of one GetRecords (API reference). */
export const RECORDS_MAX = 1000;
const RENEWALS_MAX = 10;
const RENEWAL_PAUSE_MS = 500;
const RENEWABLE: ReadonlySet<ErrorKind> = new Set<ErrorKind>(['expired-iterator', 'trimmed', 'not-found']);

export interface CursorAnswer {
  readonly page: RecordsPage;
  /** The page came by a new iterator, which starts right behind the position again. */
  readonly renewed: boolean;
}

/** Thrown when the service does not know the shard any more. */
export class ShardVanished extends Error {
  override readonly name = 'ShardVanished';
}

/** Thrown when the stream no longer holds the place where reading should begin. */
export class PlaceTrimmed extends Error {
  override readonly name = 'PlaceTrimmed';
}

/**
 * Walks one shard by iterators: from a sequence number, or from TRIM_HORIZON.
 *
 * An iterator lives 15 minutes (API reference: GetShardIterator). An expired one is renewed behind the last record, and
 * so is one whose own place is trimmed. Throttles and transient errors are retried with backoff.
 */
export class ShardCursor {
  readonly #client: StreamClient;
  readonly #arn: string;
  readonly #shard: string;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #iterator: string | null = null;

  constructor(client: StreamClient, arn: string, shard: string, clock: Clock, signal: AbortSignal) {
    this.#client = client;
    this.#arn = arn;
    this.#shard = shard;
    this.#clock = clock;
    this.#signal = signal;
  }

  /**
   * The next page.
   *
   * Throws {@link ShardVanished}, and {@link PlaceTrimmed} when the stream no longer holds what follows the record; for
   * TRIM_HORIZON, which the service may trim while it is being used, only when that does not end.
   *
   * @param sequence of the last record that was read; null: begin at TRIM_HORIZON
   */
  async next(sequence: string | null): Promise<CursorAnswer> {
    let renewed = false;
    for (let renewals = 0; ; renewals++) {
      if (renewals > 1) await this.#clock.sleep(RENEWAL_PAUSE_MS, this.#signal);
      const fresh = this.#iterator === null;
      try {
        this.#iterator ??= await this.#iteratorFrom(sequence);
        renewed ||= fresh;
        const page = await this.#page(this.#iterator);
        this.#iterator = page.next;
        return { page, renewed };
      } catch (error) {
        this.#iterator = null;
        this.#judge(error, fresh, sequence, renewals >= RENEWALS_MAX);
      }
    }
  }

  /** Returns when a new iterator is worth a try. */
  #judge(error: unknown, fresh: boolean, sequence: string | null, last: boolean): void {
    if (!(error instanceof DynamoDbError)) throw error;
    const { kind, message } = error;
    // An iterator that was used before may be worse than the position: that is tried first.
    if (kind === 'trimmed' && fresh && (sequence !== null || last))
      throw new PlaceTrimmed(message, { cause: error });
    if (kind === 'not-found' && fresh) throw new ShardVanished(message, { cause: error });
    if (last || !RENEWABLE.has(kind)) throw error;
  }

  #iteratorFrom(sequence: string | null): Promise<string> {
    return this.#retried(() => this.#client.shardIterator(this.#arn, this.#shard, sequence, this.#signal));
  }

  #page(iterator: string): Promise<RecordsPage> {
    return this.#retried(() => this.#client.getRecords(iterator, RECORDS_MAX, this.#signal));
  }

  #retried<T>(call: () => Promise<T>): Promise<T> {
    return retried(call, { clock: this.#clock, signal: this.#signal });
  }
}
