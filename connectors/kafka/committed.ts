import type { KafkaClient } from './client.ts';
import { KafkaError, throwIfFailed } from './errors.ts';
import { groupBy } from './group-by.ts';
import type { Link } from './link.ts';
import type { ControlRequests } from './wire/control.ts';
import { decodeSubscription } from './wire/group-wire.ts';

/** A position to commit: the offset of the next record to read, with up to 4096 bytes of text beside it. */
export interface CommitEntry {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly metadata: string;
}

export interface Committed {
  /** Null when nothing was ever committed. */
  readonly offset: number | null;
  readonly metadata: string;
}

export interface GroupDescription {
  /** `Empty`, `Stable`, `PreparingRebalance`, `CompletingRebalance` or `Dead` (also: never existed). */
  readonly state: string;
  readonly members: readonly {
    readonly clientId: string;
    readonly host: string;
    readonly memberId: string;
    /** What it says of itself ({@link import('./group.ts').GroupOptions}); null: nothing, or it is no member of ours. */
    readonly about: Readonly<Record<string, unknown>> | null;
  }[];
}

/** A group's commits for all partitions of the topics, without joining it. Topics that do not exist are left out. */
export async function fetchCommitted(
  client: KafkaClient,
  groupId: string,
  topics: readonly string[],
): Promise<Map<string, Map<number, Committed>>> {
  if (topics.length === 0) return new Map();
  const known = await client.retry(() => client.cluster.refresh(client.links, topics));
  const asked = [...known].map(([topic, { length }]) => ({
    topic,
    partitions: Array.from({ length }, (_, partition) => partition),
  }));
  return fetchCommittedOf(client, groupId, asked);
}

/** A group's commits for the given partitions, without joining it. */
export function fetchCommittedOf(
  client: KafkaClient,
  groupId: string,
  topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
): Promise<Map<string, Map<number, Committed>>> {
  if (topics.length === 0) return Promise.resolve(new Map());
  return atGroupCoordinator(client, groupId, async (link) => {
    const asked = topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map((partition) => ({ partition })),
    }));
    const answer = await link.control('OffsetFetch', { groupId, topics: asked }, client.requestTimeoutMs);
    throwIfFailed(answer.errorCode, `reading the offsets of group "${groupId}"`);
    const committed = new Map<string, Map<number, Committed>>();
    for (const { topic, partitions } of answer.responses) {
      const byPartition = new Map<number, Committed>();
      for (const { partition, offset, metadata, errorCode } of partitions) {
        throwIfFailed(
          errorCode,
          `reading the offset of group "${groupId}" for "${topic}" partition ${partition}`,
        );
        byPartition.set(partition, {
          offset: Number(offset) < 0 ? null : Number(offset),
          metadata: metadata ?? '',
        });
      }
      committed.set(topic, byPartition);
    }
    return committed;
  });
}

/**
 * Commits for a group that has no members, without joining it. One request, so all or nothing.
 *
 * Throws NON_EMPTY_GROUP when somebody is in it.
 */
export async function commitAsEmptyGroup(
  client: KafkaClient,
  groupId: string,
  entries: readonly CommitEntry[],
): Promise<void> {
  if (entries.length === 0) return;
  const args = { groupId, groupGenerationId: -1, memberId: '', topics: commitTopics(entries) };
  try {
    await atGroupCoordinator(client, groupId, async (link) => {
      throwIfCommitFailed(await link.control('OffsetCommit', args, client.requestTimeoutMs), groupId);
    });
  } catch (error) {
    if (
      error instanceof KafkaError &&
      (error.code === 'UNKNOWN_MEMBER_ID' || error.code === 'REBALANCE_IN_PROGRESS')
    ) {
      throw new KafkaError('NON_EMPTY_GROUP', `group "${groupId}" has members`, { cause: error });
    }
    throw error;
  }
}

/** Who is in a group now. */
export function describeGroup(client: KafkaClient, groupId: string): Promise<GroupDescription> {
  return atGroupCoordinator(client, groupId, async (link) => {
    const answer = await link.control('DescribeGroups', { groupIds: [groupId] }, client.requestTimeoutMs);
    const group = answer.groups[0];
    if (!group) return { state: 'Dead', members: [] };
    throwIfFailed(group.errorCode, `describing group "${groupId}"`);
    const members = group.members.map(({ clientId, clientHost, memberId, memberMetadata }) => ({
      clientId,
      host: clientHost,
      memberId,
      about: memberMetadata.length === 0 ? null : decodeSubscription(memberMetadata).about,
    }));
    return { state: group.state, members };
  });
}

/** Entries as OffsetCommit wants them. */
export function commitTopics(
  entries: readonly CommitEntry[],
): ControlRequests['OffsetCommit']['args']['topics'] {
  return [...groupBy(entries, ({ topic }) => topic)].map(([topic, parts]) => ({
    topic,
    partitions: parts.map(({ partition, offset, metadata }) => ({
      partition,
      offset: String(offset),
      metadata,
    })),
  }));
}

/** Throws the first error in an OffsetCommit's answer. */
export function throwIfCommitFailed(
  answer: ControlRequests['OffsetCommit']['answer'],
  groupId: string,
): void {
  for (const { topic, partitions } of answer.responses) {
    for (const { partition, errorCode } of partitions) {
      throwIfFailed(errorCode, `committing "${topic}" partition ${partition} for group "${groupId}"`);
    }
  }
}

/** Asks a group's coordinator, finding it again when it moved. */
function atGroupCoordinator<T>(
  client: KafkaClient,
  groupId: string,
  ask: (link: Link) => Promise<T>,
): Promise<T> {
  return client.retry(async () => ask(await client.cluster.groupCoordinator(client.links, groupId)), {
    onRetry: () => client.cluster.forgetGroupCoordinator(groupId),
  });
}
