import { setMaxListeners } from 'node:events';
import type { SinkTable } from '../../../connectors/catalog-records.ts';
import type { LaneStanding } from '../../../connectors/connector.ts';
import { AlternatorNodes } from '../../../dynamodb/endpoints.ts';
import { DynamoDbError } from '../../../dynamodb/errors.ts';
import { decodeKey } from '../../../schemas/key.ts';
import type { Attributes } from '../../../schemas/values.ts';
import type { Outbox, Send } from '../../../sink/alternator/delivery.ts';
import { KeySpacing } from '../../../sink/alternator/key-spacing.ts';
import { NodeRing } from '../../../sink/alternator/nodes.ts';
import { AlternatorTask } from '../../../sink/alternator/task.ts';
import { InFlight } from '../../../sink/in-flight.ts';
import { attributes, deleteRecord, putRecord, sinkTable } from '../../sink-records.ts';
import { JumpingClock } from './jumping-clock.ts';

export interface Arrival {
  readonly node: string;
  readonly atMs: number;
  readonly ids: readonly string[];
}

/** What a node does with a request; `undefined` is to execute it. */
export type Reaction = undefined | DynamoDbError | { readonly leave: readonly string[] };

export interface ClusterOptions {
  readonly nodes?: readonly string[];
  readonly affinity?: 'node' | 'none';
  readonly itemsMax?: number;
  readonly requestsMax?: number;
  readonly latencyMs?: number;
  /** Of the n-th request, from 0. */
  readonly react?: (arrival: Arrival, n: number) => Reaction;
  /** Runs while a request is built, before its first byte is sent. */
  readonly building?: () => void;
}

export const SERVER_TIMEOUT_MS = 10_000;
export const CLOCK_SKEW_MS = 1000;

export const errors = {
  throttled: () => new DynamoDbError('RequestLimitExceeded', 'too many', { status: 400 }),
  internal: () =>
    new DynamoDbError('InternalServerError', 'mutation_write_timeout_exception', { status: 500 }),
  timeout: () => new DynamoDbError('TIMEOUT', 'no answer', { outcomeUnknown: true }),
  refused: () => new DynamoDbError('CONNECTION_REFUSED', 'nobody there', { outcomeUnknown: false }),
  invalid: () => new DynamoDbError('ValidationException', 'One of the items is bad', { status: 400 }),
  tooLarge: () => new DynamoDbError('PayloadTooLarge', 'too large', { status: 413 }),
  denied: () => new DynamoDbError('AccessDeniedException', 'no', { status: 400 }),
  missing: () => new DynamoDbError('ResourceNotFoundException', 'no table', { status: 400 }),
};

/** A sink task over nodes that exist in memory only, with a clock that jumps. */
export class FakeCluster {
  readonly clock = new JumpingClock();
  readonly arrivals: Arrival[] = [];
  /** What is stored, by id; a value of attribute `n`. */
  readonly rows = new Map<string, string>();
  readonly table: SinkTable = sinkTable('Music');
  readonly stop = new AbortController();
  readonly nodes: AlternatorNodes;
  readonly outbox: Outbox;
  readonly task: AlternatorTask;
  readonly down = new Set<string>();
  /** Most requests that were under way at once. */
  underWayMost = 0;
  leaseValid = true;
  #underWay = 0;

  constructor(options: ClusterOptions = {}) {
    const { clock } = this;
    setMaxListeners(0, this.stop.signal);
    const { nodes = ['http://n1:1'], affinity = 'node', itemsMax = 100, requestsMax = 64 } = options;
    const probe = (node: string) =>
      this.down.has(new URL(node).origin) ? Promise.reject(errors.refused()) : Promise.resolve([]);
    this.nodes = new AlternatorNodes({ seeds: nodes, probe });
    this.outbox = {
      clock,
      signal: this.stop.signal,
      leaseValid: () => this.leaseValid,
      nodes: new NodeRing(this.nodes, clock, CLOCK_SKEW_MS),
      inFlight: new InFlight(clock, { requestsMax, bytesMax: 16 << 20, slowMs: 2500 }),
      rate: null,
      spacing: affinity === 'none' ? new KeySpacing(clock, CLOCK_SKEW_MS) : null,
      serverTimeoutMs: SERVER_TIMEOUT_MS,
      clockSkewMs: CLOCK_SKEW_MS,
      itemsMax,
    };
    this.task = new AlternatorTask({
      outbox: this.outbox,
      targetTable: (table) => table,
      sender: () => this.#send(options),
      itemBytesMax: null,
      tableId: async () => '',
      close: () => Promise.resolve(),
    });
  }

  /** Records that put attribute `n` under these ids. */
  puts(entries: Readonly<Record<string, number>>) {
    return Object.entries(entries).map(([id, n]) => putRecord(this.table, item(id, n)));
  }

  gone(id: string) {
    return deleteRecord(this.table, attributes({ id: { S: id } }));
  }

  put(entries: Readonly<Record<string, number>>, lane = '0', standing: Partial<LaneStanding> = {}) {
    const whole = { isOurs: () => true, firstVersion: null, ...standing };
    return this.task.put(this.table, lane, this.puts(entries), whole);
  }

  #send(options: ClusterOptions): Send {
    const { latencyMs = 0, react = () => undefined, building = () => {} } = options;
    return async (node, records, indexes, beforeSend) => {
      building();
      beforeSend();
      const ids = indexes.map((index) => idOf(records[index]!.key));
      const arrival: Arrival = { node, atMs: this.clock.monotonic(), ids };
      const n = this.arrivals.push(arrival) - 1;
      this.#underWay += 1;
      this.underWayMost = Math.max(this.underWayMost, this.#underWay);
      try {
        if (latencyMs > 0) await this.clock.sleep(latencyMs);
        const reaction = react(arrival, n);
        if (reaction instanceof DynamoDbError) throw reaction;
        const left = new Set(reaction?.leave ?? []);
        for (const index of indexes) {
          const { key, after } = records[index]!;
          const id = idOf(key);
          if (left.has(id)) continue;
          const value = after?.attributes.get('n');
          if (value === undefined) this.rows.delete(id);
          else this.rows.set(id, 'N' in value ? value.N : '');
        }
        return indexes.filter((_, i) => left.has(ids[i]!));
      } finally {
        this.#underWay -= 1;
      }
    };
  }
}

export function item(id: string, n: number): Attributes {
  return attributes({ id: { S: id }, n: { N: String(n) } });
}

export function many(count: number, n = 0): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, n]));
}

function idOf(key: Buffer): string {
  const id = decodeKey(key).get('id');
  return id !== undefined && 'S' in id ? id.S : '';
}
