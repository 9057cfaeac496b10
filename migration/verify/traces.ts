import type { Entry } from '../../connectors/buckets/entry.ts';
import { KeyFilter } from '../../connectors/buckets/key-hash.ts';
import type { Clock } from '../../connectors/clock.ts';
import { ITEMS, type RowSpace } from './row-space.ts';
import { KEPT_LAGS, type Movement, type Trace } from './sides.ts';

/** What has been published since the last call, of items with wanted keys; the first call begins where it was opened. */
export type ReadOn = (isWanted: (key: Buffer) => boolean) => AsyncIterable<readonly Entry[]>;

/** The changes of watched keys, as they are published. Memory holds those of the last lags, whatever else moves. */
export class TopicMovement implements Movement {
  readonly #filter = new KeyFilter();
  readonly #traces = new Map<string, Trace[]>();
  readonly #readOn: ReadOn;
  readonly #clock: Clock;
  readonly #lagMs: number;
  readonly #space: RowSpace;

  constructor(readOn: ReadOn, clock: Clock, lagMs: number, space: RowSpace = ITEMS) {
    this.#readOn = readOn;
    this.#clock = clock;
    this.#lagMs = lagMs;
    this.#space = space;
  }

  watch(key: Buffer): void {
    this.#filter.add(this.#space.itemKeyOf(key));
  }

  async drain(): Promise<void> {
    for await (const entries of this.#readOn((key) => this.#filter.mayHold(key))) {
      const seenMs = this.#clock.monotonic();
      for (const entry of entries) this.#keep(entry, seenMs);
    }
  }

  traces(key: Buffer): readonly Trace[] {
    return this.#traces.get(key.toString('latin1')) ?? [];
  }

  forget(beforeMs: number): void {
    for (const [name, traces] of this.#traces) {
      if ((traces.at(-1)?.seenMs ?? 0) < beforeMs) this.#traces.delete(name);
    }
  }

  #keep({ key, digest, version, place }: Entry, seenMs: number): void {
    const name = key.toString('latin1');
    let traces = this.#traces.get(name);
    if (traces === undefined) this.#traces.set(name, (traces = []));
    // A row of a snapshot ranks below the changes that it overlaps (rule C2).
    if ((traces.at(-1)?.version ?? -1) > version) return;
    // A copy: a slice would keep all that was fetched with it.
    traces.push({ digest: digest && Buffer.from(digest), version, place, seenMs });
    const oldMs = seenMs - KEPT_LAGS * this.#lagMs;
    if ((traces[1]?.seenMs ?? seenMs) > oldMs) return;
    traces.splice(
      0,
      traces.findLastIndex((trace) => trace.seenMs <= oldMs),
    );
  }
}
