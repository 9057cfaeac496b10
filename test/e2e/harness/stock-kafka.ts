import kafkajs, { type Admin, type KafkaMessage } from 'kafkajs';
import { compressFrameSync, decompressFrameSync } from 'lz4-napi';
import { uniqueName } from '../../services.ts';

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs;

CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: async (encoder: { buffer: Buffer }) => compressFrameSync(encoder.buffer),
  decompress: async (bytes: Buffer) => decompressFrameSync(bytes),
});

/** After this long without a record a topic's end is taken for reached: the last offsets may be control records. */
const quietMs = 700;

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

/** Every committed record of a topic, read by the stock consumer. */
export async function recordsOf(bootstrap: string, topic: string): Promise<KafkaMessage[]> {
  const offsets = await withAdmin(bootstrap, (admin) => admin.fetchTopicOffsets(topic));
  if (offsets.every(({ low, high }) => low === high)) return [];
  const consumer = stock(bootstrap).consumer({ groupId: uniqueName('stock'), maxWaitTimeInMs: 50 });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    const messages: KafkaMessage[] = [];
    await new Promise<void>((resolve, reject) => {
      let quiet = setTimeout(resolve, 10 * quietMs);
      const eachMessage = async ({ message }: { message: KafkaMessage }) => {
        messages.push(message);
        clearTimeout(quiet);
        quiet = setTimeout(resolve, quietMs);
      };
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
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
