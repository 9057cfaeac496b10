import kafkajs, { type Admin, type KafkaMessage } from 'kafkajs';
import { compressFrameSync, decompressFrameSync } from 'lz4-napi';
import { uniqueName } from '../../services.ts';

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs;

CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: async (encoder: { buffer: Buffer }) => compressFrameSync(encoder.buffer),
  decompress: async (bytes: Buffer) => decompressFrameSync(bytes),
});

const PATIENCE_MS = 120_000;

const stock = (bootstrap: string) =>
  new Kafka({ brokers: [bootstrap], clientId: 'stock', logLevel: logLevel.NOTHING });

/** Runs a step with a stock admin client. */
export async function withAdmin<T>(bootstrap: string, step: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = stock(bootstrap).admin();
  await admin.connect();
  try {
    return await step(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Every committed record of a topic, read by the stock consumer to the end that it has now. */
export async function recordsOf(bootstrap: string, topic: string): Promise<KafkaMessage[]> {
  const offsets = await withAdmin(bootstrap, (admin) => admin.fetchTopicOffsets(topic));
  const filled = offsets.filter(({ low, high }) => low !== high);
  const ends = new Map(filled.map(({ partition, high }) => [partition, Number(high)]));
  if (ends.size === 0) return [];
  const consumer = stock(bootstrap).consumer({ groupId: uniqueName('stock'), maxWaitTimeInMs: 50 });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    const messages: KafkaMessage[] = [];
    await new Promise<void>((resolve, reject) => {
      const inVain = () => reject(new Error(`waited ${PATIENCE_MS} ms in vain for the end of ${topic}`));
      const patience = setTimeout(inVain, PATIENCE_MS).unref();
      // Also of what holds no record for readers: the last offsets may be markers of transactions.
      consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) => {
        if (Number(lastOffset) + 1 >= (ends.get(partition) ?? 0)) ends.delete(partition);
        if (ends.size > 0) return;
        clearTimeout(patience);
        resolve();
      });
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      const eachMessage = async ({ message }: { message: KafkaMessage }) => void messages.push(message);
      consumer.run({ eachMessage }).catch(reject);
    });
    return messages;
  } finally {
    await consumer.disconnect();
  }
}

/** Writes a record with the stock producer, as somebody else would; null deletes the key. */
export async function writeRecord(
  bootstrap: string,
  topic: string,
  record: { readonly key: string; readonly value: string | null },
): Promise<void> {
  const producer = stock(bootstrap).producer();
  await producer.connect();
  try {
    await producer.send({ topic, messages: [record] });
  } finally {
    await producer.disconnect();
  }
}
