import type { Catalog } from '../../runtime/catalog.ts';
import {
  FRESH_LANE,
  type LaneState,
  type SnapshotProgress,
  type TopicProgress,
} from '../../runtime/sink/lane-state.ts';

/** The snapshot that a topic partition's rows are of, and where its markers stand there. */
export interface SnapshotPlace {
  readonly id: string;
  readonly begin: number;
  /** Of the marker that opens the gate; null: it does not stand there yet. */
  readonly complete: number | null;
}

/** Null: no snapshot was begun that the catalog knows of. */
export function snapshotPlace(
  catalog: Pick<Catalog, 'currentChain' | 'snapshotPartition'> | null,
  table: string,
  partition: number,
): SnapshotPlace | null {
  const chain = catalog?.currentChain(table) ?? [];
  const [full, last] = [chain[0]?.facts.id, chain.at(-1)];
  if (catalog === null || full === undefined || last === undefined) return null;
  const begun = catalog.snapshotPartition(table, full, partition);
  if (begun === null) return null;
  const opening = last.opensGate ? catalog.snapshotPartition(table, last.facts.id, partition) : null;
  return { id: full, begin: begun.beginOffset, complete: opening?.completeOffset ?? null };
}

/**
 * Why rows cannot be read from an offset; null: they can.
 *
 * Rule C7: a lane that has not met the begin-marker of the snapshot does not know whose rows it reads, and one that never meets the
 * complete-marker holds its changes back for good.
 */
export function stuckAt({ snapshot }: LaneState, place: SnapshotPlace | null, offset: number): string | null {
  if (place === null || offset <= place.begin) return null;
  const { id, begin, complete } = place;
  if (snapshot.snapshot !== id) {
    return `the marker that begins snapshot ${id}, at offset ${begin}, would be passed over, and the snapshot would never count as loaded: read from ${begin} or below, or reset the partition with null`;
  }
  if (snapshot.gateOpen || complete === null || offset <= complete) return null;
  return `the marker that completes snapshot ${id}, at offset ${complete}, would be passed over, and changes would wait for it for ever: read from ${complete} or below`;
}

/** @param to null: the start, where no snapshot was begun and the gate is closed. */
export function moveSnapshot(
  state: LaneState,
  to: TopicProgress | null,
  place: SnapshotPlace | null,
): LaneState {
  const { snapshot } = state;
  if (to === null) return { ...state, snapshot: { ...FRESH_LANE.snapshot } };
  const gateOpen = snapshot.gateOpen && (to.position >= snapshot.position || isBehind(snapshot, place, to));
  return { ...state, snapshot: { ...snapshot, ...to, gateOpen } };
}

/** No complete-marker comes that would open the gate again, and no row. */
function isBehind(
  { snapshot }: SnapshotProgress,
  place: SnapshotPlace | null,
  { position }: TopicProgress,
): boolean {
  return place?.id === snapshot && place.complete !== null && position > place.complete;
}

/**
 * @param to null: the start. Where the gate is open, nothing opens it again: changes are still those of its snapshot, and
 * are written from where they go on after it (rule C7).
 */
export function moveChanges(state: LaneState, to: TopicProgress | null): LaneState {
  const { snapshot, changes } = state;
  if (to !== null) return { ...state, changes: { ...changes, ...to } };
  const kept = snapshot.gateOpen ? { snapshot: snapshot.snapshot, writeFrom: changes.writeFrom } : {};
  return { ...state, changes: { ...FRESH_LANE.changes, ...kept } };
}
