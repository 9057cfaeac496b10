import { groupBy } from './group-by.ts';

/** What is assigned as a whole: partitions that belong to one member together, such as a table's snapshot and changes. */
export interface Unit {
  /** Stable over rebalances, unique in the group. */
  readonly id: string;
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[];
  /** Units of one kind are spread evenly among themselves; default: all are of one kind. */
  readonly kind?: string;
}

/** A member and what it says it owned when it joined. */
export interface Claim {
  readonly memberId: string;
  /** The generation in which it got them: of two who claim a unit, the later one is believed. */
  readonly generation: number;
  readonly owned: readonly string[];
}

/**
 * Spreads units over members: of each kind counts differ by one at most, and a unit stays where it was as far as that allows.
 *
 * Deterministic: the order of members and units does not matter.
 */
export function assignUnits(
  units: readonly Pick<Unit, 'id' | 'kind'>[],
  claims: readonly Claim[],
): Map<string, string[]> {
  const kinds = [...groupBy(units, ({ kind }) => kind ?? '')].sort(([a], [b]) => (a < b ? -1 : 1));
  const assigned = new Map<string, string[]>();
  for (const [, ofKind] of kinds) {
    const shares = assignKind(
      ofKind.map(({ id }) => id),
      claims,
      (memberId) => assigned.get(memberId)?.length ?? 0,
    );
    for (const [memberId, ids] of shares) assigned.set(memberId, [...(assigned.get(memberId) ?? []), ...ids]);
  }
  for (const { memberId } of claims) assigned.set(memberId, (assigned.get(memberId) ?? []).sort());
  return assigned;
}

/** @param others how many units of other kinds a member has: those with few get the shares that are one bigger. */
function assignKind(
  unitIds: readonly string[],
  claims: readonly Claim[],
  others: (memberId: string) => number,
): Map<string, string[]> {
  const ids = [...new Set(unitIds)].sort();
  const members = [...claims].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const kept = keptUnits(ids, members);
  const assigned = new Map<string, string[]>();
  if (members.length === 0) return assigned;
  const least = Math.floor(ids.length / members.length);
  let oneMore = ids.length % members.length;
  // Those that own most get the shares that are one bigger, so that fewest units move.
  const byCount = [...members].sort(
    (a, b) =>
      kept.get(b.memberId)!.length - kept.get(a.memberId)!.length || others(a.memberId) - others(b.memberId),
  );
  const share = new Map<string, number>();
  for (const { memberId } of byCount) {
    share.set(memberId, oneMore > 0 ? least + 1 : least);
    oneMore--;
  }
  const placed = new Set<string>();
  for (const { memberId } of members) {
    const stays = kept.get(memberId)!.slice(0, share.get(memberId)!);
    assigned.set(memberId, stays);
    for (const id of stays) placed.add(id);
  }
  // Dealt out one by one: what stands side by side, as the tasks of a connector do, goes to different members.
  const open = members.filter(({ memberId }) => assigned.get(memberId)!.length < share.get(memberId)!);
  let turn = 0;
  for (const id of ids) {
    if (placed.has(id)) continue;
    turn %= open.length;
    const { memberId } = open[turn]!;
    assigned.get(memberId)!.push(id);
    if (assigned.get(memberId)!.length < share.get(memberId)!) turn++;
    else open.splice(turn, 1);
  }
  return assigned;
}

/** Each unit that exists to the member with the latest claim to it, sorted by id. */
function keptUnits(ids: readonly string[], members: readonly Claim[]): Map<string, string[]> {
  const exists = new Set(ids);
  const owner = new Map<string, Claim>();
  for (const claim of members) {
    for (const id of claim.owned) {
      const other = owner.get(id);
      if (exists.has(id) && (!other || claim.generation > other.generation)) owner.set(id, claim);
    }
  }
  const kept = new Map<string, string[]>(members.map(({ memberId }) => [memberId, []]));
  for (const id of ids) {
    const claim = owner.get(id);
    if (claim) kept.get(claim.memberId)!.push(id);
  }
  return kept;
}

/** One unit per partition: for groups in which nothing belongs together. */
export function unitPerPartition(topics: ReadonlyMap<string, number>): Unit[] {
  return [...topics].flatMap(([topic, count]) =>
    Array.from({ length: count }, (_, partition) => ({
      id: `${topic}/${partition}`,
      partitions: [{ topic, partition }],
    })),
  );
}
