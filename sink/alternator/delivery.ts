import type { Clock } from '../../connectors/clock.ts';
import type { PutFailure } from '../../connectors/connector.ts';
import { ConnectError, type ErrorCode } from '../../connectors/errors.ts';
import type { TaskMetrics } from '../../connectors/metrics/metrics.ts';
import type { RateLimiter } from '../../dynamodb/rate.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import type { InFlight, Load, Slot } from '../in-flight.ts';
import { type Chunk, cutChunks, narrowed } from './chunks.ts';
import { targetError, type Verdict, verdictOf } from './faults.ts';
import type { KeySpacing } from './key-spacing.ts';
import type { Lane } from './lane.ts';
import type { NodeRing } from './nodes.ts';
import { refusal } from './refusal.ts';

/** What all deliveries of a task share. */
export interface Outbox {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly leaseValid: () => boolean;
  readonly nodes: NodeRing;
  readonly inFlight: InFlight;
  readonly rate: RateLimiter | null;
  /** Only behind a load balancer. */
  readonly spacing: KeySpacing | null;
  readonly serverTimeoutMs: number;
  readonly clockSkewMs: number;
  readonly metrics?: TaskMetrics | undefined;
  /** Most items of a request; becomes smaller where the server takes fewer. */
  itemsMax: number;
}

/**
 * Sends the records at `indexes`, all of one node; gives back the indexes that the server left over.
 *
 * `beforeSend` is to be called right before the first byte; what it throws ends the call, and nothing was sent.
 */
export type Send = (
  node: string,
  records: readonly ChangeRecord[],
  indexes: readonly number[],
  beforeSend: () => void,
) => Promise<readonly number[]>;

/** After failing for so long without any success the batch is handed back, at the latest: the runtime reports it and repeats it. */
const GIVE_UP_MS = 60_000;
const BACKOFF_MS = 50;
const BACKOFF_MAX_MS = 5000;

type Outcome =
  | { readonly verdict: 'done'; readonly left: readonly number[] }
  | { readonly verdict: Verdict; readonly error: unknown };

const GIVE_UP_CODE: Partial<Record<Outcome['verdict'], ErrorCode>> = {
  done: 'TARGET_THROTTLED',
  throttled: 'TARGET_THROTTLED',
  unknown: 'TARGET_UNKNOWN_OUTCOME',
};

/**
 * Carries one batch of one lane to the target, whatever happens on the way.
 *
 * A chunk is sent until each of its records is written or refused; since `put` resolves only then, a lane's keys are
 * written in order, one write of a key at a time (rule C7).
 */
export class Delivery {
  readonly failures: PutFailure[] = [];
  /** Why the batch as a whole failed; no chunk sends anything once it is set. */
  broken: unknown = null;
  readonly #outbox: Outbox;
  readonly #lane: Lane;
  readonly #target: string;
  readonly #records: readonly ChangeRecord[];
  readonly #send: Send;
  readonly #isOurs: () => boolean;
  readonly #giveUpMs: number;

  /**
   * @param target name of the target table, for messages
   * @param isOurs false once the lane may be another's
   * @param failsAfterMs see LaneStanding
   */
  constructor(
    outbox: Outbox,
    lane: Lane,
    target: string,
    records: readonly ChangeRecord[],
    send: Send,
    isOurs: () => boolean,
    failsAfterMs = GIVE_UP_MS,
  ) {
    this.#outbox = outbox;
    this.#lane = lane;
    this.#target = target;
    this.#records = records;
    this.#send = send;
    this.#isOurs = isOurs;
    this.#giveUpMs = Math.min(GIVE_UP_MS, failsAfterMs);
  }

