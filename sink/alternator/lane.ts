import type { Clock } from '../../connectors/clock.ts';

/**
 * What one lane (a table and a topic partition) has to wait for before it writes again.
 *
 * It outlives a `put` that was given up: the runtime repeats the batch, and its keys may still be written late.
 */
export class Lane {
  #unknownUntilMs = 0;
  #skewUntilMs = 0;

  /** Something of this lane may be executed until then (rule C7: unknown outcome). */
  holdForUnknown(untilMs: number): void {
    this.#unknownUntilMs = Math.max(this.#unknownUntilMs, untilMs);
  }

  /** Something was executed on a node that its key no longer belongs to (rule C7: skew bound). */
  holdForSkew(untilMs: number): void {
    this.#skewUntilMs = Math.max(this.#skewUntilMs, untilMs);
  }

  /** Everything that was unknown has been waited for and written again. */
  settled(): void {
    this.#unknownUntilMs = 0;
  }

  async free(clock: Clock, signal: AbortSignal): Promise<void> {
    const untilMs = Math.max(this.#unknownUntilMs, this.#skewUntilMs);
    const waitMs = untilMs - clock.monotonic();
    if (waitMs > 0) await clock.sleep(waitMs, signal);
  }
}
