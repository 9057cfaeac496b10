const TIP_SILENCE_MS = 60_000;
const TIP_POLLS = 10;

/**
 * Tells when p of rule C5 may move without a record: after empty answers for 60 s, ten at least.
 *
 * One empty page proves nothing: an iterator crosses stretches without records page by page (API reference: GetRecords).
 */
export class TipWatch {
  #empty = 0;
  #sinceMs = 0;

  /** An empty answer; true when the tip is reached. */
  sawNothing(serverTimeMs: number): boolean {
    if (this.#empty === 0) this.#sinceMs = serverTimeMs;
    this.#empty += 1;
    return this.#empty >= TIP_POLLS && serverTimeMs - this.#sinceMs >= TIP_SILENCE_MS;
  }

  /** Records came, or a new iterator starts at the last position again. */
  reset(): void {
    this.#empty = 0;
  }
}
