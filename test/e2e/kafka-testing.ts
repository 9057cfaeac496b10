import { inject } from 'vitest';
import { KafkaClient, type KafkaLog } from '../../connectors/kafka/client.ts';
import { TopicReader } from '../../connectors/kafka/reader.ts';
import { ensureTopics } from '../../connectors/kafka/topics.ts';
import type { OutRecord } from '../../connectors/kafka/wire/record-batch.ts';
import type { InRecord } from '../../connectors/kafka/wire/record-decode.ts';
import { uniqueName } from '../services.ts';

/** A client of the tests' shared broker, or of another. */
export function kafkaClient(bootstrap: string = inject('services').kafka, log?: KafkaLog): KafkaClient {
  return new KafkaClient({ brokers: [bootstrap], clientId: 'test', log });
}

/** A new topic that takes records of 8 MiB. */
export async function newTopic(
  client: KafkaClient,
  partitions = 1,
  config: Record<string, string> = {},
): Promise<string> {
  const topic = uniqueName('topic');
  await ensureTopics(client, [
    { topic, partitions, config: { 'max.message.bytes': String(8 * 1024 * 1024 + 1024), ...config } },
  ]);
  return topic;
}

export function text(value: string, key: string | null = null): OutRecord {
  return {
    key: key === null ? null : Buffer.from(key),
    value: Buffer.from(value),
    timestampMs: 1_700_000_000_000,
  };
}

export const valuesOf = (records: readonly InRecord[]) => records.map((record) => String(record.value));

/** Reads one partition from its begin until the position reaches `end`. */
export async function readUntil(
  client: KafkaClient,
  topic: string,
  partition: number,
  end: number,
): Promise<InRecord[]> {
  await using reader = new TopicReader(client, { maxWaitMs: 100 });
  reader.assign(topic, partition, 0);
  const records: InRecord[] = [];
  while (reader.position(topic, partition)! < end) {
    for (const batch of await reader.fetch(AbortSignal.timeout(60_000))) records.push(...batch.records);
  }
  return records;
}

/** Looks again every few milliseconds until it is so; fails after a while. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  timeoutMs = 240_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
