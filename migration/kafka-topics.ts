import type { TopicSpec } from '../connectors/kafka/topics.ts';
import { internalTopics } from '../connectors/topic-names.ts';
import { catalogSpec, dataSpecs, deadLetterSpec, internalSpecs } from '../connectors/topic-specs.ts';
import type { Migration } from './config/defaults.ts';
import { topicsOf } from './config/names.ts';

/** Partition counts of the internal topics; Kafka Connect's defaults, where it has them. */
export const internalPartitions = { configs: 1, offsets: 25, status: 5, slots: 24 } as const;

/** Every topic that a migration needs, as it is created. */
export function topicSpecs(migration: Migration, tables: readonly string[]): TopicSpec[] {
  const names = topicsOf(migration);
  const internal = internalTopics(migration.name);
  const { partitions, replicationFactor } = migration.kafka;
  const sized = (kind: keyof typeof internalPartitions) => ({
    topic: internal[kind],
    partitions: internalPartitions[kind],
    replicationFactor,
  });
  return [
    catalogSpec(names, replicationFactor),
    ...internalSpecs({
      configs: sized('configs'),
      offsets: sized('offsets'),
      status: sized('status'),
      slots: sized('slots'),
    }),
    deadLetterSpec(names.deadLetters, replicationFactor),
    ...dataSpecs(names, tables, partitions, replicationFactor),
  ];
}
