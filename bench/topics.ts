import { KafkaClient } from '../connectors/kafka/client.ts';
import { ensureTopics } from '../connectors/kafka/topics.ts';
import { partitions } from './settings.ts';

/** Creates the topic that a usual loop writes. */
export async function createTopic(brokers: string, topic: string): Promise<void> {
  await using kafka = new KafkaClient({ brokers: [brokers], clientId: 'bench' });
  await kafka.connect();
  const config = { 'max.message.bytes': String(8 << 20) };
  await ensureTopics(kafka, [{ topic, partitions, replicationFactor: 1, config }]);
}
