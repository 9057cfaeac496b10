import { randomFrom } from '../../workload/random.ts';
import { type Answer, requestLimitExceeded } from './answers.ts';

/** How a node treats a call instead of the normal way. */
export interface Fault {
  /**
   * Whether the call is executed: `half` is the first half of a batch and no single write; `afterMs` is later, when the
   * client has long had its answer, with the node's time of then. Default `now`.
   */
  readonly apply?: 'now' | 'never' | 'half' | { readonly afterMs: number };
  /** `unprocessed` names the rest of a half-applied batch, as DynamoDB does. Default `normal`. */
  readonly answer?: 'normal' | 'error' | 'reset' | 'hang' | 'unprocessed' | Answer;
  /** Waits before anything else. */
  readonly latencyMs?: number;
}

/** The faults that have names. */
export const faults = {
  errorAfterApply: { apply: 'now', answer: 'error' },
  errorBeforeApply: { apply: 'never', answer: 'error' },
  errorAfterHalf: { apply: 'half', answer: 'error' },
  resetAfterApply: { apply: 'now', answer: 'reset' },
  resetBeforeApply: { apply: 'never', answer: 'reset' },
  hangAfterApply: { apply: 'now', answer: 'hang' },
  hangBeforeApply: { apply: 'never', answer: 'hang' },
  /** 400 RequestLimitExceeded, as Alternator sheds load. */
  throttled: { apply: 'never', answer: requestLimitExceeded },
  /** Half of a batch is left unprocessed, a single call gets ProvisionedThroughputExceededException: DynamoDB's way. */
  unprocessed: { apply: 'half', answer: 'unprocessed' },
} as const satisfies Record<string, Fault>;

/** Executed only `afterMs` later, while the client is told otherwise at once. */
export function late(afterMs: number, answer: 'error' | 'reset' | 'hang' = 'error'): Fault {
  return { apply: { afterMs }, answer };
}

export function slow(latencyMs: number): Fault {
  return { latencyMs };
}

export interface FaultRule {
  readonly fault: Fault;
  /** Operation names; default: the writes. */
  readonly operations?: readonly string[];
  readonly table?: string;
  /** Number of the node; default: every node. */
  readonly node?: number;
  /** Lets this many matching calls pass first. */
  readonly after?: number;
  /** Strikes at most this often; default: until removed. */
  readonly count?: number;
  /** Chance of striking a matching call; default 1. */
  readonly probability?: number;
}

export interface ActiveRule {
  /** How often it struck. */
  readonly hits: number;
  remove(): void;
}

export interface Faults {
  inject(rule: FaultRule): ActiveRule;
  clear(): void;
  /** The fault for a call, if a rule strikes; the oldest matching rule decides. */
  take(call: { node: number; operation: string; tables: readonly string[] }): Fault | undefined;
}

const writes = ['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem'];

/** Rules in the order they were injected; chance follows the seed. */
export function faultRules(seed: number): Faults {
  const random = randomFrom(seed);
  const active = new Set<{ rule: FaultRule; seen: number; hits: number }>();
  return {
    inject(rule) {
      const entry = { rule, seen: 0, hits: 0 };
      active.add(entry);
      return {
        get hits() {
          return entry.hits;
        },
        remove: () => void active.delete(entry),
      };
    },
    clear: () => active.clear(),
    take(call) {
      for (const entry of active) {
        const { fault, operations = writes, table, node, after = 0, count, probability = 1 } = entry.rule;
        if (!operations.includes(call.operation)) continue;
        if (table !== undefined && !call.tables.includes(table)) continue;
        if (node !== undefined && node !== call.node) continue;
        if (entry.seen++ < after || (count !== undefined && entry.hits >= count)) continue;
        if (probability < 1 && random.below(1_000_000) >= probability * 1_000_000) continue;
        entry.hits++;
        return fault;
      }
      return undefined;
    },
  };
}
