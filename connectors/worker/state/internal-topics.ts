import type { InternalTopic, WorkerSettings } from '../../config/settings.ts';
import { ConnectError } from '../../errors.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import { ensureTopics } from '../../kafka/topics.ts';
import { internalSpecs } from '../../topic-specs.ts';

/**
 * Creates the internal topics of a worker group where they are missing.
 *
 * @returns the topics with as many partitions as they have: those that exist stay as they are. Throws
 * KAFKA_TOPIC_SETTINGS or KAFKA_TOPIC_PARTITIONS for one that cannot serve.
 */
export async function ensureInternalTopics(
  kafka: KafkaClient,
  topics: WorkerSettings['topics'],
): Promise<WorkerSettings['topics']> {
  const { configs, offsets, status, slots } = topics;
  const existing = await ensureTopics(kafka, internalSpecs(topics));
  for (const { topic } of [configs, offsets, status]) {
    const found = existing.get(topic);
    if (found && found.config.cleanupPolicy !== 'compact') {
      const is = `cleanup.policy ${found.config.cleanupPolicy}`;
      throw new ConnectError('KAFKA_TOPIC_SETTINGS', `Topic ${topic} has ${is}; it must be compact`, {
        detail: { topic },
      });
    }
  }
  const asTheyAre = (topic: InternalTopic): InternalTopic => ({
    ...topic,
    partitions: existing.get(topic.topic)?.partitions ?? topic.partitions,
  });
  const { partitions } = asTheyAre(configs);
  if (partitions === 1) {
    return {
      configs,
      offsets: asTheyAre(offsets),
      status: asTheyAre(status),
      slots: asTheyAre(slots),
    };
  }
  throw new ConnectError(
    'KAFKA_TOPIC_PARTITIONS',
    `Topic ${configs.topic} has ${partitions} partitions; the configurations of a group stand in one, in their order`,
    { detail: { topic: configs.topic, partitions } },
  );
}
