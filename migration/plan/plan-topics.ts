import type { KafkaClient } from '../../connectors/kafka/client.ts';
import { describeTopics, type TopicDescription, type TopicSpec } from '../../connectors/kafka/topics.ts';
import { topicProblems } from '../../connectors/topic-check.ts';
import type { Migration } from '../config/defaults.ts';
import { topicSpecs } from '../kafka-topics.ts';
import { topicNameProblems } from '../preflight.ts';
import type { Problems } from './plan-problems.ts';

/** A topic as it is, or as it would be created. */
export interface TopicPlan {
  readonly topic: string;
  readonly partitions: number;
  /** Null: not known, because no broker answers. */
  readonly exists: boolean | null;
  /** Of a topic to be created; null: the broker's default. */
  readonly replicationFactor: number | null;
  /** Settings, by Kafka's names. */
  readonly config: Readonly<Record<string, string>>;
}

/** Looks at the topics; `kafka` null: no broker answers, and only the names are looked at. */
export async function lookAtTopics(
  migration: Migration,
  tables: readonly string[],
  kafka: KafkaClient | null,
  problems: Problems,
): Promise<TopicPlan[]> {
  problems.addAll(topicNameProblems(migration, tables));
  const specs = topicSpecs(migration, tables);
  const names = specs.map(({ topic }) => topic);
  const described = kafka && (await problems.attempt(null, () => describeTopics(kafka, names)));
  if (described) problems.addAll(topicProblems(specs, described));
  return specs.map((spec) =>
    topicPlan(spec, described && (described.get(spec.topic) ?? null), described !== null),
  );
}

export function topicPlan(spec: TopicSpec, found: TopicDescription | null, known: boolean): TopicPlan {
  const { topic, partitions, replicationFactor, config } = spec;
  if (!found) {
    const exists = known ? false : null;
    return { topic, partitions, exists, replicationFactor: replicationFactor ?? null, config };
  }
  const { cleanupPolicy, retentionMs, maxMessageBytes } = found.config;
  return {
    topic,
    partitions: found.partitions,
    exists: true,
    replicationFactor: null,
    config: {
      'cleanup.policy': cleanupPolicy,
      'retention.ms': String(retentionMs),
      'max.message.bytes': String(maxMessageBytes),
    },
  };
}
