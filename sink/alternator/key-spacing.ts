import type { Clock } from '../../connectors/clock.ts';

/**
 * Remembers when keys were last acknowledged, for as long as that matters: one skew bound.
 *
 * Behind a load balancer two writes of one key may reach nodes whose clocks differ, and the earlier one would win.
 * Rule C7: a key is written at most once per skew bound, counted from the acknowledgement.
 */
export class KeySpacing {
  readonly #clock: Clock;
  readonly #skewMs: number;
  // Two windows of one skew bound each: what falls out of the older one no longer binds. Bounded by rate × 2 bounds.
  #recent = new Map<string, number>();
  #older = new Map<string, number>();
  #turnedMs: number;

  constructor(clock: Clock, skewMs: number) {
    this.#clock = clock;
    this.#skewMs = skewMs;
    this.#turnedMs = clock.monotonic();
  }

  acknowledged(keys: readonly Buffer[]): void {
    this.#turn();
    const nowMs = this.#clock.monotonic();
    for (const key of keys) this.#recent.set(key.toString('latin1'), nowMs);
  }

  /** When the key may be written again, in the clock's monotonic ms; 0: at once. */
  freeMs(key: Buffer): number {
    if (this.#recent.size + this.#older.size === 0) return 0;
    const name = key.toString('latin1');
    const ackMs = this.#recent.get(name) ?? this.#older.get(name);
    return ackMs === undefined ? 0 : ackMs + this.#skewMs;
  }

  #turn(): void {
    const nowMs = this.#clock.monotonic();
    if (nowMs - this.#turnedMs < this.#skewMs) return;
    // Nothing was added to `recent` since #turnedMs + skew at the latest, so `older` may go.
    this.#older = this.#recent;
    this.#recent = new Map();
    this.#turnedMs = nowMs;
  }
}
