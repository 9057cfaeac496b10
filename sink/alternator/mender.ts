import type { Clock } from '../../connectors/clock.ts';
import type { Mender, Mending, MendOutcome } from '../../connectors/connector.ts';
import { ConnectError } from '../../connectors/errors.ts';
import type { CallTarget } from '../../dynamodb/data-client.ts';
import { DynamoDbError } from '../../dynamodb/errors.ts';
import type { RateLimiter } from '../../dynamodb/rate.ts';
import { keyToJson } from '../../schemas/json-writer.ts';
import type { KeySchema } from '../../schemas/values.ts';
import type { InFlight, Load } from '../in-flight.ts';
import { conditionOf } from './condition.ts';
import { targetError, verdictOf } from './faults.ts';
import type { NodeRing } from './nodes.ts';

export interface MenderParts {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Name of the target table. */
  readonly table: string;
  readonly keySchema: KeySchema;
  readonly nodes: NodeRing;
  readonly inFlight: InFlight;
  readonly rate: RateLimiter | null;
  readonly serverTimeoutMs: number;
  readonly clockSkewMs: number;
  /** One call to a node; throws {@link DynamoDbError}. */
  readonly call: (node: string, target: CallTarget, body: string) => Promise<unknown>;
  /** Closes what was opened for it. */
  readonly close: () => Promise<void>;
}

/** After failing for so long without having been executed a write is given up, and with it the repair. */
const GIVE_UP_MS = 60_000;
const BACKOFF_MS = 50;
const BACKOFF_MAX_MS = 5000;

/**
 * Mends rows through Alternator, or DynamoDB: one conditional write per key, on the key's node (rules C7 and C12).
 *
 * The condition makes the write harmless however late it is executed: a row that the sink has written meanwhile is not
 * what was seen.
 */
export class AlternatorMender implements Mender {
  readonly settleMs: number;
  readonly #parts: MenderParts;

  constructor(parts: MenderParts) {
    this.#parts = parts;
    this.settleMs = parts.serverTimeoutMs + parts.clockSkewMs;
  }

  async mend(mendings: readonly Mending[]): Promise<readonly MendOutcome[]> {
    const outcomes = await Promise.allSettled(mendings.map((mending) => this.#one(mending)));
    // All have ended: nothing of these keys is under way that nobody waits for.
    return outcomes.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.close();
  }

  async #one(mending: Mending): Promise<MendOutcome> {
    const { clock, signal, table } = this.#parts;
    const request = requestOf(table, this.#parts.keySchema, mending);
    let failingSinceMs: number | null = null;
    for (let attempt = 0; ; attempt++) {
      const error = await this.#attempt(mending, request);
      if (error === null) return 'written';
      if (error instanceof DynamoDbError && error.kind === 'conditional') return 'changed';
      const verdict = verdictOf(error);
      if (verdict === 'unknown') return 'unknown';
      if (verdict === 'refused' || verdict === 'too-large') return this.#refused(error);
      failingSinceMs ??= clock.monotonic();
      if (verdict === 'broken' || clock.monotonic() - failingSinceMs > GIVE_UP_MS)
        throw targetError(error, table);
      const boundMs = Math.min(BACKOFF_MAX_MS, BACKOFF_MS * 2 ** Math.min(attempt, 20));
      await clock.sleep(Math.random() * boundMs, signal);
    }
  }

  /** @returns what the server, or the road to it, said; null: it is written. */
  async #attempt(mending: Mending, { target, body }: Request): Promise<unknown> {
    const { nodes, inFlight, rate, signal, call } = this.#parts;
    await rate?.take(1, signal);
    const slot = await inFlight.acquire(body.length, signal);
    let load: Load = 'no-load';
    try {
      await nodes.calm(signal);
      await call(nodes.nodeOf(mending.key), target, body);
      load = 'answered';
      nodes.answered();
      return null;
    } catch (error) {
      signal.throwIfAborted();
      const verdict = verdictOf(error);
      load = verdict === 'throttled' || verdict === 'unknown' ? 'overloaded' : 'no-load';
      nodes.failed(error);
      return error;
    } finally {
      inFlight.release(slot, load);
    }
  }

  #refused(error: unknown): MendOutcome {
    // ScyllaDB alternator/executor.cc, for a table that is tagged forbid_rmw.
    const forbidden = error instanceof DynamoDbError && /write isolation/i.test(error.message);
    if (!forbidden) return 'refused';
    const { table } = this.#parts;
    throw new ConnectError(
      'TARGET_REFUSED',
      `Target table "${table}" forbids conditional writes; tag it system:write_isolation: only_rmw_uses_lwt`,
      { cause: error, detail: { table } },
    );
  }
}

interface Request {
  readonly target: CallTarget;
  readonly body: string;
}

function requestOf(table: string, keySchema: KeySchema, mending: Mending): Request {
  const { key, seen, wanted, loosely } = mending;
  const { expression, names, values } = conditionOf(seen, wanted, keySchema, loosely);
  const members = [
    `"TableName":${JSON.stringify(table)}`,
    wanted === null ? `"Key":${keyToJson(key).toString()}` : `"Item":${wanted.json.toString()}`,
    `"ConditionExpression":${JSON.stringify(expression)}`,
    `"ExpressionAttributeNames":${JSON.stringify(names)}`,
    ...(values === null ? [] : [`"ExpressionAttributeValues":${values}`]),
  ];
  const operation = wanted === null ? 'DeleteItem' : 'PutItem';
  return { target: `DynamoDB_20120810.${operation}`, body: `{${members.join()}}` };
}
