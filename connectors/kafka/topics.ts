import type { KafkaClient } from './client.ts';
import { KafkaError, protocolError, throwIfFailed } from './errors.ts';
import { highWatermarks } from './offsets.ts';
import { retrying } from './retry.ts';

export interface TopicSpec {
  readonly topic: string;
  readonly partitions: number;
  /** Default: the broker's. */
  readonly replicationFactor?: number | undefined;
  /** As Kafka names them: `cleanup.policy`, `retention.ms`, `max.message.bytes`. */
  readonly config: Readonly<Record<string, string>>;
}

export interface TopicDescription {
  readonly partitions: number;
  readonly config: {
    /** `delete`, `compact` or `compact,delete`. */
    readonly cleanupPolicy: string;
    /** −1 keeps for ever. */
    readonly retentionMs: number;
    readonly maxMessageBytes: number;
  };
}

const CREATE_TIMEOUT_MS = 30_000;
const DELETE_TIMEOUT_MS = 30_000;
const RESOURCE_TOPIC = 2;
const CONFIG_NAMES = ['cleanup.policy', 'retention.ms', 'max.message.bytes'];

/**
 * Creates the topics that do not exist and waits until all of them have leaders that serve them.
 *
 * Existing ones are left as they are: they are returned, described, for the caller to judge.
 */
export async function ensureTopics(
  client: KafkaClient,
  specs: readonly TopicSpec[],
): Promise<Map<string, TopicDescription>> {
  const names = specs.map((spec) => spec.topic);
  const existing = new Map<string, TopicDescription>();
  for (const [topic, found] of await describeTopics(client, names)) if (found) existing.set(topic, found);
  const missing = specs.filter((spec) => !existing.has(spec.topic));
  if (missing.length > 0) {
    const raced = await createTopics(client, missing);
    for (const [topic, found] of await describeTopics(client, raced)) if (found) existing.set(topic, found);
    await leadersOf(client, names);
    // Metadata names a leader a moment before that leader serves: ask it something.
    for (const { topic } of missing) await highWatermarks(client, topic);
  }
  return existing;
}

/** @returns names that somebody else created meanwhile. */
function createTopics(client: KafkaClient, specs: readonly TopicSpec[]): Promise<string[]> {
  const topics = specs.map((spec) => ({
    topic: spec.topic,
    numPartitions: spec.partitions,
    replicationFactor: spec.replicationFactor ?? -1,
    configEntries: Object.entries(spec.config).map(([name, value]) => ({ name, value })),
  }));
  return client.retry(async () => {
    const link = await client.cluster.controllerLink(client.links);
    const args = { topics, validateOnly: false, timeout: CREATE_TIMEOUT_MS };
    const answer = await link.control('CreateTopics', args, CREATE_TIMEOUT_MS + client.requestTimeoutMs);
    const raced: string[] = [];
    for (const { topic, errorCode, errorMessage } of answer.topicErrors) {
      const error = protocolError(errorCode, `creating topic "${topic}": ${errorMessage ?? ''}`);
      if (error?.code === 'TOPIC_ALREADY_EXISTS') raced.push(topic);
      else if (error && allBrokersFenced(error)) throw new KafkaError('BROKER_NOT_AVAILABLE', error.message);
      else if (error) throw error;
    }
    return raced;
  });
}

/**
 * Whether no broker can take a replica just now: each missed its heartbeats, as under a heavy load, or is starting. Kafka says so under
 * the code of a factor that is too large, and only its text tells them apart (StripedReplicaPlacer.throwInvalidReplicationFactorIfZero).
 */
function allBrokersFenced({ code, message }: KafkaError): boolean {
  return code === 'INVALID_REPLICATION_FACTOR' && message.includes('All brokers are currently fenced');
}

/** Waits until every partition of the topics has a leader. */
function leadersOf(client: KafkaClient, topics: readonly string[]): Promise<void> {
  return client.retry(async () => {
    const found = await client.cluster.refresh(client.links, topics);
    for (const topic of topics) {
      const leaders = found.get(topic);
      if (!leaders || leaders.length === 0 || leaders.some((leader) => leader < 0)) {
        throw new KafkaError('LEADER_NOT_AVAILABLE', `topic "${topic}" has no leaders yet`);
      }
    }
  });
}

