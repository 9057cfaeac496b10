import type { SnapshotFacts, SnapshotRecord } from '../../catalog-records.ts';
import type { OffsetStore } from '../offset-store.ts';
import { publishedBefore } from './published-before.ts';

type Positions = Pick<OffsetStore, 'get'>;

/**
 * Were positions of this chain deleted since it was begun? Then it is published anew, as another snapshot of the epoch: a begin-marker of
 * the same one would not close the gate, and old rows would be written over newer changes (rule C7).
 */
export function wasReset(offsets: Positions, table: string, chain: readonly SnapshotRecord[]): boolean {
  return chain.some(({ facts }) => publishedBefore(offsets, table, facts.id) !== null);
}

/** As its source knows it. */
export function asTaken({ facts, takenAs }: SnapshotRecord): SnapshotFacts {
  return takenAs === undefined ? facts : { ...facts, id: takenAs };
}

/**
 * The id that a snapshot is published under: its own, or another where it was published before and its positions were deleted
 * since; null: it was published before, and they were not.
 *
 * @param known all snapshots of the table, in the order they were published
 */
export function publishedAs(
  { id }: SnapshotFacts,
  known: readonly SnapshotRecord[],
  offsets: Positions,
  table: string,
): string | null {
  const before = known.filter((one) => asTaken(one).id === id);
  const last = before.at(-1);
  if (last === undefined) return id;
  return wasReset(offsets, table, [last]) ? `${id}~${before.length + 1}` : null;
}
