import type { Problem } from '../connectors/connector.ts';
import { ConnectError } from '../connectors/errors.ts';
import type { TopicDescription, TopicSpec } from '../connectors/kafka/topics.ts';
import { internalTopics } from '../connectors/topic-names.ts';
import type { Migration } from './config/defaults.ts';
import { topicsOf } from './config/names.ts';

/** Both images of a 400 KB item, with its headers. */
const MESSAGE_BYTES_MAX = 8 << 20;

/** Partition counts of the internal topics; Kafka Connect's defaults, where it has them. */
export const internalPartitions = { configs: 1, offsets: 25, status: 5, slots: 24 } as const;

const large = { 'max.message.bytes': String(MESSAGE_BYTES_MAX) };
const kept = { 'cleanup.policy': 'delete', 'retention.ms': '-1', ...large };
const compacted = { 'cleanup.policy': 'compact', ...large };

/** Every topic that a migration needs, as it is created. */
export function topicSpecs(migration: Migration, tables: readonly string[]): TopicSpec[] {
  const names = topicsOf(migration);
  const internal = internalTopics(migration.name);
  const { partitions, replicationFactor } = migration.kafka;
  const spec = (topic: string, count: number, config: Record<string, string>): TopicSpec => ({
    topic,
    partitions: count,
    replicationFactor,
    config,
  });
  return [
    spec(names.catalog, 1, compacted),
    spec(internal.configs, internalPartitions.configs, compacted),
    spec(internal.offsets, internalPartitions.offsets, compacted),
    spec(internal.status, internalPartitions.status, compacted),
    spec(internal.slots, internalPartitions.slots, large),
    spec(names.deadLetters, 1, kept),
    ...tables.flatMap((table) => [
      spec(names.snapshot(table), partitions, kept),
      spec(names.changes(table), partitions, kept),
    ]),
  ];
}

/** What is wrong with topics that exist already. */
export function topicProblems(
  specs: readonly TopicSpec[],
  existing: ReadonlyMap<string, TopicDescription | null>,
): Problem[] {
  return specs.flatMap((spec) => {
    const found = existing.get(spec.topic);
    const error = found && topicProblem(spec, found);
    return error ? [{ table: null, error }] : [];
  });
}

function topicProblem(spec: TopicSpec, found: TopicDescription): ConnectError | null {
  const { topic } = spec;
  if (found.partitions !== spec.partitions) {
    return new ConnectError(
      'KAFKA_TOPIC_PARTITIONS',
      `Topic ${topic} has ${found.partitions} partitions; the migration needs ${spec.partitions}`,
      { detail: { topic, partitions: found.partitions } },
    );
  }
  const needed = Number(spec.config['max.message.bytes'] ?? 0);
  if (found.config.maxMessageBytes < needed) {
    return settingProblem(topic, 'max.message.bytes', found.config.maxMessageBytes, `at least ${needed}`);
  }
  const { cleanupPolicy, retentionMs } = found.config;
  if (spec.config['retention.ms'] === '-1' && cleanupPolicy.includes('delete') && retentionMs !== -1) {
    return settingProblem(topic, 'retention.ms', retentionMs, '-1, or its records are dropped');
  }
  if (spec.config['cleanup.policy'] === 'compact' && cleanupPolicy !== 'compact') {
    return settingProblem(topic, 'cleanup.policy', cleanupPolicy, 'compact');
  }
  return null;
}

function settingProblem(topic: string, setting: string, is: string | number, needed: string): ConnectError {
  return new ConnectError(
    'KAFKA_TOPIC_SETTINGS',
    `Topic ${topic} has ${setting} ${is}; it must be ${needed}`,
    {
      detail: { topic, setting },
    },
  );
}
