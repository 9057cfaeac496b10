import { expect, test } from 'vitest';
import { Recent } from '../../../connectors/metrics/recent.ts';

function subject() {
  let nowMs = 1_000_000;
  const recent = new Recent(() => nowMs);
  return { recent, pass: (ms: number) => (nowMs += ms) };
}

test('average, maximum and rate are of what was added', () => {
  const { recent, pass } = subject();
  recent.add(10);
  pass(5_000);
  recent.add(30);
  expect([recent.average, recent.max, recent.perSecond]).toEqual([20, 30, 8]);
});

test('values are remembered for 30 seconds and forgotten after 60', () => {
  const { recent, pass } = subject();
  recent.add(40);
  pass(59_000);
  expect(recent.max).toBe(40);
  recent.add(20);
  pass(2_000);
  expect([recent.max, recent.average]).toEqual([20, 20]);
  recent.add(25);
  pass(60_000);
  expect([recent.max, recent.average, recent.perSecond]).toEqual([0, 0, 0]);
});

test('the first moment is no flood', () => {
  const { recent, pass } = subject();
  pass(1);
  recent.add(50);
  expect(recent.perSecond).toBe(50);
});
