import { describe, expect, test } from 'vitest';
import { changesFlow, onMarker, open } from '../../../connectors/runtime/sink/gate.ts';
import {
  FRESH_LANE,
  type LaneState,
  readLane,
  writeLane,
} from '../../../connectors/runtime/sink/lane-state.ts';
import type { Marker } from '../../../schemas/change.ts';

const marker = (kind: 'begin' | 'complete', snapshot: string): Marker => ({
  kind,
  snapshot,
  rank: 0,
  version: 1,
  exportMs: 1,
  changesOffset: null,
  rows: null,
});

/** What the catalog says of a full snapshot alone, whose changes go on at `offset` in partition 1. */
const full = (offset: number | null) => ({
  windowOf: null,
  opensGate: true,
  changesOffsets: offset === null ? null : [0, offset],
});

const on = (state: LaneState, mark: Marker, record: Parameters<typeof onMarker>[2] = full(null)) =>
  onMarker(state, mark, record, 1);

const loaded = (snapshot: string, offset: number, from: LaneState = FRESH_LANE): LaneState =>
  on(on(from, marker('begin', snapshot)), marker('complete', snapshot), full(offset));

/** Changes were read and counted up to `offset`. */
const readTo = (state: LaneState, offset: number): LaneState => ({
  ...state,
  changes: { ...state.changes, position: offset, countedTo: Math.max(offset, state.changes.countedTo) },
});

describe('the gate of a lane (rule C7)', () => {
  test('is closed until the complete-marker of the snapshot that began', () => {
    const begun = on(FRESH_LANE, marker('begin', 'a'));
    expect(changesFlow(begun)).toBe(false);
    expect(changesFlow(on(begun, marker('complete', 'other'), full(5)))).toBe(false);
    expect(changesFlow(on(begun, marker('complete', 'a'), full(5)))).toBe(true);
  });

  test('lets changes go on from the offset noted for the snapshot; what lies below is read through', () => {
    expect(loaded('a', 7).changes).toMatchObject({ position: 0, writeFrom: 7, snapshot: 'a' });
    const again = loaded('b', 20, readTo(loaded('a', 7), 12));
    expect(again.changes).toMatchObject({ position: 12, writeFrom: 20, countedTo: 12, snapshot: 'b' });
  });

  test('goes back for a newer snapshot that needs earlier changes, and counts none of them twice', () => {
    const again = loaded('b', 20, readTo(loaded('a', 7), 50));
    expect(again.changes).toMatchObject({ position: 20, writeFrom: 20, countedTo: 50 });
  });

  test('closes when a newer snapshot begins: the position for another snapshot counts as none', () => {
    const closed = on(readTo(loaded('a', 7), 50), marker('begin', 'b'));
    expect(changesFlow(closed)).toBe(false);
    expect(closed.snapshot).toMatchObject({ snapshot: 'b', gateOpen: false });
  });

  test('stays as it is when a marker is read again', () => {
    const following = readTo(loaded('a', 7), 50);
    expect(on(following, marker('begin', 'a'))).toEqual(following);
    expect(on(following, marker('complete', 'a'), full(7))).toEqual(following);
  });

  test('is open from the start where there are no snapshots', () => {
    expect(changesFlow(open(FRESH_LANE, 0))).toBe(true);
  });
});

describe('the committed state of a lane', () => {
  test('comes back as it was', () => {
    const state: LaneState = {
      snapshot: {
        position: 9,
        countedTo: 9,
        snapshot: 'a',
        gateOpen: true,
        outcomes: { written: 5, superseded: 1, filtered: 2, deadLettered: 0 },
      },
      changes: {
        position: 40,
        countedTo: 44,
        snapshot: 'a',
        writeFrom: 12,
        lastMs: 1_700_000_000_000,
        outcomes: { written: 30, superseded: 10, filtered: 0, deadLettered: 4 },
      },
      settled: { topic: 'dead', below: 3, byReason: { RECORD_REFUSED: 9 } },
      clean: false,
    };
    const { snapshot, changes } = writeLane(state);
    expect(readLane(snapshot, changes)).toEqual(state);
    expect(snapshot.metadata.length).toBeLessThan(1024);
  });

  test('counts as none when nobody of us committed', () => {
    expect(readLane({ offset: null, metadata: '' }, { offset: null, metadata: '' })).toBeNull();
    for (const metadata of ['', 'x', '{', '{moved by hand}', '{"moved":"by hand"}']) {
      const foreign = { offset: 5, metadata };
      expect(readLane(foreign, foreign)).toBeNull();
    }
  });

  test('stays closed between a full snapshot and the windows that continue it, and opens behind the last', () => {
    const chain = { ...full(9), opensGate: false };
    const window = (opensGate: boolean) => ({ ...full(9), windowOf: 'a', opensGate });
    let state = on(FRESH_LANE, marker('begin', 'a'), chain);
    state = on(state, marker('complete', 'a'), chain);
    expect(changesFlow(state)).toBe(false);
    state = on(state, marker('begin', 'w1'), window(false));
    state = on(state, marker('complete', 'w1'), window(false));
    expect(state.snapshot).toMatchObject({ snapshot: 'a', gateOpen: false });
    state = on(state, marker('begin', 'w2'), window(true));
    state = on(state, marker('complete', 'w2'), window(true));
    expect(changesFlow(state)).toBe(true);
    expect(state.changes).toMatchObject({ snapshot: 'a', writeFrom: 9 });
  });

  test('is not opened by the last window of another snapshot', () => {
    const begun = on(FRESH_LANE, marker('begin', 'b'));
    const other = { ...full(9), windowOf: 'a', opensGate: true };
    expect(changesFlow(on(begun, marker('complete', 'w2'), other))).toBe(false);
  });
});
