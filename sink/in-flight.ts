import type { Clock } from '../connectors/clock.ts';
import { Durations } from '../connectors/metrics/durations.ts';
import type { RequestsView } from '../connectors/metrics/metrics.ts';

/** How a request went, as far as the rate is concerned. */
export type Load = 'answered' | 'overloaded' | 'no-load';

/** The right to have one request under way; given back exactly once. */
export interface Slot {
  readonly bytes: number;
  readonly startedMs: number;
}

export interface InFlightLimits {
  readonly requestsMax: number;
  /** Bytes of all bodies under way; one request always may, whatever its size. */
  readonly bytesMax: number;
  /** An answer slower than this says overload. */
  readonly slowMs: number;
  /** Requests that may be under way before anything is known of the server; default 8. */
  readonly windowStart?: number;
  /** Answers may take this much longer than twice the best one before it is taken for a queue; ms, default 5. */
  readonly queueSlackMs?: number;
}

interface Waiting {
  readonly bytes: number;
  readonly admit: (slot: Slot) => void;
}

const WINDOW_START = 8;
const WINDOW_MIN = 1;
/** Answers that take this much longer than the best ones show that a queue builds up in the server. */
const QUEUE_FACTOR = 2;
const QUEUE_SLACK_MS = 5;
/** The best latency is forgotten this fast, per answer: the server may have become slower for good. */
const FORGET = 1.005;

/**
 * Bounds what is under way to the target, and finds out how much that may be.
 *
 * Additive increase, multiplicative decrease: the window grows by one request per round while answers come fast, stays
 * while they slow down, and halves, at most once per round, on a throttle, a failure or a very slow answer. Until the
 * first of these signs it doubles with each round (as TCP's slow start does, RFC 5681).
 */
export class InFlight implements RequestsView {
  /** How long answers took: in time, or with a sign of overload. */
  readonly durations = { answered: new Durations(), overloaded: new Durations() };
  readonly #clock: Clock;
  readonly #limits: InFlightLimits;
  readonly #queue: Waiting[] = [];
  #window: number;
  #requests = 0;
  #bytes = 0;
  #bestMs = Number.POSITIVE_INFINITY;
  #latencyMs = 0;
  #halvedMs = Number.NEGATIVE_INFINITY;
  /** Nothing has said yet that the server is busy: the window doubles with each round. */
  #probing = true;

  constructor(clock: Clock, limits: InFlightLimits) {
    this.#clock = clock;
    this.#limits = limits;
    this.#window = limits.windowStart ?? WINDOW_START;
  }

  /** Requests that may be under way at once, now. */
  get window(): number {
    return Math.floor(this.#window);
  }

  get requests(): number {
    return this.#requests;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** A slot where one is free now, and nobody waits for it; else null. */
  take(bytes: number): Slot | null {
    return this.#queue.length === 0 && this.#fits(bytes) ? this.#give(bytes) : null;
  }

  /** Waits for a slot, in the order of asking; throws the signal's reason when it aborts first. */
  acquire(bytes: number, signal: AbortSignal): Promise<Slot> {
    signal.throwIfAborted();
    const free = this.take(bytes);
    if (free !== null) return Promise.resolve(free);
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1);
        reject(signal.reason);
        this.#admitWaiting();
      };
      const waiting: Waiting = {
        bytes,
        admit: (slot) => {
          signal.removeEventListener('abort', stop);
          resolve(slot);
        },
      };
      signal.addEventListener('abort', stop, { once: true });
      this.#queue.push(waiting);
    });
  }

  release(slot: Slot, load: Load): void {
    this.#requests -= 1;
    this.#bytes -= slot.bytes;
    if (load !== 'no-load') this.#learn(slot, load);
    this.#admitWaiting();
  }

  #learn(slot: Slot, load: Exclude<Load, 'no-load'>): void {
    const nowMs = this.#clock.monotonic();
    const tookMs = nowMs - slot.startedMs;
    this.durations[load].observe(tookMs);
    if (load === 'overloaded' || tookMs > this.#limits.slowMs) {
      // What was sent before the last halving says nothing new.
      if (slot.startedMs < this.#halvedMs) return;
      this.#halvedMs = nowMs;
      this.#probing = false;
      this.#window = Math.max(WINDOW_MIN, this.#window / 2);
      return;
    }
    this.#bestMs = Math.min(this.#bestMs * FORGET, tookMs);
    this.#latencyMs += (tookMs - this.#latencyMs) / 8;
    const slackMs = this.#limits.queueSlackMs ?? QUEUE_SLACK_MS;
    if (this.#latencyMs > this.#bestMs * QUEUE_FACTOR + slackMs) {
      this.#probing = false;
      return;
    }
    const grown = this.#window + (this.#probing ? 1 : 1 / this.#window);
    this.#window = Math.min(this.#limits.requestsMax, grown);
  }

  #fits(bytes: number): boolean {
    if (this.#requests === 0) return true;
    return this.#requests + 1 <= this.#window && this.#bytes + bytes <= this.#limits.bytesMax;
  }

  #give(bytes: number): Slot {
    this.#requests += 1;
    this.#bytes += bytes;
    return { bytes, startedMs: this.#clock.monotonic() };
  }

  #admitWaiting(): void {
    while (this.#queue.length > 0 && this.#fits(this.#queue[0]!.bytes)) {
      const waiting = this.#queue.shift()!;
      waiting.admit(this.#give(waiting.bytes));
    }
  }
}
