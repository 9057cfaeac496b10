import { randomFrom } from '../workload/random.ts';

/** How often a rule strikes, of the requests that match it. */
export interface Strikes {
  /** Lets this many matching requests pass first. */
  readonly after?: number;
  /** Strikes at most this often; default: until removed. */
  readonly count?: number;
  /** Chance of striking a matching request; default 1. */
  readonly probability?: number;
}

export interface ActiveRule {
  /** How often it struck. */
  readonly hits: number;
  remove(): void;
}

/** The rules of a proxy, in the order they were injected; chance follows the seed. */
export class FaultRules<R extends Strikes> {
  readonly #random;
  readonly #active = new Set<{ rule: R; seen: number; hits: number }>();

  constructor(seed: number) {
    this.#random = randomFrom(seed);
  }

  inject(rule: R): ActiveRule {
    const entry = { rule, seen: 0, hits: 0 };
    this.#active.add(entry);
    return {
      get hits() {
        return entry.hits;
      },
      remove: () => void this.#active.delete(entry),
    };
  }

  clear(): void {
    this.#active.clear();
  }

  /** The rule that strikes a request, if any does; the oldest matching one decides. */
  take(matches: (rule: R) => boolean): R | null {
    for (const entry of this.#active) {
      const { after = 0, count, probability = 1 } = entry.rule;
      if (!matches(entry.rule)) continue;
      if (entry.seen++ < after || (count !== undefined && entry.hits >= count)) continue;
      if (probability < 1 && this.#random.below(1_000_000) >= probability * 1_000_000) continue;
      entry.hits++;
      return entry.rule;
    }
    return null;
  }
}
