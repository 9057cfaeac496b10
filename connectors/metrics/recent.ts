interface Sample {
  readonly sinceMs: number;
  sum: number;
  count: number;
  max: number;
}

/** A sample's length, as Kafka's metrics have it (`metrics.sample.window.ms`); there are two, the last and the present one. */
const SAMPLE_MS = 30_000;

/** Average, maximum and rate of the last 30 to 60 seconds, as Kafka's own metrics mean them. */
export class Recent {
  readonly #monotonic: () => number;
  #last: Sample | null = null;
  #now: Sample;

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
    this.#now = sampleFrom(monotonic());
  }

  add(value: number): void {
    const { 1: now } = this.#samples();
    now.sum += value;
    now.count += 1;
    now.max = Math.max(now.max, value);
  }

  /** 0 without any value. */
  get average(): number {
    const [last, now] = this.#samples();
    const count = now.count + (last?.count ?? 0);
    return count === 0 ? 0 : (now.sum + (last?.sum ?? 0)) / count;
  }

  /** 0 without any value. */
  get max(): number {
    const [last, now] = this.#samples();
    return Math.max(now.max, last?.max ?? 0);
  }

  /** Sum of the values per second; time before the first second is taken for one, or a start would look like a flood. */
  get perSecond(): number {
    const [last, now] = this.#samples();
    const seconds = (this.#monotonic() - (last ?? now).sinceMs) / 1000;
    return (now.sum + (last?.sum ?? 0)) / Math.max(1, seconds);
  }

  #samples(): readonly [Sample | null, Sample] {
    const nowMs = this.#monotonic();
    const elapsedMs = nowMs - this.#now.sinceMs;
    if (elapsedMs >= SAMPLE_MS) {
      const sinceMs = nowMs - (elapsedMs % SAMPLE_MS);
      this.#last = elapsedMs < 2 * SAMPLE_MS ? this.#now : sampleFrom(sinceMs - SAMPLE_MS);
      this.#now = sampleFrom(sinceMs);
    }
    return [this.#last, this.#now];
  }
}

function sampleFrom(sinceMs: number): Sample {
  return { sinceMs, sum: 0, count: 0, max: 0 };
}
