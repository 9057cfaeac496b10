/** Up to when the source was read, and where the topic then ended. */
interface Sample {
  readonly readToMs: number;
  readonly ends: readonly number[];
}

/** Samples kept per table: one a second, a lag of some minutes can be told exactly. */
const SAMPLES_MAX = 600;

/**
 * How old the oldest change is that is not written yet.
 *
 * Creation times are too coarse for this (a stand-in cuts them to minutes), and offsets hold no time. So it remembers
 * pairs: every change older than `readToMs` lies below `ends`. Once the sink has passed these ends, all of them are
 * written.
 */
export class LagTracker {
  readonly #samples = new Map<string, Sample[]>();
  readonly #writtenTo = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** @param readToMs null: unknown; nothing is remembered. */
  sample(table: string, readToMs: number | null, ends: readonly number[]): void {
    if (readToMs === null) return;
    const samples = this.#samples.get(table) ?? [];
    samples.push({ readToMs: Math.min(readToMs, this.#now()), ends });
    if (samples.length > SAMPLES_MAX) samples.shift();
    this.#samples.set(table, samples);
  }

  /** @param positions of the sink in the changes topic, by partition. Null: not known yet. */
  lagSeconds(table: string, positions: readonly number[]): number | null {
    const samples = this.#samples.get(table) ?? [];
    const passed = samples.findLastIndex(({ ends }) => ends.every((end, p) => (positions[p] ?? 0) >= end));
    if (passed >= 0) {
      const writtenTo = samples[passed]!.readToMs;
      this.#writtenTo.set(table, Math.max(writtenTo, this.#writtenTo.get(table) ?? 0));
      samples.splice(0, passed);
    }
    const writtenTo = this.#writtenTo.get(table);
    return writtenTo === undefined ? null : Math.max(0, this.#now() - writtenTo) / 1000;
  }
}
