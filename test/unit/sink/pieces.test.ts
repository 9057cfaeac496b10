import { describe, expect, test } from 'vitest';
import { cutChunks } from '../../../sink/alternator/chunks.ts';
import { KeySpacing } from '../../../sink/alternator/key-spacing.ts';
import { InFlight, type Slot } from '../../../sink/in-flight.ts';
import { merged } from '../../../sink/merged.ts';
import { attributes, putRecord, sinkTable } from '../../sink-records.ts';
import { FakeCluster, many } from './fake-cluster.ts';
import { JumpingClock } from './jumping-clock.ts';

const signal = new AbortController().signal;

describe('what is under way', () => {
  const limits = { requestsMax: 16, bytesMax: 1000, slowMs: 100 };

  async function round(
    inFlight: InFlight,
    clock: JumpingClock,
    latencyMs: number,
    load: 'answered' | 'overloaded',
  ) {
    const slots: Slot[] = [];
    for (let i = inFlight.window; i > 0; i--) slots.push(await inFlight.acquire(1, signal));
    await clock.sleep(latencyMs);
    for (const slot of slots) inFlight.release(slot, load);
  }

  test('halves once per round of throttles, never below one, and recovers', async () => {
    const clock = new JumpingClock();
    const inFlight = new InFlight(clock, limits);
    const before = inFlight.window;
    await round(inFlight, clock, 10, 'overloaded');
    expect(inFlight.window).toBe(before / 2);
    for (let i = 0; i < 9; i++) await round(inFlight, clock, 10, 'overloaded');
    expect(inFlight.window).toBe(1);
    for (let i = 0; i < 20; i++) await round(inFlight, clock, 10, 'answered');
    expect(inFlight.window).toBeGreaterThan(4);
  });

  test('does not grow while answers take longer and longer, and halves when they are very slow', async () => {
    const clock = new JumpingClock();
    const inFlight = new InFlight(clock, limits);
    await round(inFlight, clock, 5, 'answered');
    for (let i = 0; i < 5; i++) await round(inFlight, clock, 60, 'answered');
    const grown = inFlight.window;
    for (let i = 0; i < 5; i++) await round(inFlight, clock, 60, 'answered');
    expect(inFlight.window).toBe(grown);
    await round(inFlight, clock, 150, 'answered');
    expect(inFlight.window).toBeLessThanOrEqual(grown / 2 + 1);
  });

  test('is bounded in bytes, but one request always may go', async () => {
    const inFlight = new InFlight(new JumpingClock(), limits);
    const huge = await inFlight.acquire(5000, signal);
    let second: Slot | null = null;
    const waiting = inFlight.acquire(600, signal).then((slot) => (second = slot));
    await Promise.resolve();
    expect(second).toBeNull();
    inFlight.release(huge, 'no-load');
    await waiting;
    expect(inFlight.requests).toBe(1);
  });

  test('admits in the order of asking, and forgets who was aborted', async () => {
    const inFlight = new InFlight(new JumpingClock(), { ...limits, bytesMax: 10 });
    const first = await inFlight.acquire(10, signal);
    const stop = new AbortController();
    const order: string[] = [];
    const aborted = inFlight.acquire(10, stop.signal);
    const small = inFlight.acquire(5, signal).then((slot) => order.push('small') && slot);
    const large = inFlight.acquire(5, signal).then((slot) => order.push('large') && slot);
    stop.abort(new Error('stopped'));
    await expect(aborted).rejects.toThrow('stopped');
    inFlight.release(first, 'no-load');
    await Promise.all([small, large]);
    expect(order).toEqual(['small', 'large']);
  });

  test('of a task never exceeds the window', async () => {
    const cluster = new FakeCluster({ itemsMax: 1, latencyMs: 10, requestsMax: 12 });
    await cluster.put(many(300));
    expect(cluster.underWayMost).toBeLessThanOrEqual(12);
    expect(cluster.underWayMost).toBeGreaterThan(8);
  });
});

describe('the spacing of keys', () => {
  const key = (text: string) => Buffer.from(text);

  test('remembers an acknowledgement for one skew bound, whenever its windows turn', async () => {
    const clock = new JumpingClock();
    const spacing = new KeySpacing(clock, 1000);
    for (const pauseMs of [0, 1, 400, 999, 1000, 1001, 2500]) {
      await clock.sleep(pauseMs);
      spacing.acknowledged([key('a')]);
      const ackMs = clock.monotonic();
      await clock.sleep(700);
      spacing.acknowledged([key('b')]);
      expect(spacing.freeMs(key('a'))).toBe(ackMs + 1000);
      await clock.sleep(299);
      expect(spacing.freeMs(key('a'))).toBe(ackMs + 1000);
    }
  });

  test('knows nothing of other keys', () => {
    const spacing = new KeySpacing(new JumpingClock(), 1000);
    expect(spacing.freeMs(key('a'))).toBe(0);
    spacing.acknowledged([key('b')]);
    expect(spacing.freeMs(key('a'))).toBe(0);
  });
});

describe('chunks', () => {
  const table = sinkTable('Music');
  const records = Array.from({ length: 90 }, (_, i) =>
    putRecord(table, attributes({ id: { S: `k${i}` }, text: { S: 'x'.repeat(i === 7 ? 600_000 : 20_000) } })),
  );
  const nodes = { generation: 4, nodeOf: (key: Buffer) => (key.at(-2)! % 2 === 0 ? 'even' : 'odd') };

  test('hold each record once, on its node, within both limits', () => {
    const indexes = records.map((_, i) => i);
    const chunks = cutChunks(records, indexes, 20, nodes);
    expect(chunks.flatMap(({ indexes: own }) => own).sort((a, b) => a - b)).toEqual(indexes);
    for (const chunk of chunks) {
      expect(chunk.generation).toBe(4);
      expect(chunk.indexes.length).toBeLessThanOrEqual(20);
      if (chunk.indexes.length > 1) expect(chunk.bytes).toBeLessThanOrEqual(512 * 1024);
      for (const index of chunk.indexes) expect(nodes.nodeOf(records[index]!.key)).toBe(chunk.node);
    }
    expect(chunks.find(({ indexes: own }) => own.includes(7))!.indexes).toEqual([7]);
  });
});

describe('merged iterables', () => {
  async function* counting(count: number, ended: string[], name: string) {
    try {
      for (let i = 0; i < count; i++) yield `${name}${i}`;
    } finally {
      ended.push(name);
    }
  }

  test('yield everything once, and each in its order', async () => {
    const ended: string[] = [];
    const found: string[] = [];
    for await (const value of merged([
      counting(3, ended, 'a'),
      counting(0, ended, 'b'),
      counting(5, ended, 'c'),
    ]))
      found.push(value);
    expect(found.toSorted()).toEqual(['a0', 'a1', 'a2', 'c0', 'c1', 'c2', 'c3', 'c4']);
    expect(found.filter((value) => value.startsWith('c'))).toEqual(['c0', 'c1', 'c2', 'c3', 'c4']);
    expect(ended.toSorted()).toEqual(['a', 'b', 'c']);
  });

  test('end all when the consumer stops, or one of them throws', async () => {
    const ended: string[] = [];
    for await (const _ of merged([counting(9, ended, 'a'), counting(9, ended, 'b')])) break;
    expect(ended.toSorted()).toEqual(['a', 'b']);
    async function* broken(): AsyncGenerator<string> {
      yield 'x';
      throw new Error('broken');
    }
    const consume = async () => {
      for await (const _ of merged([counting(9, ended, 'c'), broken()]));
    };
    await expect(consume()).rejects.toThrow('broken');
    expect(ended).toContain('c');
  });
});
