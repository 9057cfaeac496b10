import type { KeyedEntry } from '../catalog.ts';
import {
  addCounts,
  NO_COUNTS,
  type OffsetStore,
  type PartitionName,
  type StoredPosition,
} from '../offset-store.ts';

/**
 * In the place of a snapshot or an epoch, whose name is the partition then: what was published from positions of it that were
 * deleted since. It is in the topics all the same, and stays counted (rule C9).
 */
const RESET = 'messina.reset';

type Positions = Pick<OffsetStore, 'get'>;

/** What was published of a snapshot or an epoch from positions that were deleted; null: none was. */
export const publishedBefore = (offsets: Positions, table: string, of: string): StoredPosition | null =>
  offsets.get(publishedBeforeName(table, of));

/** Where that is stored. */
export const publishedBeforeName = (table: string, of: string): PartitionName => ({
  table,
  of: RESET,
  partition: of,
});

/** Where it is stored which topics the positions of a snapshot or an epoch tell of. */
export const topicsOfName = (table: string, of: string): PartitionName => ({
  table,
  of: RESET,
  partition: `topics of ${of}`,
});

/** No position of the source: nobody sees or alters it. */
export const isPublishedBefore = ({ of }: { readonly of?: unknown }): boolean => of === RESET;

/** What is to be stored when these positions are deleted. */
export function deletedEntries(
  offsets: Pick<OffsetStore, 'get' | 'entry'>,
  names: readonly PartitionName[],
): KeyedEntry[] {
  const before = new Map<string, { readonly name: PartitionName; readonly stored: StoredPosition }>();
  for (const name of names) {
    const { table, of } = name;
    const deleted = offsets.get(name);
    if (deleted === null) continue;
    const group = JSON.stringify([table, of]);
    const known = before.get(group)?.stored ?? publishedBefore(offsets, table, of);
    const stored = {
      position: {},
      done: true,
      coverageMs: null,
      counts: addCounts(known?.counts ?? NO_COUNTS, deleted.counts),
      version: Math.max(known?.version ?? 0, deleted.version),
    };
    before.set(group, { name: publishedBeforeName(table, of), stored });
  }
  return [...before.values()].map(({ name, stored }) => offsets.entry(name, stored));
}
