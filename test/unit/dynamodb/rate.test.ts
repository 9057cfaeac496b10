import { expect, test } from 'vitest';
import { RateLimiter } from '../../../dynamodb/rate.ts';
import { FakeClock } from './fake-clock.ts';

test('one second’s units may come at once, what is more waits until it is paid for', async () => {
  const clock = new FakeClock(true);
  const limiter = new RateLimiter(100, clock);
  await limiter.take(100);
  expect(clock.sleeps).toEqual([]);
  await limiter.take(50);
  expect(clock.sleeps).toEqual([500]);
});

test('over time the rate is kept, whatever the sizes', async () => {
  const clock = new FakeClock(true);
  const limiter = new RateLimiter(100, clock);
  let units = 0;
  for (const size of [1, 250, 3, 30, 700, 16]) {
    await limiter.take(size);
    units += size;
  }
  // All but the first second's worth had to be waited for.
  expect(clock.monotonic()).toBe((units - 100) * 10);
});

test('takers are served in the order they came', async () => {
  const clock = new FakeClock();
  const limiter = new RateLimiter(10, clock);
  await limiter.take(10);
  const served: string[] = [];
  void limiter.take(10).then(() => served.push('first'));
  void limiter.take(10).then(() => served.push('second'));
  await clock.advance(999);
  expect(served).toEqual([]);
  await clock.advance(1);
  expect(served).toEqual(['first']);
  await clock.advance(1000);
  expect(served).toEqual(['first', 'second']);
});

test('idle time is worth one second at most', async () => {
  const clock = new FakeClock(true);
  const limiter = new RateLimiter(10, clock);
  await clock.advance(60_000);
  await limiter.take(20);
  expect(clock.sleeps).toEqual([1000]);
});

test('an abort throws the reason and gives the units back', async () => {
  const clock = new FakeClock();
  const limiter = new RateLimiter(10, clock);
  await limiter.take(10);
  const controller = new AbortController();
  const waiting = limiter.take(1000, controller.signal);
  controller.abort(new Error('stopping'));
  await expect(waiting).rejects.toThrow('stopping');
  const next = limiter.take(10);
  expect(clock.sleeps.at(-1)).toBe(1000);
  await clock.advance(1000);
  await next;
});

test('a rate of zero is refused', () => {
  expect(() => new RateLimiter(0)).toThrow(RangeError);
});
