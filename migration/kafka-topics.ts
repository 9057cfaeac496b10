import type { TopicSpec } from '../connectors/kafka/topics.ts';
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
