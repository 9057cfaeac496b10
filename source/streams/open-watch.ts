import type { Clock } from '../../connectors/clock.ts';

const ASK_INTERVAL_MS = 4 * 60_000;
const ASK_AGAIN_MS = 30_000;

/**
 * Knows until when a shard was surely open, for p of rule C5: at the end of an open shard everything is read; a closed one
 * has children, of whose records its emptiness says nothing.
 *
 * Asks in the background, so that polling never waits for a long list, and seldom: p must move every 5 minutes.
 */
export class OpenWatch {
  readonly #openAt: () => Promise<number | null>;
  readonly #clock: Clock;
  #asking = false;
  #askAtMs = 0;
  #answerMs: number | null = null;

  /** @param openAt asks the service; null: the shard is closed. A failure is tried again later. */
  constructor(openAt: () => Promise<number | null>, clock: Clock) {
    this.#openAt = openAt;
    this.#clock = clock;
  }

  /** A server time, ms, at which the shard was open, once per answer; null: nothing new. */
  take(): number | null {
    const answer = this.#answerMs;
    this.#answerMs = null;
    if (answer === null && !this.#asking && this.#clock.monotonic() >= this.#askAtMs) this.#ask();
    return answer;
  }

  #ask(): void {
    this.#asking = true;
    this.#openAt().then(
      (openMs) => this.#answered(openMs, ASK_INTERVAL_MS),
      () => this.#answered(null, ASK_AGAIN_MS),
    );
  }

  #answered(openMs: number | null, pauseMs: number): void {
    this.#asking = false;
    this.#answerMs = openMs;
    this.#askAtMs = this.#clock.monotonic() + pauseMs;
  }
}
