const SURE_AFTER = 3;
const SPACING_MS = 200;
/** Creation times are coarse (stand-ins: a minute): a record younger than this may be the newest there is. */
const FRESH_MS = 120_000;

/** What one answer of GetRecords tells of how far we lag. */
export interface SeenAnswer {
  readonly serverTimeMs: number;
  /** Our monotonic clock, for the spacing of answers: server time has whole seconds only. */
  readonly monotonicMs: number;
  /** Creation time of its last record; null: it had none. */
  readonly lastRecordMs: number | null;
  /** It held as much as one answer can: more follows. */
  readonly full: boolean;
  /** The shard is closed and read to its end. */
  readonly done: boolean;
}

/**
 * Knows up to which server time a shard has been read, to tell when a migration is ready.
 *
 * Three answers in a row, at least 200 ms apart, that are empty or hold a few fresh records say that we are at the end; from
 * then on each such answer says so anew. Under a steady load no answer is ever empty. It is weaker than what p of
 * rule C5 asks for, and no rule rests on it.
 */
export class LagWatch {
  #readToMs: number | null = null;
  #atEnd = 0;
  #countedMs = 0;
  #sure = false;

  /** Everything older than this has been read; null: not known yet. */
  get readToMs(): number | null {
    return this.#readToMs;
  }

  /** The end of the shard has been seen through the iterator in use. */
  get sure(): boolean {
    return this.#sure;
  }

  /** A new iterator starts at the last record, maybe far from the end: one empty answer proves nothing again. */
  renewed(): void {
    this.#atEnd = 0;
    this.#sure = false;
  }

  /** @returns whether more records wait as far as one can tell, so that the next poll should not. */
  saw(answer: SeenAnswer): boolean {
    const { serverTimeMs, monotonicMs, lastRecordMs, done } = answer;
    const behind = lastRecordMs !== null && (answer.full || lastRecordMs < serverTimeMs - FRESH_MS);
    if (lastRecordMs !== null) this.#rise(lastRecordMs);
    if (behind) this.#atEnd = 0;
    else if (this.#atEnd === 0 || monotonicMs - this.#countedMs >= SPACING_MS) {
      this.#atEnd += 1;
      this.#countedMs = monotonicMs;
      this.#sure ||= this.#atEnd >= SURE_AFTER;
    }
    if (done || (this.#sure && !behind)) this.#rise(serverTimeMs);
    return behind;
  }

  #rise(timeMs: number): void {
    this.#readToMs = Math.max(this.#readToMs ?? timeMs, timeMs);
  }
}
