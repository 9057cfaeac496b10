/** Both clocks, ms: the monotonic one stands still while a machine sleeps, the wall clock may be set. */
export interface LeaseClock {
  readonly monotonicMs: () => number;
  readonly wallMs: () => number;
}

const CLOCK: LeaseClock = { monotonicMs: () => performance.now(), wallMs: () => Date.now() };

interface Instant {
  readonly monotonic: number;
  readonly wall: number;
}

/**
 * How long a group member may still believe that its partitions are its own. Rule C7.
 *
 * The coordinator cannot give them to another before the session timeout has passed since it got a heartbeat, which it
 * got after we sent it; and during a rebalance not before the rebalance timeout has passed since that began, which it did
 * after the last heartbeat that was answered without one. Both are counted from when we *sent*, by the clock that says
 * more time has passed.
 */
export class Lease {
  readonly #sessionTimeoutMs: number;
  readonly #rebalanceTimeoutMs: number;
  readonly #clock: LeaseClock;
  #beat: Instant | null = null;
  #stable: Instant | null = null;

  constructor(sessionTimeoutMs: number, rebalanceTimeoutMs: number, clock: LeaseClock = CLOCK) {
    this.#sessionTimeoutMs = sessionTimeoutMs;
    this.#rebalanceTimeoutMs = rebalanceTimeoutMs;
    this.#clock = clock;
  }

  /** To be called right before a heartbeat or SyncGroup is sent. */
  now(): Instant {
    return { monotonic: this.#clock.monotonicMs(), wall: this.#clock.wallMs() };
  }

  /** What was sent then has been answered: all is well. Also begins the lease. */
  stable(sentAt: Instant): void {
    this.#beat = sentAt;
    this.#stable = sentAt;
  }

  /** What was sent then has been answered with "rebalance in progress": the session goes on, the rebalance ends it. */
  rebalancing(sentAt: Instant): void {
    if (this.#beat) this.#beat = sentAt;
  }

  /** Ends the lease at once. */
  end(): void {
    this.#beat = null;
    this.#stable = null;
  }

  /** True while nobody else can own our partitions, and for `marginMs` longer. */
  valid(marginMs: number): boolean {
    if (!this.#beat || !this.#stable) return false;
    return (
      this.#since(this.#beat) < this.#sessionTimeoutMs - marginMs &&
      this.#since(this.#stable) < this.#rebalanceTimeoutMs - marginMs
    );
  }

  #since(instant: Instant): number {
    return Math.max(this.#clock.monotonicMs() - instant.monotonic, this.#clock.wallMs() - instant.wall);
  }
}
