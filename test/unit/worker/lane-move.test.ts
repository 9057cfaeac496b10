import { describe, expect, test } from 'vitest';
import { NO_OUTCOMES } from '../../../connectors/runtime/outcomes.ts';
import { FRESH_LANE, type LaneState } from '../../../connectors/runtime/sink/lane-state.ts';
import { moveSnapshot, snapshotPlace, stuckAt } from '../../../connectors/worker/offsets/lane-move.ts';

const place = { id: 's2', begin: 10, complete: 20 };
const lane = (snapshot: string | null, gateOpen: boolean, position = 0): LaneState => ({
  ...FRESH_LANE,
  snapshot: { ...FRESH_LANE.snapshot, snapshot, gateOpen, position },
});

describe('rows of snapshot s2, between its markers at 10 and 20', () => {
  test.each([
    [null, false, 10],
    ['s1', true, 10],
    ['s2', false, 11],
    ['s2', false, 20],
    ['s2', true, 21],
  ])('a lane in %s with its gate open: %s can be moved to %i', (snapshot, gateOpen, offset) => {
    expect(stuckAt(lane(snapshot, gateOpen), place, offset)).toBeNull();
  });

  test.each([
    [null, false, 11, /begins snapshot s2, at offset 10/],
    ['s1', true, 11, /begins snapshot s2, at offset 10/],
    ['s1', true, 21, /begins snapshot s2, at offset 10/],
    ['s2', false, 21, /completes snapshot s2, at offset 20/],
  ])('a lane in %s with its gate open: %s would be stuck at %i', (snapshot, gateOpen, offset, why) => {
    expect(stuckAt(lane(snapshot, gateOpen), place, offset)).toMatch(why);
  });

  test('may be passed over where the complete-marker does not stand yet, and where nothing was begun', () => {
    expect(stuckAt(lane('s2', false), { ...place, complete: null }, 21)).toBeNull();
    expect(stuckAt(lane(null, false), null, 21)).toBeNull();
  });
});

test.each([
  [21, true],
  [20, false],
])(
  'a lane that goes back to %i has its gate open: %s, for a marker that lies behind it opens none',
  (position, open) => {
    const to = { position, countedTo: 30, outcomes: NO_OUTCOMES };
    expect(moveSnapshot(lane('s2', true, 30), to, place).snapshot).toMatchObject({
      position,
      gateOpen: open,
    });
  },
);

describe('where a snapshot stands', () => {
  const markers: Readonly<Record<string, object>> = {
    full: { beginOffset: 3, completeOffset: 7 },
    window: { beginOffset: 8, completeOffset: 9 },
  };
  const catalogOf = (...chain: readonly [id: string, opensGate: boolean][]) =>
    ({
      currentChain: () => chain.map(([id, opensGate]) => ({ facts: { id }, opensGate })),
      snapshotPartition: (_table: string, id: string) => markers[id] ?? null,
    }) as unknown as Parameters<typeof snapshotPlace>[0];

  test.each([
    ['its own markers', catalogOf(['full', true]), { id: 'full', begin: 3, complete: 7 }],
    [
      'the marker of its last window',
      catalogOf(['full', false], ['window', true]),
      { id: 'full', begin: 3, complete: 9 },
    ],
    [
      'no marker while its last window is due',
      catalogOf(['full', false], ['due', true]),
      { id: 'full', begin: 3, complete: null },
    ],
    ['nothing that was not begun', catalogOf(['due', true]), null],
    ['nothing without a snapshot', catalogOf(), null],
    ['nothing without a catalog', null, null],
  ])('is told by %s', (_, catalog, expected) => {
    expect(snapshotPlace(catalog, 'T', 0)).toEqual(expected);
  });
});
