import { expect, test } from 'vitest';
import { LostClasses } from '../../../connectors/worker/group/lost-classes.ts';

const subject = () => {
  const clock = { ms: 0, monotonic: () => clock.ms };
  const lost = new LostClasses({ sessionTimeoutMs: 10_000, clock });
  const seenAt = (ms: number, ...unknown: string[]) => {
    clock.ms = ms;
    return lost.seen(new Set(unknown));
  };
  return { lost, seenAt };
};

test('a class is lost once nobody has had it for two sessions: who has it may be on the way', () => {
  const { lost, seenAt } = subject();
  expect([seenAt(0, 'X'), seenAt(20_000, 'X'), lost.has('X')]).toEqual([false, false, false]);
  expect([seenAt(20_001, 'X'), lost.has('X')]).toEqual([true, true]);
  expect(seenAt(30_000, 'X')).toBe(false);
});

test('a class is not lost as soon as somebody has it, and waited for anew when that one goes', () => {
  const { lost, seenAt } = subject();
  seenAt(0, 'X');
  expect([seenAt(21_000), lost.has('X')]).toEqual([false, false]);
  expect([seenAt(22_000, 'X'), seenAt(30_000, 'X'), lost.has('X')]).toEqual([false, false, false]);
  seenAt(43_000, 'X');
  expect([lost.has('X'), seenAt(44_000), lost.has('X')]).toEqual([true, true, false]);
});

test('classes are waited for each by itself', () => {
  const { lost, seenAt } = subject();
  seenAt(0, 'X');
  seenAt(10_000, 'X', 'Y');
  seenAt(25_000, 'X', 'Y');
  expect([lost.has('X'), lost.has('Y')]).toEqual([true, false]);
  expect([seenAt(31_000, 'Y'), lost.has('X'), lost.has('Y')]).toEqual([true, false, true]);
});
