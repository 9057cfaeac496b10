import { FaultRules, type Strikes } from '../fault-rules.ts';
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

export interface FaultRule extends Strikes {
  readonly fault: Fault;
  /** Operation names; default: the writes. */
  readonly operations?: readonly string[];
  readonly table?: string;
  /** Number of the node; default: every node. */
  readonly node?: number;
}

const writes = ['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem'];

export class AlternatorFaults extends FaultRules<FaultRule> {
  /** The fault for a call, if a rule strikes it. */
  faultFor(call: { node: number; operation: string; tables: readonly string[] }): Fault | null {
    const rule = this.take(({ operations = writes, table, node = call.node }) => {
      const isOfTable = table === undefined || call.tables.includes(table);
      return operations.includes(call.operation) && isOfTable && node === call.node;
    });
    return rule?.fault ?? null;
  }
}
