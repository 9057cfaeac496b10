import type { Unit } from './assignor.ts';
import { assignUnits } from './assignor.ts';
import type { KafkaClient } from './client.ts';
import { type CommitEntry, commitTopics, throwIfCommitFailed } from './committed.ts';
import { protocolError, throwIfFailed } from './errors.ts';
import type { Link } from './link.ts';
import type { Links } from './links.ts';
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from './wire/group-wire.ts';

/** The assignor's name in JoinGroup: all members of a group must offer it. */
const PROTOCOL = 'messina-sticky';
const PROTOCOL_TYPE = 'consumer';
/** JoinGroup is answered when the rebalance ends; this much later something is wrong. */
const JOIN_GRACE_MS = 5000;

/** A member of a group as the others know it. */
export interface KnownMember {
  readonly memberId: string;
  /** What it says of itself; null: nothing. */
  readonly about: Readonly<Record<string, unknown>> | null;
}

export interface MembershipOptions {
  readonly groupId: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly unitsOf: (
    topicPartitions: ReadonlyMap<string, number>,
    members: readonly KnownMember[],
  ) => readonly Unit[];
  /** What the group's other members may know of this one. */
  readonly about: Readonly<Record<string, unknown>> | null;
}

export interface Joined {
  readonly generation: number;
  readonly units: readonly Unit[];
}

/**
 * The requests of one group member, one by one, with the id and generation that the coordinator gave it.
 *
 * Each throws a KafkaError as the coordinator answered; when and whether to retry is `GroupMember`'s business. JoinGroup
 * blocks its connection until the rebalance ends, so joins and heartbeats go over different ones.
 */
export class Membership {
  readonly #client: KafkaClient;
  readonly #options: MembershipOptions;
  readonly #joins: Links;
  readonly #beats: Links;
  #memberId = '';
  #generation = -1;

  constructor(client: KafkaClient, options: MembershipOptions) {
    this.#client = client;
    this.#options = options;
    this.#joins = client.newLinks();
    this.#beats = client.newLinks();
  }

  get memberId(): string {
    return this.#memberId;
  }

  get generation(): number {
    return this.#generation;
  }

  /**
   * Joins and gets an assignment, computing everybody's if chosen leader.
   *
   * @param onSync called right before SyncGroup is sent: the session is young from then on.
   */
  async join(topics: readonly string[], owned: readonly string[], onSync: () => void): Promise<Joined> {
    const metadata = encodeSubscription({
      topics,
      generation: this.#generation,
      owned,
      about: this.#options.about,
    });
    const link = await this.#coordinator(this.#joins);
    const answer = await this.#joinGroup(link, metadata);
    this.#memberId = answer.memberId;
    const isLeader = answer.leaderId === answer.memberId;
    const groupAssignment = isLeader ? await this.#assign(answer.members) : [];
    onSync();
    const synced = await link.control(
      'SyncGroup',
      {
        groupId: this.#options.groupId,
        generationId: answer.generationId,
        memberId: answer.memberId,
        groupAssignment,
      },
      this.#options.rebalanceTimeoutMs + JOIN_GRACE_MS,
    );
    throwIfFailed(synced.errorCode, `SyncGroup of "${this.#options.groupId}"`);
    this.#generation = answer.generationId;
    return { generation: answer.generationId, units: decodeAssignment(synced.memberAssignment) };
  }

  async heartbeat(timeoutMs: number): Promise<void> {
    const link = await this.#coordinator(this.#beats);
    const args = {
      groupId: this.#options.groupId,
      groupGenerationId: this.#generation,
      memberId: this.#memberId,
      groupInstanceId: null,
    };
    const answer = await link.control('Heartbeat', args, timeoutMs);
    throwIfFailed(answer.errorCode, `heartbeat of "${this.#options.groupId}"`);
  }

  /** Commits as a member of a generation: refused by the coordinator once that is over. */
  async commit(generation: number, memberId: string, entries: readonly CommitEntry[]): Promise<void> {
    const link = await this.#coordinator(this.#client.links);
    const args = {
      groupId: this.#options.groupId,
      groupGenerationId: generation,
      memberId,
      topics: commitTopics(entries),
    };
    throwIfCommitFailed(
      await link.control('OffsetCommit', args, this.#client.requestTimeoutMs),
      this.#options.groupId,
    );
  }

  /** Says good-bye, so that the others need not wait for the session to expire. */
  async leave(): Promise<void> {
    if (this.#memberId === '') return;
    const memberId = this.#memberId;
    this.forget();
    const link = await this.#coordinator(this.#beats);
    const answer = await link.control(
      'LeaveGroup',
      { groupId: this.#options.groupId, memberId },
      this.#client.requestTimeoutMs,
    );
    throwIfFailed(answer.errorCode, `leaving "${this.#options.groupId}"`);
  }

  /** The coordinator does not know us any more: join as somebody new. */
  forget(): void {
    this.#memberId = '';
    this.#generation = -1;
  }

  forgetCoordinator(): void {
    this.#client.cluster.forgetGroupCoordinator(this.#options.groupId);
  }

  /** Cuts off a JoinGroup that is waiting; no join works afterwards. */
  async cutJoin(): Promise<void> {
    await this.#joins.close();
  }

  async close(): Promise<void> {
    await Promise.all([this.#joins.close(), this.#beats.close()]);
  }

  #coordinator(links: Links): Promise<Link> {
    return this.#client.cluster.groupCoordinator(links, this.#options.groupId);
  }

  async #joinGroup(link: Link, metadata: Buffer) {
    const { groupId, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options;
    for (let attempt = 1; ; attempt++) {
      const args = {
        groupId,
        sessionTimeout: sessionTimeoutMs,
        rebalanceTimeout: rebalanceTimeoutMs,
        memberId: this.#memberId,
        protocolType: PROTOCOL_TYPE,
        groupProtocols: [{ name: PROTOCOL, metadata }],
      };
      const answer = await link.control('JoinGroup', args, rebalanceTimeoutMs + JOIN_GRACE_MS);
      const error = protocolError(answer.errorCode, `joining "${groupId}"`);
      if (!error) return answer;
      // KIP-394: the coordinator first names a newcomer, which then joins under that name.
      if (error.code !== 'MEMBER_ID_REQUIRED' || attempt > 1) throw error;
      this.#memberId = answer.memberId;
    }
  }

  async #assign(members: readonly { memberId: string; memberMetadata: Buffer }[]) {
    const subscriptions = members.map(({ memberId, memberMetadata }) => ({
      memberId,
      ...decodeSubscription(memberMetadata),
    }));
    const topics = [...new Set(subscriptions.flatMap((subscription) => subscription.topics))].sort();
    const leaders = await this.#client.cluster.refresh(this.#joins, topics);
    const counts = new Map(
      topics.flatMap((topic) => (leaders.has(topic) ? [[topic, leaders.get(topic)!.length] as const] : [])),
    );
    const units = new Map(this.#options.unitsOf(counts, subscriptions).map((unit) => [unit.id, unit]));
    const shares = assignUnits([...units.values()], subscriptions);
    return [...shares].map(([memberId, ids]) => ({
      memberId,
      memberAssignment: encodeAssignment(ids.map((id) => units.get(id)!)),
    }));
  }
}
