import { type EachBatchPayload, Kafka, type KafkaMessage, logLevel } from 'kafkajs';
import type { ReadTopicJob } from '../jobs.ts';
import type { Measured, Meter } from '../meter.ts';
import type { JsonItem } from '../shapes.ts';

/**
 * What the usual loops share: a kafkajs consumer that reads the usual loop's topic from the beginning, all partitions at
 * the same time, until the items or the seconds are up.
 *
 * @param writeAll writes messages and says how many, after each request: many partitions are under way when time is up
 */
export async function consume(
  job: ReadTopicJob,
  meter: Meter,
  writeAll: (
    messages: readonly KafkaMessage[],
    isOver: () => boolean,
    wrote: (items: number) => void,
  ) => Promise<void>,
): Promise<Measured> {
  const kafka = new Kafka({ brokers: [job.brokers], logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `${job.name}-${job.run}` });
  await consumer.connect();
  await consumer.subscribe({ topic: job.name, fromBeginning: true });
  let written = 0;
  let failure: unknown = null;
  let finish: () => void = () => {};
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const isOver = () => meter.wallMs > job.secondsMax * 1000;
  meter.begin();
  await consumer.run({
    partitionsConsumedConcurrently: job.partitions,
    eachBatch: async ({ batch }: EachBatchPayload) => {
      meter.first();
      try {
        await writeAll(batch.messages, isOver, (items) => {
          written += items;
        });
      } catch (error) {
        failure = error;
      }
      if (failure !== null || isOver() || written >= job.items) finish();
    },
  });
  await finished;
  if (failure !== null) throw failure;
  return meter.end(written, written * job.bytesPerItem);
}

export function itemIn(message: KafkaMessage): JsonItem {
  return JSON.parse(message.value?.toString() ?? '{}') as JsonItem;
}
