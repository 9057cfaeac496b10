import { randomFrom } from '../../workload/random.ts';
import {
  type ErrorAnswer,
  overloaded,
  rateLimit,
  rateLimitOfOwnCode,
  unavailable,
  writeTimeout,
} from './answers.ts';
import type { Request } from './request.ts';

/** How a request is treated instead of the normal way. */
export interface Fault {
  /** Whether it is executed; `afterMs`: later, when the client has long had its answer. Default `now`. */
  readonly apply?: 'now' | 'never' | { readonly afterMs: number };
  /** `lost`: never any; `cut`: the connection ends; `unprepared`: the server has forgotten it. Default `normal`. */
  readonly answer?: 'normal' | 'lost' | 'cut' | 'unprepared' | ErrorAnswer;
  /** Waits before anything else. */
  readonly latencyMs?: number;
}

/** The faults that have names. */
export const faults = {
  overloaded: { apply: 'never', answer: overloaded },
  unavailable: { apply: 'never', answer: unavailable },
  rateLimit: { apply: 'never', answer: rateLimit },
  rateLimitOfOwnCode: { apply: 'never', answer: rateLimitOfOwnCode },
  timeoutAfterApply: { apply: 'now', answer: writeTimeout },
  timeoutBeforeApply: { apply: 'never', answer: writeTimeout },
  lostAfterApply: { apply: 'now', answer: 'lost' },
  lostBeforeApply: { apply: 'never', answer: 'lost' },
  cutAfterApply: { apply: 'now', answer: 'cut' },
  cutBeforeApply: { apply: 'never', answer: 'cut' },
  unprepared: { apply: 'never', answer: 'unprepared' },
} as const satisfies Record<string, Fault>;

/** Executed only `afterMs` later, while the client is told of a timeout, or nothing, at once. */
export function late(afterMs: number, answer: 'lost' | 'cut' | ErrorAnswer = writeTimeout): Fault {
  return { apply: { afterMs }, answer };
}

export function slow(latencyMs: number): Fault {
  return { latencyMs };
}

export interface FaultRule {
  readonly fault: Fault;
  /** What the statement's text must match; default: the writes. Preparing is never struck. */
  readonly statements?: RegExp;
  /** A parameter that it must have; default: any. */
  readonly value?: string;
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

export interface Faults {
  inject(rule: FaultRule): ActiveRule;
  /** Strikes the next matching request only. */
  next(fault: Fault, statements?: RegExp): ActiveRule;
  clear(): void;
}

const writes = /^\s*(INSERT|UPDATE|DELETE|BEGIN)\b/i;

/** Rules in the order they were injected; chance follows the seed. */
export class FaultRules implements Faults {
  readonly #random;
  readonly #active = new Set<{ rule: FaultRule; seen: number; hits: number }>();

  constructor(seed: number) {
    this.#random = randomFrom(seed);
  }

  inject(rule: FaultRule): ActiveRule {
    const entry = { rule, seen: 0, hits: 0 };
    this.#active.add(entry);
    return {
      get hits() {
        return entry.hits;
      },
      remove: () => void this.#active.delete(entry),
    };
  }

  next(fault: Fault, statements?: RegExp): ActiveRule {
    return this.inject({ fault, count: 1, ...(statements === undefined ? {} : { statements }) });
  }

  clear(): void {
    this.#active.clear();
  }

  /** The fault for a request, if a rule strikes; the oldest matching rule decides. */
  take(request: Request): Fault | null {
    if (request.kind === 'prepare') return null;
    for (const entry of this.#active) {
      const { fault, statements = writes, value, after = 0, count, probability = 1 } = entry.rule;
      if (!statements.test(request.text)) continue;
      if (value !== undefined && !request.values.some((one) => one?.toString() === value)) continue;
      if (entry.seen++ < after || (count !== undefined && entry.hits >= count)) continue;
      if (probability < 1 && this.#random.below(1_000_000) >= probability * 1_000_000) continue;
      entry.hits++;
      return fault;
    }
    return null;
  }
}
