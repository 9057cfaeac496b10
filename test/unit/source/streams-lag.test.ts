import { describe, expect, test } from 'vitest';
import { LagWatch } from '../../../source/streams/lag.ts';
import { TipWatch } from '../../../source/streams/tip.ts';

const empty = { lastRecordMs: null, full: false, done: false };

describe('the tip', () => {
  test.each([
    ['nine answers over an hour', 9, 400_000, false],
    ['ten answers within 59 s', 10, 6_555, false],
    ['ten answers over 60 s', 10, 6_667, true],
    ['a hundred within 30 s', 100, 300, false],
  ])('is reached by %s: so many, so far apart', (_, answers, apartMs, expected) => {
    const tip = new TipWatch();
    let reached = false;
    for (let i = 0; i < answers; i++) reached = tip.sawNothing(i * apartMs);
    expect(reached).toBe(expected);
  });

  test('is left by a record', () => {
    const tip = new TipWatch();
    for (let i = 0; i < 20; i++) tip.sawNothing(i * 10_000);
    tip.reset();
    expect(tip.sawNothing(200_000)).toBe(false);
  });
});

describe('the lag', () => {
  const seen = (ms: number, more = {}) => ({ ...empty, serverTimeMs: ms, monotonicMs: ms, ...more });

  test('is unknown until three empty answers, 200 ms apart', () => {
    const lag = new LagWatch();
    const read = [0, 100, 200, 300, 400].map((ms) => {
      lag.saw(seen(ms));
      return lag.readToMs;
    });
    expect(read).toEqual([null, null, null, null, 400]);
  });

  test('is known under a steady load too, from small pages of fresh records', () => {
    const lag = new LagWatch();
    // Creation times cut to the minute.
    for (const ms of [100_000, 100_250, 100_500]) lag.saw(seen(ms, { lastRecordMs: 60_000 }));
    expect(lag.readToMs).toBe(100_500);
  });

  test('is that of the last record while more is waiting', () => {
    const lag = new LagWatch();
    expect(lag.saw(seen(500_000, { lastRecordMs: 90_000 }))).toBe(true);
    expect(lag.saw(seen(500_300, { lastRecordMs: 499_000, full: true }))).toBe(true);
    expect(lag.readToMs).toBe(499_000);
    expect(lag.sure).toBe(false);
  });

  test('is renewed by each answer that shows the end, once known', () => {
    const lag = new LagWatch();
    for (const ms of [1_000, 2_000, 3_000]) lag.saw(seen(ms));
    lag.saw(seen(4_000, { lastRecordMs: 3_500 }));
    expect(lag.readToMs).toBe(4_000);
    lag.saw(seen(5_000, { lastRecordMs: 4_500, full: true }));
    expect(lag.readToMs).toBe(4_500);
  });

  test('must be found anew by a new iterator, and never goes back', () => {
    const lag = new LagWatch();
    for (const ms of [1_000, 2_000, 3_000]) lag.saw(seen(ms));
    lag.renewed();
    lag.saw(seen(9_000));
    expect(lag.readToMs).toBe(3_000);
  });

  test('ends with the shard: nothing can follow', () => {
    const lag = new LagWatch();
    lag.saw(seen(7_000, { done: true }));
    expect(lag.readToMs).toBe(7_000);
  });
});
