import { setMaxListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AlternatorNodes } from '../../../dynamodb/endpoints.ts';
import { DynamoDbError } from '../../../dynamodb/errors.ts';
import { decodeKey } from '../../../schemas/key.ts';
import type { Outbox, Send } from '../../../sink/alternator/delivery.ts';
import { KeySpacing } from '../../../sink/alternator/key-spacing.ts';
import { NodeRing } from '../../../sink/alternator/nodes.ts';
import { AlternatorTask } from '../../../sink/alternator/task.ts';
import { InFlight } from '../../../sink/in-flight.ts';
import { attributes, deleteRecord, putRecord, sinkTable } from '../../sink-records.ts';
import { errors, item } from './fake-cluster.ts';
import { JumpingClock } from './jumping-clock.ts';

const SERVER_TIMEOUT_MS = 2000;
const CLOCK_SKEW_MS = 500;
const NODES = ['http://n1:1', 'http://n2:1', 'http://n3:1'];
const KEYS = ['a', 'b', 'c'];

interface History {
  readonly skewsMs: readonly number[];
  /** What becomes of the n-th request, in turn. */
  readonly fates: readonly Fate[];
  /** Batches of one lane: for some keys, whether each is put or deleted. */
  readonly batches: readonly (readonly (readonly [string, boolean])[])[];
  /** A node that is lost, or returns, before the n-th batch. */
  readonly turns: readonly (string | null)[];
  readonly affinity: 'node' | 'none';
}

interface Fate {
  readonly kind: 'well' | 'late' | 'lost' | 'throttled' | 'node';
  readonly latencyMs: number;
  /** Of the server's timeout: when a late write is executed after we gave up. */
  readonly lateShare: number;
}

const fate = fc.record({
  kind: fc.constantFrom<Fate['kind']>('well', 'well', 'late', 'lost', 'throttled', 'node'),
  latencyMs: fc.constantFrom(2, 40, 900),
  lateShare: fc.constantFrom(0.1, 0.5, 0.99),
});

const history: fc.Arbitrary<History> = fc.record({
  skewsMs: fc.tuple(...NODES.map(() => fc.constantFrom(0, 250, CLOCK_SKEW_MS - 10))),
  fates: fc.array(fate, { minLength: 1, maxLength: 30 }),
  batches: fc.array(
    fc.uniqueArray(fc.tuple(fc.constantFrom(...KEYS), fc.boolean()), {
      minLength: 1,
      selector: ([key]) => key,
    }),
    { minLength: 2, maxLength: 8 },
  ),
  turns: fc.array(fc.option(fc.constantFrom(...NODES)), { maxLength: 8 }),
  affinity: fc.constantFrom('node', 'none'),
});

interface Bounds {
  readonly serverTimeoutMs: number;
  readonly clockSkewMs: number;
}

