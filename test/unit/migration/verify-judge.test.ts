import { describe, expect, test } from 'vitest';
import {
  type Judgement,
  judge,
  type Look,
  type Moved,
  type Suspicion,
} from '../../../migration/verify/judge.ts';

const limits = { lagMs: 1000, captureMs: 500, last: false };

function look(
  atMs: number,
  source: string | null,
  target: string | null,
  moves: readonly Moved[] = [],
): Look {
  return { source, target, drainedMs: atMs, begunMs: atMs, endedMs: atMs + 10, moves };
}

function moved(seenMs: number, digest: string | null, version: number): Moved {
  return { digest, version, seenMs };
}

/** Judges looks one after another, the last one as such or not. */
function judged(looks: readonly Look[], last = false): Judgement {
  let before: Suspicion | null = null;
  for (const [i, one] of looks.entries()) {
    const now = judge(before, one, { ...limits, last: last && i === looks.length - 1 });
    if (typeof now === 'string') return now;
    before = now;
  }
  return before!;
}

describe('a key', () => {
  test('is equal as soon as a look finds both sides equal', () => {
    expect(judge(null, look(0, 'a', 'a'), limits)).toBe('equal');
    expect(judge(null, look(0, null, null), limits)).toBe('equal');
    expect(judged([look(0, 'a', 'b'), look(500, 'c', 'c')])).toBe('equal');
  });

  test('is not judged by one look, nor before it has stood still for a lag', () => {
    expect(typeof judged([look(0, 'a', 'b')])).toBe('object');
    expect(typeof judged([look(0, 'a', 'b'), look(500, 'a', 'b'), look(999, 'a', 'b')])).toBe('object');
  });

  test('is not judged before the topics had time to show that it moved', () => {
    const still = [look(0, 'a', 'b'), look(1000, 'a', 'b')];
    expect(judged([...still, look(1509, 'a', 'b')])).toMatchObject({ suspectMs: 1010 });
    expect(judged([...still, look(1510, 'a', 'b')])).toBe('different');
  });

  test.each<[string, Look]>([
    ['the source changes', look(1000, 'c', 'b')],
    ['the target changes', look(1000, 'a', 'c')],
    [
      'a change is published, though both have their old values again',
      look(1000, 'a', 'b', [moved(900, 'x', 7)]),
    ],
  ])('begins anew when %s', (_, change) => {
    const looks = [look(0, 'a', 'b'), change];
    expect(judged(looks)).toMatchObject({ stillMs: 1000, suspectMs: null });
  });

  test('stands still when an old change is still known', () => {
    const old = [moved(1, 'a', 7)];
    const looks = [0, 1000, 1600].map((atMs) => look(atMs, 'a', 'b', old));
    expect(judged(looks)).toBe('different');
  });
});

describe('at the last look', () => {
  test('a key without any change is different', () => {
    expect(judged([look(0, 'a', 'x'), look(500, 'b', 'x')], true)).toBe('different');
  });

  test.each<[string, string | null, Judgement]>([
    ['the newest change that is due', 'b', 'equal'],
    ['a later one', 'c', 'equal'],
    ['one that had to be overwritten by now', 'a', 'different'],
    ['something else', 'x', 'different'],
    ['nothing', null, 'different'],
  ])('a key that moves and whose target holds %s is judged so', (_, target, expected) => {
    const moves = [moved(100, 'a', 1), moved(900, 'b', 2), moved(1900, 'c', 3)];
    expect(judged([look(1500, 'b', 'y'), look(2000, 'd', target, moves)], true)).toBe(expected);
  });

  test('a key is different whose changes no longer reach the topics', () => {
    const moves = [moved(1900, 'a', 1)];
    expect(judged([look(1500, 'b', 'y'), look(2000, 'c', 'a', moves)], true)).toBe('different');
  });
});