  /** Resolves when nothing of these records is under way any more; never rejects. */
  async all(indexes: readonly number[], failingSinceMs: number | null = null): Promise<void> {
    const chunks = cutChunks(this.#records, indexes, this.#outbox.itemsMax, this.#outbox.nodes);
    await Promise.all(chunks.map((chunk) => this.#one(chunk, failingSinceMs)));
  }

  async #one(chunk: Chunk, failingSinceMs: number | null): Promise<void> {
    try {
      await this.#deliver(chunk, failingSinceMs);
    } catch (error) {
      this.broken ??= error;
    }
  }

  async #deliver(first: Chunk, since: number | null): Promise<void> {
    let chunk = first;
    let failingSinceMs = since;
    for (let attempt = 0; this.broken === null; attempt++) {
      const slot = await this.#admit(chunk);
      if (slot === null) return this.all(chunk.indexes, failingSinceMs);
      const outcome = await this.#attempt(chunk, slot);
      if (outcome.verdict === 'refused' || outcome.verdict === 'too-large') {
        return this.#split(chunk, outcome.verdict, outcome.error);
      }
      if (outcome.verdict === 'broken') throw targetError(outcome.error, this.#target);
      if (outcome.verdict === 'done') {
        if (outcome.left.length === 0) return;
        if (outcome.left.length < chunk.indexes.length) {
          failingSinceMs = null;
          attempt = 0;
        }
        chunk = narrowed(this.#records, chunk, outcome.left);
      }
      failingSinceMs ??= this.#outbox.clock.monotonic();
      await this.#pause(chunk, outcome, attempt, failingSinceMs);
    }
  }

  /** Waits until the chunk may be sent; null: its keys may have other nodes now. */
  async #admit(chunk: Chunk): Promise<Slot | null> {
    const { nodes, inFlight, rate, signal } = this.#outbox;
    await rate?.take(chunk.indexes.length, signal);
    for (;;) {
      await nodes.calm(signal);
      if (nodes.generation !== chunk.generation) return null;
      const slot = await inFlight.acquire(chunk.bytes, signal);
      if (this.broken !== null || !this.#mayWrite) {
        inFlight.release(slot, 'no-load');
        throw this.broken ?? leaseLost();
      }
      if (nodes.generation === chunk.generation && nodes.isCalm) return slot;
      inFlight.release(slot, 'no-load');
    }
  }

  /** Rule C7: a zombie stops by itself, before each request. */
  get #mayWrite(): boolean {
    return this.#outbox.leaseValid() && this.#isOurs();
  }

  /** Asked again when the request is built and has a connection: most of a frozen process's time may lie before that. */
  readonly #beforeSend = (): void => {
    if (!this.#mayWrite) throw leaseLost();
  };

  async #attempt(chunk: Chunk, slot: Slot): Promise<Outcome> {
    const { nodes, inFlight } = this.#outbox;
    let load: Load = 'no-load';
    try {
      const left = await this.#send(chunk.node, this.#records, chunk.indexes, this.#beforeSend);
      load = left.length === 0 ? 'answered' : 'overloaded';
      nodes.answered();
      this.#acknowledged(chunk, left);
      return { verdict: 'done', left };
    } catch (error) {
      const verdict = verdictOf(error);
      if (verdict === 'throttled' || verdict === 'unknown') load = 'overloaded';
      this.#failed(verdict, error);
      return { verdict, error };
    } finally {
      inFlight.release(slot, load);
    }
  }

  #acknowledged(chunk: Chunk, left: readonly number[]): void {
    const { nodes, spacing, clock, clockSkewMs } = this.#outbox;
    if (spacing !== null) {
      const unwritten = new Set(left);
      const written = chunk.indexes.filter((index) => !unwritten.has(index));
      spacing.acknowledged(written.map((index) => this.#records[index]!.key));
    }
    // Rule C7: executed on the old node after the assignment had changed.
    if (nodes.generation !== chunk.generation) this.#lane.holdForSkew(clock.monotonic() + clockSkewMs);
  }

  #failed(verdict: Verdict, error: unknown): void {
    const { nodes, clock, serverTimeoutMs, clockSkewMs } = this.#outbox;
    if (verdict === 'unknown') {
      // Rule C7: holds also when this batch is given up meanwhile. Written again here, it is waited for in #pause.
      this.#lane.holdForUnknown(clock.monotonic() + serverTimeoutMs + clockSkewMs);
    }
    nodes.failed(error);
  }

  async #pause(chunk: Chunk, outcome: Outcome, attempt: number, failingSinceMs: number): Promise<void> {
    const { clock, signal, nodes, spacing, serverTimeoutMs, clockSkewMs, metrics } = this.#outbox;
    metrics?.retried('request', outcome.verdict === 'done' ? 'unprocessed' : outcome.verdict);
    if (clock.monotonic() - failingSinceMs > this.#giveUpMs) throw this.#givenUp(outcome);
    if (outcome.verdict !== 'unknown') {
      const boundMs = Math.min(BACKOFF_MAX_MS, BACKOFF_MS * 2 ** Math.min(attempt, 20));
      return clock.sleep(Math.random() * boundMs, signal);
    }
    // Rule C7: until now the server may still execute what we gave up; another node's clock may be behind its own.
    await clock.sleep(serverTimeoutMs, signal);
    if (spacing !== null || nodes.generation !== chunk.generation) await clock.sleep(clockSkewMs, signal);
  }

  #givenUp(outcome: Outcome): ConnectError {
    const code = GIVE_UP_CODE[outcome.verdict] ?? 'TARGET_UNREACHABLE';
    const cause = outcome.verdict === 'done' ? undefined : outcome.error;
    const reason = cause instanceof Error ? cause.message : 'the server leaves items unprocessed';
    const message = `Writing to "${this.#target}" has failed for ${this.#giveUpMs / 1000} s: ${reason}`;
    return new ConnectError(code, message, { cause, detail: { table: this.#target } });
  }

  /** A refused request names no item: halves are sent until those stand alone that are refused. */
  async #split(chunk: Chunk, verdict: 'refused' | 'too-large', error: unknown): Promise<void> {
    const { indexes } = chunk;
    if (indexes.length === 1) {
      this.failures.push({ index: indexes[0]!, error: refusal(this.#target, verdict, error) });
      return;
    }
    const before = this.failures.length;
    const middle = Math.ceil(indexes.length / 2);
    const halves = [indexes.slice(0, middle), indexes.slice(middle)];
    await Promise.all(halves.map((half) => this.#one(narrowed(this.#records, chunk, half), null)));
    // No item was to blame, so the number of items was (alternator_max_items_in_batch_write can be lower).
    if (verdict === 'refused' && this.failures.length === before && this.broken === null) {
      this.#outbox.itemsMax = Math.min(this.#outbox.itemsMax, middle);
    }
  }
}

function leaseLost(): ConnectError {
  return new ConnectError('LEASE_LOST', 'The lease ran out before a write was sent');
}