/** Plays a history against servers that stamp writes with their own clocks, and returns what stays and what should. */
async function play(past: History, bounds: Bounds): Promise<{ found: object; wanted: object }> {
  const clock = new JumpingClock();
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  const down = new Set<string>();
  const probe = (node: string) => (down.has(node) ? Promise.reject(errors.refused()) : Promise.resolve([]));
  const discovery = past.affinity === 'none' ? 'off' : 'auto';
  const nodes = new AlternatorNodes({ seeds: NODES, probe, discovery, failuresMax: 1 });
  const stored = new Map<string, { stamp: number; value: string | null }>();
  const execute = (node: string, writes: readonly (readonly [string, string | null])[]) => {
    const stamp = clock.monotonic() + past.skewsMs[NODES.indexOf(node)]!;
    for (const [id, value] of writes) {
      const before = stored.get(id);
      // At the same time a delete beats a put (ScyllaDB).
      if (before === undefined || stamp > before.stamp || (stamp === before.stamp && value === null)) {
        stored.set(id, { stamp, value });
      }
    }
  };
  const turn = async (node: string) => {
    if (!down.delete(node)) down.add(node);
    await nodes.poll();
  };
  let requests = 0;
  let late: Promise<unknown> = Promise.resolve();
  const send: Send = async (asked, records, indexes) => {
    // A load balancer takes any.
    const node = past.affinity === 'none' ? NODES[requests % NODES.length]! : asked;
    const { kind, latencyMs, lateShare } = past.fates[requests++ % past.fates.length]!;
    const writes = indexes.map((index) => writeOf(records[index]!));
    await clock.sleep(latencyMs * 0.1);
    if (kind === 'throttled') throw errors.throttled();
    if (kind === 'node') await turn(NODES[requests % NODES.length]!);
    if (kind === 'lost') throw errors.internal();
    if (kind === 'late') {
      late = Promise.all([
        late,
        clock.sleep(lateShare * SERVER_TIMEOUT_MS).then(() => execute(node, writes)),
      ]);
      throw new DynamoDbError('TIMEOUT', 'no answer', { outcomeUnknown: true });
    }
    await clock.sleep(latencyMs * 0.85);
    execute(node, writes);
    await clock.sleep(latencyMs * 0.05);
    return [];
  };
  const outbox: Outbox = {
    clock,
    signal: stop.signal,
    leaseValid: () => true,
    nodes: new NodeRing(nodes, clock, bounds.clockSkewMs),
    inFlight: new InFlight(clock, { requestsMax: 8, bytesMax: 1 << 20, slowMs: 1000 }),
    rate: null,
    spacing: past.affinity === 'none' ? new KeySpacing(clock, bounds.clockSkewMs) : null,
    ...bounds,
    itemsMax: 2,
  };
  const task = new AlternatorTask({
    outbox,
    targetTable: (table) => table,
    sender: () => send,
    itemBytesMax: null,
    tableId: async () => '',
    close: () => Promise.resolve(),
  });
  const table = sinkTable('Music');
  const wanted = new Map<string, string>();
  for (const [n, batch] of past.batches.entries()) {
    const records = batch.map(([id, put]) =>
      put ? putRecord(table, item(id, n)) : deleteRecord(table, attributes({ id: { S: id } })),
    );
    for (const [id, put] of batch) {
      if (put) wanted.set(id, String(n));
      else wanted.delete(id);
    }
    const turned = past.turns[n];
    if (turned) await turn(turned);
    await untilPut(() => task.put(table, '0', records));
  }
  await late;
  const found = [...stored].flatMap(([id, { value }]) => (value === null ? [] : [[id, value] as const]));
  return { found: Object.fromEntries(found), wanted: Object.fromEntries(wanted) };
}

/** The runtime repeats a batch whose put has thrown. */
async function untilPut(put: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await put();
      return;
    } catch (error) {
      if (!(error instanceof Error) || !error.message.includes('has failed for')) throw error;
    }
  }
}

function writeOf({ key, after }: ReturnType<typeof deleteRecord>): readonly [string, string | null] {
  const id = decodeKey(key).get('id');
  const n = after?.attributes.get('n');
  return [id !== undefined && 'S' in id ? id.S : '', n !== undefined && 'N' in n ? n.N : null];
}

/** The share of histories that can end at all: one that always fails would be repeated for ever. */
const endless = ({ fates }: History) => fates.every(({ kind }) => kind !== 'well' && kind !== 'node');

describe('with clocks that differ, writes that are executed late, and nodes that come and go', () => {
  const bounds = { serverTimeoutMs: SERVER_TIMEOUT_MS, clockSkewMs: CLOCK_SKEW_MS };

  test('the last change of each key stays', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (past) => {
        fc.pre(!endless(past));
        const { found, wanted } = await play(past, bounds);
        expect(found).toEqual(wanted);
      }),
      { numRuns: 400 },
    );
  });

  for (const [name, naive] of [
    ["without the wait for the server's timeout", { ...bounds, serverTimeoutMs: 0 }],
    ['without the skew bound', { ...bounds, clockSkewMs: 0 }],
  ] as const) {
    test(`${name} an older change sometimes wins: the rule is needed`, async () => {
      const outcome = await fc.check(
        fc.asyncProperty(history, async (past) => {
          fc.pre(!endless(past));
          const { found, wanted } = await play(past, naive);
          expect(found).toEqual(wanted);
        }),
        { numRuns: 2000, endOnFailure: true },
      );
      expect(outcome.failed).toBe(true);
    });
  }
});
