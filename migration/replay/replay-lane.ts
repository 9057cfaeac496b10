import type { SnapshotRecord } from '../../connectors/catalog-records.ts';
import { NO_OUTCOMES } from '../../connectors/runtime/outcomes.ts';
import { FRESH_LANE, type LaneState, type SettledLetters } from '../../connectors/runtime/sink/lane-state.ts';
import { type BeginPlace, TOPIC_START } from './replay-place.ts';

/**
 * A lane that begins again with a snapshot. Its counters begin again too: what lies below its place is counted as
 * superseded, and so is what the gate reads through, so that the sums hold (rule C9).
 *
 * It stays unclean where it was: whoever takes over waits out what the last owner may have left in flight (rule C7).
 *
 * @param settled the dead letters of before are void: every record is dealt with anew (rule C9).
 */
export function fromSnapshot(
  state: LaneState,
  settled: SettledLetters | null,
  { position, superseded }: BeginPlace = TOPIC_START,
): LaneState {
  const snapshot = {
    ...FRESH_LANE.snapshot,
    position,
    countedTo: position,
    outcomes: { ...NO_OUTCOMES, superseded },
  };
  return { ...FRESH_LANE, snapshot, settled, clean: state.clean };
}

/** Changes that are written again. */
export interface ChangesAgain {
  /** The first offset of the time asked for. */
  readonly offset: number;
  /** The snapshot that the lane loaded, from the catalog; null: the migration has none. */
  readonly snapshot: Pick<SnapshotRecord, 'changesOffsets'> | null;
  readonly partition: number;
  /** The sink orders by version: it has no gate (rule C6). */
  readonly ordersByVersion: boolean;
}

/**
 * A lane whose changes begin again at an offset, never below its snapshot's (rule C7), and never beyond what it has
 * written: a replay only goes back. The snapshot stays as it is.
 *
 * Writes that carry versions have no such floor: where earlier changes of a key were written, none behind them is passed over
 * that was not, though the snapshot holds it, because its rows rank below all of them (rule C6).
 *
 * The position is the topic's start: what lies below `writeFrom` is read through and counted as superseded (rule C9).
 * Dead letters stay what they are, as those below it are not written again: some of the others are then retried in vain.
 */
export function fromChanges(
  state: LaneState,
  { offset, snapshot, partition, ordersByVersion }: ChangesAgain,
): LaneState {
  const floor = ordersByVersion ? 0 : (snapshot?.changesOffsets?.[partition] ?? 0);
  const written = Math.max(state.changes.position, state.changes.writeFrom);
  return {
    snapshot: ordersByVersion ? state.snapshot : { ...state.snapshot, gateOpen: true },
    changes: {
      position: 0,
      countedTo: 0,
      outcomes: NO_OUTCOMES,
      snapshot: state.snapshot.snapshot,
      writeFrom: Math.max(Math.min(offset, written), floor),
      lastMs: null,
    },
    settled: state.settled,
    clean: state.clean,
  };
}
