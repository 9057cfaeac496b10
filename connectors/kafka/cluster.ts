import { KafkaError, protocolError, throwIfFailed } from './errors.ts';
import type { Link } from './link.ts';
import type { Links } from './links.ts';

interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

const GROUP = 0;
const TRANSACTION = 1;

/**
 * What is known of the cluster: brokers, leaders, coordinators. Shared by everything of one client; it holds no
 * connections, whoever asks brings its own.
 *
 * All of it is a cache that ages: on NOT_LEADER_OR_FOLLOWER, NOT_COORDINATOR or a lost connection, `forget…` and ask again.
 */
export class Cluster {
  readonly #seeds: readonly BrokerAddress[];
  readonly #requestTimeoutMs: number;
  readonly #brokers = new Map<number, BrokerAddress>();
  /** Topic → leader's node id by partition; −1 where there is none. */
  readonly #leaders = new Map<string, readonly number[]>();
  readonly #coordinators = new Map<string, BrokerAddress>();
  #controllerId = -1;
  #clusterId: string | null = null;
  #turn = Math.floor(Math.random() * 1024);

  constructor(brokers: readonly string[], requestTimeoutMs: number) {
    this.#seeds = brokers.map(addressOf);
    this.#requestTimeoutMs = requestTimeoutMs;
  }

  /** A connection to whichever broker answers. Throws BROKER_UNREACHABLE when all of them were tried. */
  async anyLink(links: Links): Promise<Link> {
    const known = [
      ...new Map([...this.#brokers.values(), ...this.#seeds].map((b) => [`${b.host}:${b.port}`, b])).values(),
    ];
    const start = this.#turn++;
    let failure: unknown;
    for (let i = 0; i < known.length; i++) {
      const { host, port } = known[(start + i) % known.length]!;
      try {
        return await links.at(host, port);
      } catch (error) {
        failure = error;
        if (error instanceof KafkaError && !error.retriable) throw error;
      }
    }
    throw failure;
  }

  /** Asks for the metadata of topics; those that do not exist are left out of the answer and of the cache. */
  async refresh(links: Links, topics: readonly string[]): Promise<Map<string, readonly number[]>> {
    const found = new Map<string, readonly number[]>();
    if (topics.length === 0) return found;
    for (const topic of await this.#metadata(links, topics)) {
      if (topic.topicErrorCode !== 0) {
        this.#leaders.delete(topic.topic);
        const error = protocolError(topic.topicErrorCode, `metadata of topic "${topic.topic}"`)!;
        if (error.retriable) continue;
        throw error;
      }
      const leaders: number[] = [];
      for (const { partitionId, leader } of topic.partitionMetadata) leaders[partitionId] = leader;
      this.#leaders.set(topic.topic, leaders);
      found.set(topic.topic, leaders);
    }
    return found;
  }

  /** Asks in one request for those of the topics that are not known yet. */
  async learn(links: Links, topics: Iterable<string>): Promise<void> {
    const unknown = [...new Set(topics)].filter((topic) => !this.#leaders.has(topic));
    await this.refresh(links, unknown);
  }

  /** Names of all topics that are not Kafka's own. */
  async topicNames(links: Links): Promise<string[]> {
    const topics = await this.#metadata(links, []);
    return topics
      .filter((topic) => !topic.isInternal)
      .map((topic) => topic.topic)
      .sort();
  }

  /** How many partitions a topic has. Throws UNKNOWN_TOPIC_OR_PARTITION (retriable: it may be brand new). */
  async partitionCount(links: Links, topic: string): Promise<number> {
    return (await this.#topicLeaders(links, topic)).length;
  }

  /** Node id of a partition's leader. Throws LEADER_NOT_AVAILABLE or UNKNOWN_TOPIC_OR_PARTITION. */
  async leaderOf(links: Links, topic: string, partition: number): Promise<number> {
    const leaders = await this.#topicLeaders(links, topic);
    const leader = leaders[partition];
    if (leader === undefined)
      throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `"${topic}" has no partition ${partition}`);
    if (leader < 0 || !this.#brokers.has(leader)) {
      this.forgetTopic(topic);
      throw new KafkaError('LEADER_NOT_AVAILABLE', `partition ${partition} of "${topic}" has no leader now`);
    }
    return leader;
  }

  async linkTo(links: Links, nodeId: number): Promise<Link> {
    const broker = this.#brokers.get(nodeId);
    if (!broker)
      throw new KafkaError('BROKER_UNREACHABLE', `broker ${nodeId} is not in the cluster's metadata`);
    return links.at(broker.host, broker.port);
  }

  /** The controller, or with KRaft a broker that forwards to it. */
  async controllerLink(links: Links): Promise<Link> {
    await this.#metadata(links, []);
    return this.#brokers.has(this.#controllerId)
      ? this.linkTo(links, this.#controllerId)
      : this.anyLink(links);
  }

  /** The coordinator of a consumer group. */
  groupCoordinator(links: Links, groupId: string): Promise<Link> {
    return this.#coordinator(links, GROUP, groupId);
  }

  /** The coordinator of a transactional id. */
  transactionCoordinator(links: Links, transactionalId: string): Promise<Link> {
    return this.#coordinator(links, TRANSACTION, transactionalId);
  }

  /** The id that the cluster gave itself; empty where it has none. */
  async clusterId(links: Links): Promise<string> {
    if (this.#clusterId === null) await this.#metadata(links, []);
    return this.#clusterId ?? '';
  }

  forgetTopic(topic: string): void {
    this.#leaders.delete(topic);
  }

  forgetGroupCoordinator(groupId: string): void {
    this.#coordinators.delete(`${GROUP}/${groupId}`);
  }

  forgetTransactionCoordinator(transactionalId: string): void {
    this.#coordinators.delete(`${TRANSACTION}/${transactionalId}`);
  }

  async #topicLeaders(links: Links, topic: string): Promise<readonly number[]> {
    const leaders = this.#leaders.get(topic) ?? (await this.refresh(links, [topic])).get(topic);
    if (!leaders) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `topic "${topic}" does not exist`);
    return leaders;
  }

  /** No topics means all of them. */
  async #metadata(links: Links, topics: readonly string[]) {
    const link = await this.anyLink(links);
    const answer = await link.control(
      'Metadata',
      { topics, allowAutoTopicCreation: false },
      this.#requestTimeoutMs,
    );
    this.#brokers.clear();
    for (const { nodeId, host, port } of answer.brokers) this.#brokers.set(nodeId, { host, port });
    this.#controllerId = answer.controllerId;
    this.#clusterId = answer.clusterId ?? null;
    return answer.topicMetadata;
  }

  async #coordinator(links: Links, coordinatorType: 0 | 1, key: string): Promise<Link> {
    const cacheKey = `${coordinatorType}/${key}`;
    const cached = this.#coordinators.get(cacheKey);
    if (cached) return links.at(cached.host, cached.port);
    const link = await this.anyLink(links);
    const answer = await link.control(
      'GroupCoordinator',
      { groupId: key, coordinatorType },
      this.#requestTimeoutMs,
    );
    throwIfFailed(answer.errorCode, `finding the coordinator of "${key}"`);
    const { host, port } = answer.coordinator;
    const found = await links.at(host, port);
    this.#coordinators.set(cacheKey, { host, port });
    return found;
  }
}

/** `host:port`, also `[::1]:9092`; 9092 where the port is left out. */
function addressOf(broker: string): BrokerAddress {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(broker);
  if (!match) throw new KafkaError('INVALID_BROKER', `"${broker}" is no host:port`);
  return { host: match[1] ?? match[2]!, port: Number(match[3] ?? 9092) };
}
