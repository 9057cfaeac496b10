import type { Marker } from '../../../schemas/change.ts';
import type { SnapshotRecord } from '../../catalog-records.ts';
import type { ChangesProgress, LaneState, SnapshotProgress } from './lane-state.ts';

/**
 * Rule C7 as a pure state machine: per topic partition first all rows of the current snapshot and of the windows that
 * continue it, up to the last one's complete-marker, then the changes from the offset noted for that snapshot on.
 *
 * ```
 *            begin(new)                  complete(last of it)
 *   none ───────────────► closed ─────────────────────────────► open
 *                           ▲             begin(new)              │
 *                           └─────────────────────────────────────┘
 * ```
 *
 * @param record what the catalog says of the marker's snapshot.
 * @param partition the lane's topic partition.
 */
export function onMarker(
  state: LaneState,
  marker: Marker,
  record: Pick<SnapshotRecord, 'windowOf' | 'opensGate' | 'changesOffsets'>,
  partition: number,
): LaneState {
  // A window is no newer snapshot: it continues one.
  if (marker.kind === 'begin') return record.windowOf === null ? close(state, marker.snapshot) : state;
  const full = record.windowOf ?? marker.snapshot;
  if (!record.opensGate || full !== state.snapshot.snapshot || state.snapshot.gateOpen) return state;
  return open(state, record.changesOffsets?.[partition] ?? 0);
}

/** A newer snapshot starts again at its own rows; the changes' position was for another one and counts as none. */
function close(state: LaneState, snapshot: string): LaneState {
  if (state.snapshot.snapshot === snapshot) return state;
  return { ...state, snapshot: { ...state.snapshot, snapshot, gateOpen: false } };
}

/**
 * Opens the gate: changes are written from `writeFrom` on.
 *
 * What lies below it and was never counted is read through and counted as superseded; what lies above it and was
 * counted already is written again and not counted again.
 */
export function open(state: LaneState, writeFrom: number): LaneState {
  const snapshot: SnapshotProgress = { ...state.snapshot, gateOpen: true };
  const changes: ChangesProgress = {
    ...state.changes,
    snapshot: snapshot.snapshot,
    writeFrom,
    position: Math.min(state.changes.countedTo, writeFrom),
  };
  return { ...state, snapshot, changes };
}

/** Do changes flow, for this very snapshot? */
export function changesFlow(state: LaneState): boolean {
  return state.snapshot.gateOpen && state.changes.snapshot === state.snapshot.snapshot;
}
