import { describe, expect, test } from 'vitest';
import { changesFlow, onMarker } from '../../../connectors/runtime/sink/gate.ts';
import {
  FRESH_LANE,
  type LaneState,
  readLane,
  writeLane,
} from '../../../connectors/runtime/sink/lane-state.ts';
import { fromChanges, fromSnapshot } from '../../../migration/replay/replay-lane.ts';
import type { Marker } from '../../../schemas/change.ts';

const outcomes = { written: 90, superseded: 10, filtered: 1, deadLettered: 2 };

/** A lane that has loaded snapshot `s1`, and follows. */
const following: LaneState = {
  snapshot: { position: 102, countedTo: 102, outcomes, snapshot: 's1', gateOpen: true },
  changes: {
    position: 500,
    countedTo: 500,
    outcomes,
    snapshot: 's1',
    writeFrom: 40,
    lastMs: 1_763_686_800_000,
  },
  settled: { topic: 'dead', below: 3, byReason: { RECORD_REFUSED: 9 } },
  clean: true,
};
const letters = { topic: 'dead', below: 12, byReason: {} };
const s1 = { changesOffsets: [7, 40] };
const mark = (kind: Marker['kind']) => ({ kind, snapshot: 's1' }) as Marker;
const committed = (state: LaneState) => {
  const { snapshot, changes } = writeLane(state);
  return readLane(snapshot, changes);
};

describe('a replay from the snapshot', () => {
  test('begins as if nobody had ever written, counters too', () => {
    expect(fromSnapshot(following, null)).toEqual(FRESH_LANE);
  });

  test('begins at the place of its snapshot, and counts the rows before that as superseded (rule C9)', () => {
    const moved = fromSnapshot(following, null, { position: 58, superseded: 50 });
    expect(moved.snapshot).toEqual({
      ...FRESH_LANE.snapshot,
      position: 58,
      countedTo: 58,
      outcomes: { written: 0, superseded: 50, filtered: 0, deadLettered: 0 },
    });
    expect(moved.changes).toEqual(FRESH_LANE.changes);
  });

  test('makes the dead letters of before void: every record is dealt with anew', () => {
    expect(fromSnapshot(following, letters).settled).toEqual(letters);
  });

  test('leaves a lane unclean whose last owner was, so that the next one waits (rule C7)', () => {
    expect(fromSnapshot({ ...following, clean: false }, null)).toEqual({ ...FRESH_LANE, clean: false });
  });

  test('reads changes through from the start again once the gate opens', () => {
    const record = { windowOf: null, opensGate: true, changesOffsets: [40] };
    const begun = onMarker(fromSnapshot(following, letters), mark('begin'), record, 0);
    expect(changesFlow(begun)).toBe(false);
    const opened = onMarker(begun, mark('complete'), record, 0);
    expect(opened.changes).toMatchObject({ position: 0, countedTo: 0, writeFrom: 40 });
  });
});

describe('a replay from a time', () => {
  test.each([
    ['behind the snapshot: from there', 300, 300],
    ['at the snapshot: from there', 40, 40],
    ['before the snapshot: from its offset, never below', 12, 40],
  ])('%s', (_, offset, writeFrom) => {
    const moved = fromChanges(following, { offset, snapshot: s1, partition: 1, ordersByVersion: false });
    expect(moved.changes).toMatchObject({
      position: 0,
      countedTo: 0,
      writeFrom,
      snapshot: 's1',
      lastMs: null,
    });
  });

  test('from a time that lies ahead passes over nothing that was not written yet', () => {
    const moved = fromChanges(following, { offset: 900, snapshot: s1, partition: 1, ordersByVersion: false });
    expect(moved.changes.writeFrom).toBe(500);
  });

  test('starts the counters of the changes again, and leaves those of the snapshot', () => {
    const moved = fromChanges(following, { offset: 300, snapshot: s1, partition: 1, ordersByVersion: false });
    expect(moved.snapshot).toEqual(following.snapshot);
    expect(moved.changes.outcomes).toEqual({ written: 0, superseded: 0, filtered: 0, deadLettered: 0 });
  });

  test('leaves dead letters as they are: what lies below is not written again', () => {
    const moved = fromChanges(following, { offset: 300, snapshot: s1, partition: 1, ordersByVersion: false });
    expect(moved.settled).toEqual(following.settled);
  });

  test('lets changes flow at once, for the same snapshot', () => {
    expect(
      changesFlow(
        fromChanges(following, { offset: 300, snapshot: s1, partition: 1, ordersByVersion: false }),
      ),
    ).toBe(true);
  });

  test('without snapshots nothing bounds it, and the gate is open', () => {
    const events: LaneState = {
      ...FRESH_LANE,
      changes: { ...following.changes, snapshot: null, writeFrom: 0 },
    };
    const moved = fromChanges(events, { offset: 300, snapshot: null, partition: 1, ordersByVersion: false });
    expect(moved.snapshot.gateOpen).toBe(true);
    expect(moved.changes).toMatchObject({ writeFrom: 300, snapshot: null });
    expect(changesFlow(moved)).toBe(true);
  });

  test('keeps an unclean lane unclean', () => {
    const unclean = { ...following, clean: false };
    expect(
      fromChanges(unclean, { offset: 300, snapshot: s1, partition: 1, ordersByVersion: false }).clean,
    ).toBe(false);
  });
});

test('moved lanes are read back as they were committed', () => {
  const moved = [
    fromSnapshot(following, letters),
    fromChanges(following, { offset: 300, snapshot: s1, partition: 1, ordersByVersion: false }),
  ];
  for (const lane of moved) expect(committed(lane)).toEqual(lane);
});
