import type { Unit } from '../kafka/assignor.ts';

/** The slots of one member of a worker group. */
export interface OwnedSlots {
  readonly owned: ReadonlySet<number>;
  /** How many slots the group has. */
  readonly count: number;
}

/** What of a slot is dealt out as a whole. */
export type SlotPart = Pick<Unit, 'kind' | 'takers'> & {
  /** It is this of the slot, and no more; default: the slot, but for its other parts. */
  readonly only?: readonly string[];
};

const WHOLE: readonly SlotPart[] = [{}];

/**
 * Slots, the partitions of a small topic, as a worker group deals them out.
 *
 * How many there are travels with each: which slot a task stands in depends on it, so members that counted for themselves
 * would run a task twice, or not at all, once the topic was given more partitions.
 */
export function slotUnits(
  topics: ReadonlyMap<string, number>,
  partsOf: (slot: number) => readonly SlotPart[] = () => WHOLE,
): Unit[] {
  return [...topics].flatMap(([topic, count]) =>
    Array.from({ length: count }, (_, partition) =>
      partsOf(partition).map(({ only, ...part }) => ({
        // Padded: ids are dealt out in their order.
        id: `slot-${String(partition).padStart(4, '0')}/${count}${only ? `/${only.join()}` : ''}`,
        partitions: [{ topic, partition }],
        ...part,
      })),
    ).flat(),
  );
}

/**
 * Reads what was dealt out.
 *
 * @param known how many slots there were until now: who owns none is not told
 * @param name of what is asked for: whole slots are owned for all there is, a part only for what it is of
 */
export function ownedSlots(units: readonly Unit[], known: number, name = ''): OwnedSlots {
  const owned = new Set<number>();
  let all = known;
  for (const { id, partitions } of units) {
    const [, count, only] = /^[^/]*\/(\d+)(?:\/(.*))?$/.exec(id) ?? [];
    all = Number(count ?? known);
    if (only !== undefined && !only.split(',').includes(name)) continue;
    for (const { partition } of partitions) owned.add(partition);
  }
  return { owned, count: all };
}
