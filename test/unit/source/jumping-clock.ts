import type { Clock } from '../../../connectors/clock.ts';

/** A clock whose sleeps end at once, with the time moved on; the world's server time is read from it too. */
export class JumpingClock implements Clock {
  readonly sleeps: number[] = [];
  nowMs: number;

  constructor(startMs: number) {
    this.nowMs = startMs;
  }

  now(): number {
    return this.nowMs;
  }

  monotonic(): number {
    return this.nowMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.sleeps.push(ms);
    this.nowMs += ms;
  }

  advance(ms: number): void {
    this.nowMs += ms;
  }
}
