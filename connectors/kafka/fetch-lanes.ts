import type { KafkaClient } from './client.ts';
import { throwIfFailed } from './errors.ts';
import type { Links } from './links.ts';
import {
  type FetchFrom,
  type FetchLimits,
  fetchAnswer,
  fetchCall,
  type PartitionAnswer,
} from './wire/fetch-wire.ts';

/** A connection to one leader for one Fetch at a time. */
export interface Lane {
  readonly leader: number;
  readonly number: number;
}

/** How long a Fetch beside a waiting one may wait: soon its partitions can join the next big one. */
const SIDE_WAIT_MAX_MS = 50;

/**
 * Two connections per leader to fetch from: one whose requests wait long for new records, and one beside it, so that a
 * partition that becomes wanted meanwhile (resumed, sought, handed out) need not wait for the end of that.
 */
export class FetchLanes {
  readonly #client: KafkaClient;
  readonly #limits: FetchLimits;
  readonly #links: readonly Links[];
  readonly #busy = new Set<string>();

  constructor(client: KafkaClient, limits: FetchLimits) {
    this.#client = client;
    this.#limits = limits;
    this.#links = [client.newLinks(), client.newLinks()];
  }

  /** A lane to the leader without a request in flight, the long-waiting one first, or null. */
  free(leader: number): Lane | null {
    const number = this.#links.findIndex((_, index) => !this.#busy.has(`${leader}/${index}`));
    return number < 0 ? null : { leader, number };
  }

  /** Fetches over a free lane, which is busy meanwhile. */
  async fetch(lane: Lane, from: readonly FetchFrom[]): Promise<PartitionAnswer[]> {
    const key = `${lane.leader}/${lane.number}`;
    const maxWaitMs =
      lane.number === 0 ? this.#limits.maxWaitMs : Math.min(this.#limits.maxWaitMs, SIDE_WAIT_MAX_MS);
    this.#busy.add(key);
    try {
      const link = await this.#client.cluster.linkTo(this.#links[lane.number]!, lane.leader);
      const call = fetchCall(from, { ...this.#limits, maxWaitMs });
      const answer = fetchAnswer(await link.request(call, maxWaitMs + this.#client.requestTimeoutMs));
      throwIfFailed(answer.errorCode, 'fetching');
      return answer.partitions;
    } finally {
      this.#busy.delete(key);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#links.map((links) => links.close()));
  }
}
