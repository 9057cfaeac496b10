import { type ActiveRule, FaultRules, type Strikes } from '../fault-rules.ts';
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

export interface FaultRule extends Strikes {
  readonly fault: Fault;
  /** What the statement's text must match; default: the writes. Preparing is never struck. */
  readonly statements?: RegExp;
  /** A parameter that it must have; default: any. */
  readonly value?: string;
}

const writes = /^\s*(INSERT|UPDATE|DELETE|BEGIN)\b/i;

export class CqlFaults extends FaultRules<FaultRule> {
  /** Strikes the next matching request only. */
  next(fault: Fault, statements?: RegExp): ActiveRule {
    return this.inject({ fault, count: 1, ...(statements === undefined ? {} : { statements }) });
  }

  /** The fault for a request, if a rule strikes it. */
  faultFor(request: Request): Fault | null {
    if (request.kind === 'prepare') return null;
    const rule = this.take(({ fault, statements = writes, value }) => {
      const hasValue = value === undefined || request.values.some((one) => one?.toString() === value);
      // Only what was prepared can be forgotten.
      const isPossible = fault.answer !== 'unprepared' || request.id !== null;
      return isPossible && statements.test(request.text) && hasValue;
    });
    return rule?.fault ?? null;
  }
}
