import type { Clock } from '../../connectors/clock.ts';
import type { PutFailure } from '../../connectors/connector.ts';
import { asConnectError, ConnectError } from '../../connectors/errors.ts';
import type { TaskMetrics } from '../../connectors/metrics/metrics.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import type { TableMapping } from '../../schemas/cql/table-mapping.ts';
import type { InFlight, Load, Slot } from '../in-flight.ts';
import { type Bound, boundOf, sizeOf, type WriteStatements } from './bound-statement.ts';
import { cqlError, verdictOf } from './faults.ts';
import type { MisfitTally } from './misfit-tally.ts';
import { mutationsOf } from './mutations.ts';

/** What all deliveries of a task share. */
export interface Outbox {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly leaseValid: () => boolean;
  readonly inFlight: InFlight;
  readonly tally: MisfitTally;
  readonly metrics?: TaskMetrics | undefined;
  /** Executes a prepared statement; rejects with the driver's errors. */
  readonly execute: (statement: string, params: unknown[]) => Promise<unknown>;
}

/** The table that records are written to. */
export interface WriteTarget {
  readonly mapping: TableMapping;
  readonly statements: WriteStatements;
  /** `keyspace.table`, for messages. */
  readonly name: string;
}

/**
 * A statement that fails is given up when for so long none of its batch was executed, and the batch handed back: the runtime
 * reports it and repeats it. Not while others are: what is taken slowly would be repeated as a whole, again and again.
 */
const GIVE_UP_MS = 10_000;
const BACKOFF_MS = 50;
const BACKOFF_MAX_MS = 5000;

/**
 * Carries one batch of one lane to the target: many statements at once, in no order (rule C6).
 *
 * A statement that fails is repeated as it is: it carries its version, so that one whose outcome is unknown needs no wait.
 */
export class Delivery {
  readonly #outbox: Outbox;
  readonly #target: WriteTarget;
  readonly #isOurs: () => boolean;
  readonly #giveUpMs: number;
  readonly #failures = new Map<number, ConnectError>();
  /** Why the batch as a whole failed; nothing more is sent once it is set. */
  #broken: unknown = null;
  /** When a statement was executed last. */
  #executedMs = Number.NEGATIVE_INFINITY;
  #underWay = 0;
  #onSettled: (() => void) | null = null;

  /**
   * @param isOurs false once the lane may be another's
   * @param failsAfterMs see LaneStanding
   */
  constructor(outbox: Outbox, target: WriteTarget, isOurs: () => boolean, failsAfterMs = GIVE_UP_MS) {
    this.#outbox = outbox;
    this.#target = target;
    this.#isOurs = isOurs;
    this.#giveUpMs = Math.min(GIVE_UP_MS, failsAfterMs);
  }

  /** Resolves, and throws too, only when nothing of the batch is under way any more. */
  async run(records: readonly ChangeRecord[], firstVersion: number | null): Promise<PutFailure[]> {
    try {
      await this.#send(records, firstVersion);
    } catch (error) {
      this.#broken ??= error;
    }
    if (this.#underWay > 0) await new Promise<void>((resolve) => (this.#onSettled = resolve));
    if (this.#broken !== null) throw this.#broken;
    return [...this.#failures].map(([index, error]) => ({ index, error })).sort((a, b) => a.index - b.index);
  }

  async #send(records: readonly ChangeRecord[], firstVersion: number | null): Promise<void> {
    const { clock, inFlight, signal, tally } = this.#outbox;
    const { mapping, statements, name } = this.#target;
    const nowSeconds = Math.floor(clock.now() / 1000);
    for (let index = 0; index < records.length; index++) {
      signal.throwIfAborted();
      const { mutations, failure, row } = mutationsOf(mapping, records[index]!, { firstVersion, nowSeconds });
      if (failure?.remedy === 'halt') throw failure;
      if (failure !== null) this.#failures.set(index, failure);
      if (row !== null) tally.add(name, row);
      for (const mutation of mutations) {
        const bytes = sizeOf(mutation);
        const slot = inFlight.take(bytes) ?? (await inFlight.acquire(bytes, signal));
        if (!this.#mayStart(slot)) return;
        this.#start(index, boundOf(mutation, statements), slot);
      }
    }
  }

  /** Rule C7's lease, which rule C6 asks for too: a zombie stops by itself, before each request. */
  #mayStart(slot: Slot): boolean {
    if (this.#broken === null && !(this.#outbox.leaseValid() && this.#isOurs())) {
      this.#broken = new ConnectError('LEASE_LOST', 'The lease ran out before a write was sent');
    }
    if (this.#broken === null) return true;
    this.#outbox.inFlight.release(slot, 'no-load');
    return false;
  }

  #start(index: number, bound: Bound, slot: Slot): void {
    this.#underWay += 1;
    this.#outbox.execute(bound.statement, bound.params).then(
      () => {
        this.#executed(slot);
        this.#ended();
      },
      (error) => {
        this.#repeat(index, bound, slot, error).then(
          () => this.#ended(),
          (thrown) => {
            this.#broken ??= thrown;
            this.#ended();
          },
        );
      },
    );
  }

  #executed(slot: Slot): void {
    const { clock, inFlight } = this.#outbox;
    this.#executedMs = clock.monotonic();
    inFlight.release(slot, 'answered');
  }

  #ended(): void {
    this.#underWay -= 1;
    if (this.#underWay === 0) this.#onSettled?.();
  }

  /** Sends a statement until it is executed or refused; throws when it is given up. */
  async #repeat(index: number, bound: Bound, slot: Slot, first: unknown): Promise<void> {
    const { clock, signal, inFlight, execute } = this.#outbox;
    const sinceMs = clock.monotonic();
    let error = first;
    let held = slot;
    for (let attempt = 0; ; attempt++) {
      const verdict = verdictOf(error);
      inFlight.release(held, LOADS[verdict]);
      if (verdict === 'refused') {
        this.#failures.set(index, asConnectError(cqlError(error, this.#target.name)));
        return;
      }
      const triedMs = clock.monotonic() - Math.max(sinceMs, this.#executedMs);
      if (verdict === 'broken' || triedMs > this.#giveUpMs) throw cqlError(error, this.#target.name);
      this.#outbox.metrics?.retried('request', verdict);
      await clock.sleep(Math.random() * Math.min(BACKOFF_MAX_MS, BACKOFF_MS * 2 ** attempt), signal);
      held = await inFlight.acquire(held.bytes, signal);
      if (!this.#mayStart(held)) return;
      try {
        await execute(bound.statement, bound.params);
        this.#executed(held);
        return;
      } catch (thrown) {
        error = thrown;
      }
    }
  }
}

const LOADS: Readonly<Record<ReturnType<typeof verdictOf>, Load>> = {
  throttled: 'overloaded',
  unknown: 'overloaded',
  transient: 'no-load',
  refused: 'answered',
  broken: 'no-load',
};
