import type { KafkaClient } from '../../connectors/kafka/client.ts';
import { retrying } from '../../connectors/kafka/retry.ts';
import type { Broker } from './broker.ts';
import type { Coordinator } from './coordinator.ts';
import type { Process, VirtualTime } from './virtual-time.ts';

/** Where production code stands that was given a Kafka client: its process, and the Kafka it reaches. */
export interface Site {
  readonly time: VirtualTime;
  readonly process: Process;
  readonly broker: Broker;
  readonly coordinator: Coordinator;
  /** How often a request to Kafka fails, 0 to 1. */
  readonly kafkaFaults: number;
  /** Most that a step of a transaction takes, one way. */
  readonly transactionMs: number;
}

const sites = new WeakMap<object, Site>();

/** A client for the fakes that stand in for the Kafka room's classes; it reaches nothing else. */
export function clientOf(site: Site): KafkaClient {
  const nothing = () => {};
  const leaders = (topic: string) => new Array<number>(site.broker.partitions(topic)).fill(0);
  const signal = new AbortController().signal;
  const client = {
    cluster: {
      refresh: async (_links: unknown, topics: readonly string[]) =>
        new Map(topics.map((topic) => [topic, leaders(topic)])),
      forgetTopic: nothing,
      forgetGroupCoordinator: nothing,
      forgetTransactionCoordinator: nothing,
    },
    signal,
    requestTimeoutMs: 30_000,
    log: nothing,
    connect: () => Promise.resolve(),
    close: () => Promise.resolve(),
    retry: <T>(attempt: () => Promise<T>, options: object = {}) =>
      retrying(attempt, { budgetMs: 60_000, ...options, signal }),
  };
  sites.set(client, site);
  return client as unknown as KafkaClient;
}

export function siteOf(client: KafkaClient): Site {
  const site = sites.get(client);
  if (!site) throw new Error('a Kafka client that is not of the model');
  return site;
}
