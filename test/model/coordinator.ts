import { assignUnits, type Unit } from '../../connectors/kafka/assignor.ts';
import type { CommitEntry, Committed, GroupDescription } from '../../connectors/kafka/committed.ts';
import { KafkaError } from '../../connectors/kafka/errors.ts';
import type { KnownMember } from '../../connectors/kafka/membership.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface Claims {
  readonly topics: readonly string[];
  readonly owned: readonly string[];
  readonly generation: number;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly about?: Readonly<Record<string, unknown>> | null;
  readonly unitsOf: (topics: ReadonlyMap<string, number>, members: readonly KnownMember[]) => readonly Unit[];
}

export interface Joined {
  readonly memberId: string;
  readonly generation: number;
  readonly units: readonly Unit[];
}

interface Member {
  claims: Claims;
  seenMs: number;
  /** Its JoinGroup waits for the rebalance to end. */
  joining: { resolve: (joined: Joined) => void } | null;
}

interface Group {
  readonly members: Map<string, Member>;
  readonly commits: Map<string, Committed>;
  generation: number;
  rebalancing: boolean;
}

const FIRST_DELAY_MS = 200;

/** Kafka's group coordinator: members, sessions, rebalances (the eager protocol), committed offsets. */
export class Coordinator {
  readonly #time: VirtualTime;
  readonly #partitions: (topic: string) => number;
  readonly #groups = new Map<string, Group>();
  #named = 0;
  /** How often some group has dealt its units out. */
  rebalances = 0;
  /** Hears each commit that is accepted. */
  onCommit: (groupId: string, entries: readonly CommitEntry[]) => void = () => {};

  constructor(time: VirtualTime, partitions: (topic: string) => number) {
    this.#time = time;
    this.#partitions = partitions;
  }

  committed(groupId: string, topic: string, partition: number): Committed {
    return this.#group(groupId).commits.get(`${partition}/${topic}`) ?? { offset: null, metadata: '' };
  }

  members(groupId: string): number {
    return this.#group(groupId).members.size;
  }

  describe(groupId: string): GroupDescription {
    const { members, rebalancing } = this.#group(groupId);
    const state = members.size === 0 ? 'Empty' : rebalancing ? 'PreparingRebalance' : 'Stable';
    const described = [...members].map(([memberId, { claims }]) => {
      return { clientId: '', host: '', memberId, about: claims.about ?? null };
    });
    return { state, members: described };
  }

  isStable(groupId: string): boolean {
    return !this.#group(groupId).rebalancing;
  }

  join(groupId: string, memberId: string, claims: Claims): Promise<Joined> {
    const group = this.#group(groupId);
    const id = memberId === '' ? `member-${++this.#named}` : memberId;
    let member = group.members.get(id);
    if (!member) {
      if (memberId !== '') throw new KafkaError('UNKNOWN_MEMBER_ID', id);
      member = { claims, seenMs: this.#time.nowMs, joining: null };
      group.members.set(id, member);
      this.#watchSession(group, id, member);
    }
    const joining = member;
    joining.claims = claims;
    return new Promise((resolve) => {
      joining.joining = { resolve };
      this.#prepare(group);
      this.#complete(group);
    });
  }

  heartbeat(groupId: string, memberId: string, generation: number): void {
    const group = this.#group(groupId);
    const member = this.#memberOf(group, memberId, generation);
    member.seenMs = this.#time.nowMs;
    if (group.rebalancing) throw new KafkaError('REBALANCE_IN_PROGRESS', groupId);
  }

  commit(groupId: string, memberId: string, generation: number, entries: readonly CommitEntry[]): void {
    const group = this.#group(groupId);
    this.#memberOf(group, memberId, generation).seenMs = this.#time.nowMs;
    for (const { topic, partition, offset, metadata } of entries) {
      group.commits.set(`${partition}/${topic}`, { offset, metadata });
    }
    this.onCommit(groupId, entries);
  }

  /** An administrator's commit, to a group without members. */
  reset(groupId: string, entries: readonly CommitEntry[]): void {
    const { commits } = this.#group(groupId);
    for (const { topic, partition, offset, metadata } of entries) {
      commits.set(`${partition}/${topic}`, { offset, metadata });
    }
  }

  leave(groupId: string, memberId: string): void {
    const group = this.#group(groupId);
    if (group.members.delete(memberId)) this.#left(group);
  }

  #memberOf(group: Group, memberId: string, generation: number): Member {
    const member = group.members.get(memberId);
    if (!member) throw new KafkaError('UNKNOWN_MEMBER_ID', memberId);
    if (generation !== group.generation) throw new KafkaError('ILLEGAL_GENERATION', memberId);
    return member;
  }

  /** A rebalance begins; who has not joined when its time is up is out. */
  #prepare(group: Group): void {
    if (group.rebalancing) return;
    group.rebalancing = true;
    const { generation } = group;
    const timeouts = [...group.members.values()].map(({ claims }) => claims.rebalanceTimeoutMs);
    this.#time.at(Math.max(FIRST_DELAY_MS, ...timeouts), null, () => {
      if (!group.rebalancing || group.generation !== generation) return;
      for (const [id, member] of group.members) if (!member.joining) group.members.delete(id);
      this.#complete(group);
    });
  }

  #complete(group: Group): void {
    const { generation } = group;
    if (!this.#allJoined(group)) return;
    this.#time.at(FIRST_DELAY_MS, null, () => {
      if (group.generation !== generation || !group.rebalancing || !this.#allJoined(group)) return;
      group.rebalancing = false;
      group.generation++;
      this.rebalances++;
      const members = [...group.members];
      const topics = [...new Set(members.flatMap(([, { claims }]) => claims.topics))];
      const unitsOf = members[0]![1].claims.unitsOf;
      const counts = new Map(topics.map((topic) => [topic, this.#partitions(topic)]));
      const known = members.map(([memberId, { claims }]) => ({ memberId, about: claims.about ?? null }));
      const units = new Map(unitsOf(counts, known).map((unit) => [unit.id, unit]));
      const claims = members.map(
        ([
          memberId,
          {
            claims: { generation: of, owned },
          },
        ]) => {
          return { memberId, generation: of, owned };
        },
      );
      const shares = assignUnits([...units.values()], claims);
      for (const [id, member] of members) {
        member.seenMs = this.#time.nowMs;
        const mine = (shares.get(id) ?? []).map((unit) => units.get(unit)!);
        member.joining?.resolve({ memberId: id, generation: group.generation, units: mine });
        member.joining = null;
      }
    });
  }

  #allJoined(group: Group): boolean {
    return group.members.size > 0 && [...group.members.values()].every((member) => member.joining);
  }

  #watchSession(group: Group, id: string, member: Member): void {
    if (group.members.get(id) !== member) return;
    if (member.joining) member.seenMs = this.#time.nowMs;
    const leftMs = member.seenMs + member.claims.sessionTimeoutMs - this.#time.nowMs;
    if (leftMs > 0) {
      this.#time.at(leftMs, null, () => this.#watchSession(group, id, member));
      return;
    }
    group.members.delete(id);
    this.#left(group);
  }

  #left(group: Group): void {
    if (group.members.size === 0) {
      group.rebalancing = false;
      group.generation++;
      return;
    }
    this.#prepare(group);
    this.#complete(group);
  }

  #group(id: string): Group {
    let group = this.#groups.get(id);
    if (!group) {
      group = { members: new Map(), commits: new Map(), generation: 0, rebalancing: false };
      this.#groups.set(id, group);
    }
    return group;
  }
}
