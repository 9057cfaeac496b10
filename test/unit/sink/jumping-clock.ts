import type { Clock } from '../../../connectors/clock.ts';

interface Timer {
  readonly atMs: number;
  readonly wake: () => void;
}

/** A clock that jumps to the next end of a sleep whenever nothing else is left to do: time in order, without waiting. */
export class JumpingClock implements Clock {
  #nowMs = 1000;
  #timers: Timer[] = [];
  #jumping = false;

  now(): number {
    return this.#nowMs;
  }

  monotonic(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const timer = { atMs: this.#nowMs + ms, wake: resolve };
      this.#timers.push(timer);
      signal?.addEventListener('abort', () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
        reject(signal.reason);
      });
      this.#jumpSoon();
    });
  }

  #jumpSoon(): void {
    if (this.#jumping || this.#timers.length === 0) return;
    this.#jumping = true;
    setImmediate(() => {
      this.#jumping = false;
      const next = this.#timers.reduce<Timer | null>((a, b) => (a === null || b.atMs < a.atMs ? b : a), null);
      if (next === null) return;
      this.#timers.splice(this.#timers.indexOf(next), 1);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
      this.#jumpSoon();
    });
  }
}
