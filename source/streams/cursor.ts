import type { Clock } from '../../connectors/clock.ts';
import { ConnectError } from '../../connectors/errors.ts';
import { DynamoDbError } from '../../dynamodb/errors.ts';
import { retried } from '../../dynamodb/retry.ts';
import type { RecordsPage } from '../../dynamodb/streams.ts';
import type { StreamClient } from './stream-client.ts';

/** Most records of one GetRecords (API reference). */
export const RECORDS_MAX = 1000;
const RENEWALS_MAX = 10;
const RENEWAL_PAUSE_MS = 500;

export interface CursorAnswer {
  readonly page: RecordsPage;
  /** The page came by a new iterator, which starts right behind the position again. */
  readonly renewed: boolean;
  /** The position is trimmed: the page, and those after it, begin at the horizon, maybe before the position. */
  readonly trimmed: boolean;
}

/** Thrown when the service does not know the shard any more. */
export class ShardVanished extends Error {
  override readonly name = 'ShardVanished';
}

/**
 * Walks one shard by iterators: from a sequence number, or from TRIM_HORIZON.
 *
 * An iterator lives 15 minutes (API reference: GetShardIterator). An expired one is renewed behind the last record, and
 * so is one whose place is trimmed; where that place itself is trimmed, reading goes on at the horizon and says so, and
 * the caller judges whether anything is lost (rule C5). Throttles and transient errors are retried with backoff.
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
   * @param sequence of the last record that was read; null: none
   */
  async next(sequence: string | null): Promise<CursorAnswer> {
    let renewed = false;
    let trimmed = false;
    for (let renewals = 0; renewals <= RENEWALS_MAX; renewals++) {
      if (renewals > 1) await this.#clock.sleep(RENEWAL_PAUSE_MS, this.#signal);
      const fresh = this.#iterator === null;
      try {
        this.#iterator ??= await this.#iteratorFrom(trimmed ? null : sequence);
        renewed ||= fresh;
        const page = await this.#page(this.#iterator);
        this.#iterator = page.next;
        return { page, renewed, trimmed };
      } catch (error) {
        this.#iterator = null;
        if (!(error instanceof DynamoDbError)) throw error;
        // A place behind the position that is trimmed is tried from the position first.
        if (error.kind === 'trimmed') trimmed ||= fresh && sequence !== null;
        else if (error.kind === 'not-found' && fresh)
          throw new ShardVanished(error.message, { cause: error });
        else if (error.kind !== 'expired-iterator' && error.kind !== 'not-found') throw error;
      }
    }
    throw new ConnectError('SOURCE_UNREACHABLE', `No iterator of shard ${this.#shard} could be used`, {
      detail: { shard: this.#shard },
    });
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
