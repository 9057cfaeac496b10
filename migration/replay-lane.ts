import type { SnapshotRecord } from '../connectors/catalog-records.ts';
import { FRESH_LANE, type LaneState } from '../connectors/runtime/lane-state.ts';
import { NO_OUTCOMES } from '../connectors/runtime/outcomes.ts';

/**
 * A lane that begins again with the current snapshot: at the topic's start, because what lies before the newest
 * begin-marker is read through and counted as superseded, so that the sums hold (rule C9).
 *
 * It stays unclean where it was: whoever takes over waits out what the last owner may have left in flight (rule C7).
 */
export function fromSnapshot(state: LaneState): LaneState {
  return { ...FRESH_LANE, clean: state.clean };
}

/** Changes that are written again. */
export interface ChangesAgain {
  /** The first offset of the time asked for. */
  readonly offset: number;
  /** The snapshot that the lane loaded, from the catalog; null: the migration has none. */
  readonly snapshot: Pick<SnapshotRecord, 'changesOffsets'> | null;
  readonly partition: number;
}

/**
 * A lane whose changes begin again at an offset, never below its snapshot's (rule C7); the snapshot stays as it is.
 *
 * The position is the topic's start: what lies below `writeFrom` is read through and counted as superseded (rule C9).
 */
export function fromChanges(state: LaneState, { offset, snapshot, partition }: ChangesAgain): LaneState {
  const floor = snapshot?.changesOffsets?.[partition] ?? 0;
  return {
    snapshot: { ...state.snapshot, gateOpen: true },
    changes: {
      position: 0,
      countedTo: 0,
      outcomes: NO_OUTCOMES,
      snapshot: state.snapshot.snapshot,
      writeFrom: Math.max(offset, floor),
      lastMs: null,
    },
    clean: state.clean,
  };
}
