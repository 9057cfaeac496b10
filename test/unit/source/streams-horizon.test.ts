import { describe, expect, test } from 'vitest';
import {
  type Horizon,
  inherit,
  isCovered,
  isKept,
  look,
  readTo,
  UNREAD,
} from '../../../source/streams/horizon.ts';
import { HOUR, MINUTE, START } from './stream-world.ts';

const at = (hours: number, minutes = 0) => START + hours * HOUR + minutes * MINUTE;

describe('how far a lineage has been read', () => {
  test('the first read of a root lets coverage begin 30 minutes inside the retention', () => {
    expect(look(UNREAD, 's', at(48))).toEqual({
      readMs: at(24, 30),
      published: false,
      coverageMs: at(24, 30),
    });
  });

  test.each([
    ['just in time', at(23, 55), null],
    ['a moment late', at(23, 55) + 1, at(0, 25) + 1],
    ['after days', at(72), at(48, 30)],
  ])('an unpublished lineage read on %s', (_, serverTimeMs, coverage) => {
    const before: Horizon = { readMs: START, published: false, coverageMs: START - HOUR };
    const after = look(before, 's', serverTimeMs);
    if (coverage === null) expect(after).toBe(before);
    else expect(after).toEqual({ readMs: coverage, published: false, coverageMs: coverage });
  });

  test.each([
    ['just in time', at(23, 55), false],
    ['a moment late', at(23, 55) + 1, true],
    ['after days', at(72), true],
  ])('a published lineage read on %s has a gap only if it is late', (_, serverTimeMs, gap) => {
    const horizon: Horizon = { readMs: START, published: true, coverageMs: 0 };
    if (gap)
      expect(() => look(horizon, 's', serverTimeMs)).toThrow(
        expect.objectContaining({ code: 'SOURCE_DATA_GAP' }),
      );
    else expect(look(horizon, 's', serverTimeMs)).toBe(horizon);
  });

  test('the limit that coverage has reached never falls', () => {
    const horizon: Horizon = { readMs: START, published: false, coverageMs: at(99) };
    expect(look(horizon, 's', at(48)).coverageMs).toBe(at(99));
  });

  test('p never goes back', () => {
    const horizon: Horizon = { readMs: at(2), published: true, coverageMs: 0 };
    expect(readTo(horizon, at(1))).toBe(horizon);
    expect(readTo(horizon, at(3)).readMs).toBe(at(3));
    expect(readTo(UNREAD, at(3)).readMs).toBe(at(3));
  });

  test('a child begins with its parent, and with the worse of two', () => {
    const one: Horizon = { readMs: at(1), published: true, coverageMs: 0 };
    const other: Horizon = { readMs: at(2), published: false, coverageMs: at(0, 5) };
    expect(inherit([one])).toEqual(one);
    expect(inherit([one, other])).toEqual({ readMs: at(1), published: true, coverageMs: at(0, 5) });
    expect(inherit([one, UNREAD]).readMs).toBeNull();
    expect(inherit([])).toEqual(UNREAD);
  });

  test('records up to two minutes before the coverage are published', () => {
    expect(isCovered(at(0, -2), START)).toBe(true);
    expect(isCovered(at(0, -2) - 1, START)).toBe(false);
  });

  test('a record is taken as kept until five minutes before the retention ends', () => {
    expect(isKept(START, at(23, 55))).toBe(true);
    expect(isKept(START, at(23, 55) + 1)).toBe(false);
  });
});
