import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConnectError } from '../../../connectors/errors.ts';
import { unprovable } from '../../../migration/export/export-table.ts';
import { estimate } from '../../../migration/plan/plan-estimate.ts';
import { Problems } from '../../../migration/plan/plan-problems.ts';
import { topicPlan } from '../../../migration/plan/plan-topics.ts';
import { clockSample, measureSkewMs, surelyApartMs } from '../../../migration/target-clocks.ts';

describe('an estimate', () => {
  const one = { sinkTasks: 1, writesPerSecond: null, scan: null };
  test.each([
    ['one task writes 5000 items a second', { items: 50_000, bytes: 1 }, one, 10],
    ['two tasks halve it', { items: 50_000, bytes: 1 }, { ...one, sinkTasks: 2 }, 5],
    ['a cap below it counts', { items: 50_000, bytes: 1 }, { ...one, writesPerSecond: 1000 }, 50],
    ['a cap above it does not', { items: 50_000, bytes: 1 }, { ...one, writesPerSecond: 9000 }, 10],
    ['of an unknown size there is none', { items: null, bytes: null }, one, null],
    [
      'a slow scan decides, and waits for its slack',
      { items: 50_000, bytes: 409_600 },
      { ...one, scan: { unitsPerSecond: 5, slackSeconds: 10 } },
      30,
    ],
  ])('%s', (_, size, effort, seconds) => {
    expect(estimate(size, effort).seconds).toBe(seconds);
  });

  test('a scan costs a read unit per 4 KiB, an export none', () => {
    const scan = { unitsPerSecond: 20_000, slackSeconds: 10 };
    expect(estimate({ items: 1, bytes: 4097 }, { ...one, scan }).readUnits).toBe(2);
    expect(estimate({ items: 1, bytes: null }, { ...one, scan }).readUnits).toBeNull();
    expect(estimate({ items: 1, bytes: 4097 }, one)).toMatchObject({
      readUnits: 0,
      readUnitsPerSecond: null,
    });
  });
});

describe('clocks of nodes', () => {
  /** Answers of one node whose clock is ahead of ours; its `Date` is up to two seconds old. */
  const answers = (aheadMs: number) =>
    fc.array(
      fc
        .record({
          sent: fc.integer({ min: 0, max: 10_000 }),
          way: fc.integer({ min: 0, max: 300 }),
          back: fc.integer({ min: 0, max: 300 }),
          stale: fc.integer({ min: 0, max: 1_999 }),
        })
        .map(({ sent, way, back, stale }) => {
          const dateMs = sent + way + aheadMs - stale;
          return clockSample(dateMs, sent, sent + way + back);
        }),
      { minLength: 1, maxLength: 30 },
    );

  test('are never said to differ by more than they do', () => {
    const ahead = fc.integer({ min: -60_000, max: 60_000 });
    const cluster = fc
      .tuple(ahead, ahead)
      .chain(([a, b]) => fc.tuple(fc.constant(Math.abs(a - b)), answers(a), answers(b)));
    fc.assert(
      fc.property(cluster, ([apartMs, a, b]) => {
        expect(surelyApartMs([...a, ...b])).toBeLessThanOrEqual(apartMs);
      }),
    );
  });

  test('far apart are found to be', () => {
    expect(surelyApartMs([clockSample(10_000, 0, 10), clockSample(0, 0, 10)])).toBe(7_990);
    expect(surelyApartMs([])).toBe(0);
  });

  test('behind one address are told apart too, and nodes that fail are left out', async () => {
    let ms = 0;
    let calls = 0;
    const clock = { now: () => ms, monotonic: () => ms, sleep: async (pause: number) => void (ms += pause) };
    const { signal } = new AbortController();
    // A load balancer in front of two nodes, one of them a minute ahead.
    const dateOf = async (node: string) => {
      if (node === 'lost') throw new Error('nobody there');
      return (calls++ % 2) * 60_000 + Math.floor(ms / 1000) * 1000;
    };
    const skewMs = await measureSkewMs(['balancer', 'lost'], dateOf, clock, signal);
    expect(skewMs).toBeGreaterThan(57_000);
    expect(skewMs).toBeLessThanOrEqual(60_000);
    expect(await measureSkewMs(['lost'], dateOf, clock, signal)).toBeNull();
  });
});

describe('problems', () => {
  test('are all collected, once each, those of no table first', async () => {
    const problems = new Problems(new AbortController().signal);
    const missing = () => new ConnectError('SOURCE_TABLE_MISSING', 'no b');
    expect(await problems.attempt('b', () => Promise.reject(missing()))).toBeNull();
    problems.add('b', missing());
    problems.add('a', new ConnectError('TARGET_NOT_EMPTY', 'full'));
    problems.addAll([{ table: null, error: new ConnectError('KAFKA_UNREACHABLE', 'nobody') }]);
    expect(await problems.attempt('c', async () => 1)).toBe(1);
    expect(problems.list()).toEqual([
      {
        table: null,
        code: 'KAFKA_UNREACHABLE',
        message: 'nobody',
        remedy: expect.stringContaining('kafka.brokers'),
      },
      {
        table: 'a',
        code: 'TARGET_NOT_EMPTY',
        message: 'full',
        remedy: expect.stringContaining('existing: keep'),
      },
      { table: 'b', code: 'SOURCE_TABLE_MISSING', message: 'no b', remedy: expect.any(String) },
    ]);
  });

  test('an interrupt is none: it ends the look', async () => {
    const controller = new AbortController();
    const problems = new Problems(controller.signal);
    controller.abort(new DOMException('Interrupted', 'AbortError'));
    await expect(problems.attempt(null, () => Promise.reject(new Error('torn')))).rejects.toThrow(
      'Interrupted',
    );
    expect(problems.list()).toEqual([]);
  });
});

describe('a topic in a plan', () => {
  const spec = { topic: 't', partitions: 12, replicationFactor: 3, config: { 'retention.ms': '-1' } };

  test('is shown as it would be created', () => {
    const { topic, partitions, replicationFactor, config } = spec;
    expect(topicPlan(spec, null, true)).toEqual({
      topic,
      partitions,
      exists: false,
      replicationFactor,
      config,
    });
    expect(topicPlan(spec, null, false).exists).toBeNull();
  });

  test('is shown as it is, where it is there', () => {
    const config = { cleanupPolicy: 'compact', retentionMs: 5, maxMessageBytes: 6 };
    expect(topicPlan(spec, { partitions: 4, config }, true)).toEqual({
      topic: 't',
      partitions: 4,
      exists: true,
      replicationFactor: null,
      config: { 'cleanup.policy': 'compact', 'retention.ms': '5', 'max.message.bytes': '6' },
    });
  });
});

describe('a warning before an export', () => {
  const now = Date.parse('2026-11-21T12:00:00Z');
  test.each([
    ['there is no stream', null, /no stream/],
    ['the stream is too young', { createdMs: now - 299_000 }, /only 299 s old/],
    ['nobody knows how old the stream is', { createdMs: null }, /only 0 s old/],
  ])('comes when %s', (_, stream, message) => {
    expect(unprovable('Music', stream, now, 300)).toMatch(message);
  });

  test('does not come when the stream is old enough', () => {
    expect(unprovable('Music', { createdMs: now - 300_000 }, now, 300)).toBeNull();
  });
});
