import type { Clock } from '../../../dynamodb/clock.ts';

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** A clock that stands still until it is turned. */
export class FakeClock implements Clock {
  /** How long each sleep was asked to be, ms. */
  readonly sleeps: number[] = [];
  #nowMs = 0;
  #sleepers: Sleeper[] = [];
  readonly #jumps: boolean;

  /** @param jumps whether every sleep ends at once, with the time moved on */
  constructor(jumps = false) {
    this.#jumps = jumps;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.sleeps.push(ms);
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      if (this.#jumps) {
        this.#nowMs += ms;
        return resolve();
      }
      this.#sleepers.push({ at: this.#nowMs + ms, wake: resolve });
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }

  /** Moves the time on and lets those go on whose time has come. */
  async advance(ms: number): Promise<void> {
    this.#nowMs += ms;
    const due = this.#sleepers.filter(({ at }) => at <= this.#nowMs);
    this.#sleepers = this.#sleepers.filter(({ at }) => at > this.#nowMs);
    for (const { wake } of due) wake();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
