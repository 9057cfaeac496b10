import { expect, test } from 'vitest';
import { HeldBack } from '../../../connectors/kafka/held-back.ts';

const MINUTE_MS = 60_000;
const reach = (offset: number, lastStableOffset: number, highWatermark: number) => ({
  offset,
  lastStableOffset,
  highWatermark,
});

test('a transaction that stays open is told of after three minutes, and every ten from then on', () => {
  const held = new HeldBack();
  const told = Array.from({ length: 25 }, (_, minute) =>
    held.seen(reach(7, 7, 9 + minute), minute * MINUTE_MS),
  );
  const heard = told.flatMap((ms, minute) => (ms === null ? [] : [[minute, ms]]));
  expect(heard).toEqual([3, 13, 23].map((minute) => [minute, minute * MINUTE_MS]));
});

test('transactions that follow one another, an end that is reached and a reader that is behind hold up nothing', () => {
  const held = new HeldBack();
  for (let minute = 0; minute < 10; minute++) {
    expect(held.seen(reach(minute, minute, minute + 5), minute * MINUTE_MS)).toBeNull();
  }
  for (const one of [reach(9, 9, 9), reach(3, 9, 20)]) {
    expect(held.seen(one, 20 * MINUTE_MS)).toBeNull();
    expect(held.seen(one, 30 * MINUTE_MS)).toBeNull();
  }
  expect(held.seen(reach(9, 9, 20), 31 * MINUTE_MS)).toBeNull();
  expect(held.seen(reach(9, 9, 20), 33 * MINUTE_MS)).toBeNull();
  expect(held.seen(reach(9, 9, 20), 34 * MINUTE_MS)).toBe(3 * MINUTE_MS);
});
