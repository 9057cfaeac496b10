import { groupBy } from './group-by.ts';

/** What is assigned as a whole: partitions that belong to one member together, such as a table's snapshot and changes. */
export interface Unit {
  /** Stable over rebalances, unique in the group. */
  readonly id: string;
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[];
  /** Units of one kind are spread evenly among themselves; default: all are of one kind. */
  readonly kind?: string;
  /** Ids of the members that can do something with it; default: all. With none it is nobody's. */
  readonly takers?: ReadonlySet<string>;
}

/** A member and what it says it owned when it joined. */
export interface Claim {
  readonly memberId: string;
  /** The generation in which it got them: of two who claim a unit, the later one is believed. */
  readonly generation: number;
  readonly owned: readonly string[];
}

/** Units of one kind that the same members can take. */
interface Group {
  readonly kind: string;
  readonly takers: ReadonlySet<string> | null;
  readonly ids: readonly string[];
}

/**
 * Spreads units over members: of each kind counts differ by one at most, where all members can take them, and a unit stays where
 * it was as far as that allows.
 *
 * Deterministic: the order of members and units does not matter.
 */
export function assignUnits(
  units: readonly Pick<Unit, 'id' | 'kind' | 'takers'>[],
  claims: readonly Claim[],
): Map<string, string[]> {
  const members = [...claims].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const assigned = new Map<string, string[]>(members.map(({ memberId }) => [memberId, []]));
  let kind: string | null = null;
  let ofKind = new Map<string, number>();
  for (const group of groupsOf(units)) {
    if (group.kind !== kind) ofKind = new Map();
    kind = group.kind;
    const { takers, ids } = group;
    const able = members.filter(({ memberId }) => takers === null || takers.has(memberId));
    const shares = assignGroup(ids, able, {
      ofKind: (memberId) => ofKind.get(memberId) ?? 0,
      all: (memberId) => assigned.get(memberId)!.length,
    });
    for (const [memberId, mine] of shares) {
      assigned.get(memberId)!.push(...mine);
      ofKind.set(memberId, (ofKind.get(memberId) ?? 0) + mine.length);
    }
  }
  for (const ids of assigned.values()) ids.sort();
  return assigned;
}

/** Kind after kind; of each, first what fewest can take: the others have to make up for that. */
function groupsOf(units: readonly Pick<Unit, 'id' | 'kind' | 'takers'>[]): Group[] {
  const keyOf = ({ kind = '', takers }: Pick<Unit, 'kind' | 'takers'>) =>
    JSON.stringify([kind, takers ? [...takers].sort() : null]);
  const groups = [...groupBy(units, keyOf)].map(([key, alike]) => {
    const { kind = '', takers = null } = alike[0]!;
    const size = takers?.size ?? Number.POSITIVE_INFINITY;
    return { key, kind, takers, ids: alike.map(({ id }) => id), size };
  });
  return groups.sort((a, b) => compare(a.kind, b.kind) || compare(a.size, b.size) || compare(a.key, b.key));
}

const compare = <T extends string | number>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);

/** @param has how many units a member has already. */
function assignGroup(
  unitIds: readonly string[],
  members: readonly Claim[],
  has: { ofKind(memberId: string): number; all(memberId: string): number },
): Map<string, string[]> {
  const ids = [...new Set(unitIds)].sort();
  const kept = keptUnits(ids, members);
  const share = sharesOf(ids.length, members, kept, has);
  const assigned = new Map<string, string[]>();
  const placed = new Set<string>();
  for (const { memberId } of members) {
    const stays = spaced(kept.get(memberId)!, share.get(memberId)!);
    assigned.set(memberId, stays);
    for (const id of stays) placed.add(id);
  }
  // Dealt out one by one: what stands side by side, as the tasks of a connector do, goes to different members.
  const open = members.filter(({ memberId }) => assigned.get(memberId)!.length < share.get(memberId)!);
  let turn = 0;
  for (const id of ids) {
    if (placed.has(id) || open.length === 0) continue;
    turn %= open.length;
    const { memberId } = open[turn]!;
    assigned.get(memberId)!.push(id);
    if (assigned.get(memberId)!.length < share.get(memberId)!) turn++;
    else open.splice(turn, 1);
  }
  return assigned;
}

/**
 * So many of a list, spaced evenly: of what stands side by side, as the tasks of a connector do, a member keeps some and gives up
 * some.
 */
function spaced(ids: readonly string[], count: number): string[] {
  const before = (i: number) => Math.floor((i * Math.min(count, ids.length)) / ids.length);
  return ids.filter((_, i) => before(i + 1) > before(i));
}

/**
 * How many units each member gets: always one more to who has fewest of the kind. Where several have, to who owns more than that
 * already, so that fewest units move, and then to who has fewest of all.
 */
function sharesOf(
  count: number,
  members: readonly Claim[],
  kept: ReadonlyMap<string, readonly string[]>,
  has: { ofKind(memberId: string): number; all(memberId: string): number },
): Map<string, number> {
  const shares = members.map(({ memberId }) => ({
    memberId,
    share: 0,
    before: has.ofKind(memberId),
    all: has.all(memberId),
    owned: kept.get(memberId)!.length,
  }));
  const order = (a: (typeof shares)[number], b: (typeof shares)[number]) =>
    compare(a.before + a.share, b.before + b.share) ||
    compare(Math.max(0, b.owned - b.share), Math.max(0, a.owned - a.share)) ||
    compare(a.all, b.all);
  for (let i = 0; i < count && shares.length > 0; i++) {
    shares.reduce((first, next) => (order(next, first) < 0 ? next : first)).share++;
  }
  return new Map(shares.map(({ memberId, share }) => [memberId, share]));
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
