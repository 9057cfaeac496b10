import type { WorkerSettings } from '../config/settings.ts';
import { ConnectError } from '../errors.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { ensureTopics, type TopicSpec } from '../kafka/topics.ts';

/** Both images of a 400 KB item, with its headers. */
const MESSAGE_BYTES_MAX = 8 << 20;

/** Creates the internal topics of a worker group where they are missing; throws KAFKA_TOPIC_SETTINGS for one that cannot serve. */
export async function ensureInternalTopics(
  kafka: KafkaClient,
  topics: WorkerSettings['topics'],
): Promise<void> {
  const compacted = { 'cleanup.policy': 'compact', 'max.message.bytes': String(MESSAGE_BYTES_MAX) };
  const { configs, offsets, status, slots } = topics;
  const specs = [
    specOf(configs, compacted),
    specOf(offsets, compacted),
    specOf(status, compacted),
    specOf(slots, {}),
  ];
  const existing = await ensureTopics(kafka, specs);
  for (const { topic } of [configs, offsets, status]) {
    const found = existing.get(topic);
    if (found && found.config.cleanupPolicy !== 'compact') {
      const is = `cleanup.policy ${found.config.cleanupPolicy}`;
      throw new ConnectError('KAFKA_TOPIC_SETTINGS', `Topic ${topic} has ${is}; it must be compact`, {
        detail: { topic },
      });
    }
  }
  const partitions = existing.get(configs.topic)?.partitions ?? 1;
  if (partitions === 1) return;
  throw new ConnectError(
    'KAFKA_TOPIC_PARTITIONS',
    `Topic ${configs.topic} has ${partitions} partitions; the configurations of a group stand in one, in their order`,
    { detail: { topic: configs.topic, partitions } },
  );
}

function specOf(
  { topic, partitions, replicationFactor }: WorkerSettings['topics']['configs'],
  config: Readonly<Record<string, string>>,
): TopicSpec {
  return { topic, partitions, replicationFactor: replicationFactor ?? undefined, config };
}