/** Partitions and configuration of topics, in the order asked; null for one that does not exist. */
export async function describeTopics(
  client: KafkaClient,
  names: readonly string[],
): Promise<Map<string, TopicDescription | null>> {
  const described = new Map<string, TopicDescription | null>(names.map((name) => [name, null]));
  if (names.length === 0) return described;
  const leaders = await client.retry(() => client.cluster.refresh(client.links, names));
  if (leaders.size === 0) return described;
  const configs = await client.retry(() => topicConfigs(client, [...leaders.keys()]));
  for (const [topic, { length: partitions }] of leaders) {
    const config = configs.get(topic);
    if (config) described.set(topic, { partitions, config });
  }
  return described;
}

async function topicConfigs(
  client: KafkaClient,
  topics: readonly string[],
): Promise<Map<string, TopicDescription['config']>> {
  const link = await client.cluster.anyLink(client.links);
  const resources = topics.map((name) => ({ type: RESOURCE_TOPIC, name, configNames: CONFIG_NAMES }));
  const answer = await link.control(
    'DescribeConfigs',
    { resources, includeSynonyms: false },
    client.requestTimeoutMs,
  );
  const configs = new Map<string, TopicDescription['config']>();
  for (const { errorCode, errorMessage, resourceName, configEntries } of answer.resources) {
    const error = protocolError(errorCode, `configuration of topic "${resourceName}": ${errorMessage ?? ''}`);
    if (error?.code === 'UNKNOWN_TOPIC_OR_PARTITION') continue;
    if (error) throw error;
    const entries = new Map(configEntries.map(({ configName, configValue }) => [configName, configValue]));
    configs.set(resourceName, {
      cleanupPolicy: entries.get('cleanup.policy') ?? 'delete',
      retentionMs: Number(entries.get('retention.ms') ?? -1),
      maxMessageBytes: Number(entries.get('max.message.bytes') ?? 0),
    });
  }
  return configs;
}

/** Names of all topics, sorted, without Kafka's own. */
export function listTopics(client: KafkaClient): Promise<string[]> {
  return client.retry(() => client.cluster.topicNames(client.links));
}

/** Deletes those of the topics that exist, and waits until they are gone. @returns the names deleted. */
export async function deleteTopics(client: KafkaClient, names: readonly string[]): Promise<string[]> {
  const found = await client.retry(() => client.cluster.refresh(client.links, names));
  const topics = [...found.keys()];
  if (topics.length === 0) return [];
  await client.retry(async () => {
    const link = await client.cluster.controllerLink(client.links);
    const answer = await link.control(
      'DeleteTopics',
      { topics, timeout: DELETE_TIMEOUT_MS },
      DELETE_TIMEOUT_MS + client.requestTimeoutMs,
    );
    for (const { topic, errorCode } of answer.topicErrors) {
      const error = protocolError(errorCode, `deleting topic "${topic}"`);
      if (error && error.code !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error;
    }
  });
  await gone(client, topics);
  return topics;
}

function gone(client: KafkaClient, topics: readonly string[]): Promise<void> {
  return retrying(
    async () => {
      const left = await client.cluster.refresh(client.links, topics);
      if (left.size > 0)
        throw new KafkaError('REQUEST_TIMED_OUT', `topics are still there: ${[...left.keys()].join(', ')}`);
    },
    { budgetMs: DELETE_TIMEOUT_MS, signal: client.signal },
  );
}

/** Deletes a group and its offsets; one that does not exist is fine. Throws NON_EMPTY_GROUP while it has members. */
export async function deleteGroup(client: KafkaClient, groupId: string): Promise<void> {
  await client.retry(
    async () => {
      const link = await client.cluster.groupCoordinator(client.links, groupId);
      const answer = await link.control('DeleteGroups', [groupId], client.requestTimeoutMs);
      for (const { errorCode } of answer.results) {
        const error = protocolError(errorCode, `deleting group "${groupId}"`);
        if (error && error.code !== 'GROUP_ID_NOT_FOUND')
          throwIfFailed(errorCode, `deleting group "${groupId}"`);
      }
    },
    { onRetry: () => client.cluster.forgetGroupCoordinator(groupId) },
  );
}
