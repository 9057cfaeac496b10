import { type Clock, systemClock } from './clock.ts';

/**
 * Keeps a flow of units (capacity units, writes, bytes) at or below a rate; one second's worth may come at once.
 *
 * A debt bucket: units are taken at once and the taker waits until they are paid for. So a cost may be larger than the
 * bucket, or known only after it was incurred, and takers are served in the order they came.
 */
export class RateLimiter {
  readonly #unitsPerMs: number;
  readonly #unitsMax: number;
  readonly #clock: Clock;
  #units: number;
  #filledAtMs: number;

  /** @param unitsPerSecond above 0 */
  constructor(unitsPerSecond: number, clock: Clock = systemClock) {
    if (!(unitsPerSecond > 0)) throw new RangeError(`unitsPerSecond must be above 0, not ${unitsPerSecond}`);
    this.#unitsPerMs = unitsPerSecond / 1000;
    this.#unitsMax = unitsPerSecond;
    this.#clock = clock;
    this.#units = unitsPerSecond;
    this.#filledAtMs = clock.monotonic();
  }

  /** Takes the units and waits until they are paid for; an abort gives them back and throws the signal's reason. */
  async take(units: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#fill();
    this.#units -= units;
    if (this.#units >= 0) return;
    try {
      await this.#clock.sleep(Math.ceil(-this.#units / this.#unitsPerMs), signal);
    } catch (error) {
      this.#units += units;
      throw error;
    }
  }

  #fill(): void {
    const nowMs = this.#clock.monotonic();
    this.#units = Math.min(this.#unitsMax, this.#units + (nowMs - this.#filledAtMs) * this.#unitsPerMs);
    this.#filledAtMs = nowMs;
  }
}
