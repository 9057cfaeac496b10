import zstd from '@mongodb-js/zstd';
import kafkajs, { type KafkaMessage } from 'kafkajs';
import { compressFrameSync, decompressFrameSync } from 'lz4-napi';
import snappy from 'snappy';
import { describe, expect, inject, test } from 'vitest';
import { PlainProducer } from '../../connectors/kafka/plain-producer.ts';
import { TransactionalProducer } from '../../connectors/kafka/producer.ts';
import { partitionOf } from '../../connectors/kafka/wire/murmur2.ts';
import { uniqueName } from '../services.ts';
import { kafkaClient, newTopic, readUntil, text } from './kafka-testing.ts';

const { CompressionCodecs, CompressionTypes, Kafka, logLevel, Partitioners } = kafkajs;
CompressionCodecs[CompressionTypes.Snappy] = () => ({
  compress: async (encoder: { buffer: Buffer }) => snappy.compressSync(encoder.buffer),
  decompress: async (bytes: Buffer) => snappy.uncompressSync(bytes, { asBuffer: true }),
});
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: async (encoder: { buffer: Buffer }) => compressFrameSync(encoder.buffer),
  decompress: async (bytes: Buffer) => decompressFrameSync(bytes),
});
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async (encoder: { buffer: Buffer }) => zstd.compress(encoder.buffer),
  decompress: async (bytes: Buffer) => zstd.decompress(bytes),
});

const stock = () =>
  new Kafka({ brokers: [inject('services').kafka], clientId: 'stock', logLevel: logLevel.NOTHING });

async function stockRead(topic: string, count: number): Promise<KafkaMessage[]> {
  const consumer = stock().consumer({ groupId: uniqueName('stock'), maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const messages: KafkaMessage[] = [];
  await new Promise<void>((resolve, reject) => {
    const eachMessage = async ({ message }: { message: KafkaMessage }) => {
      messages.push(message);
      if (messages.length === count) resolve();
    };
    consumer.run({ eachMessage }).catch(reject);
  });
  await consumer.disconnect();
  return messages;
}

describe('interoperation with stock kafkajs', () => {
  test.each(['none', 'lz4'] as const)('its consumer reads what we write with %s', async (codec) => {
    await using client = kafkaClient();
    const topic = await newTopic(client);
    await using plain = new PlainProducer(client, { codec });
    await using transactional = new TransactionalProducer(client, uniqueName('tx'), { codec });
    const value = 'v'.repeat(500);
    const record = {
      ...text(value, 'k'),
      headers: [
        ['h', 'ü'],
        ['b', Buffer.from([0, 255])],
      ] as const,
    };
    await plain.send(topic, 0, [record, { key: Buffer.from('k'), value: null, timestampMs: 1 }]);
    await transactional.init();
    transactional.begin();
    await transactional.send(topic, 0, [text('never')]);
    await transactional.abort();
    transactional.begin();
    await transactional.send(topic, 0, [text('committed')]);
    await transactional.commit();
    const [first, tombstone, committed] = await stockRead(topic, 3);
    expect([String(first!.key), String(first!.value), first!.timestamp]).toEqual([
      'k',
      value,
      '1700000000000',
    ]);
    expect(first!.headers).toEqual({ h: Buffer.from('ü'), b: Buffer.from([0, 255]) });
    expect([tombstone!.value, tombstone!.timestamp]).toEqual([null, '1']);
    expect([String(committed!.value), committed!.offset]).toEqual(['committed', '4']);
  });

  test.each(['None', 'GZIP', 'Snappy', 'LZ4', 'ZSTD'] as const)(
    'we read what its producer writes with %s, in the partition that we compute',
    async (codec) => {
      await using client = kafkaClient();
      const topic = await newTopic(client, 5);
      const producer = stock().producer({ createPartitioner: Partitioners.DefaultPartitioner });
      await producer.connect();
      const messages = Array.from({ length: 20 }, (_, i) => ({
        key: `key ${i}`,
        value: `value ${i} ${'y'.repeat(200)}`,
        headers: { n: String(i) },
      }));
      await producer.send({ topic, messages, compression: CompressionTypes[codec] });
      await producer.disconnect();
      const expected = Array.from({ length: 5 }, (_, p) =>
        messages.filter((m) => partitionOf(Buffer.from(m.key), 5) === p),
      );
      for (const [partition, wanted] of expected.entries()) {
        const records = await readUntil(client, topic, partition, wanted.length);
        expect(records.map((r) => [String(r.key), String(r.value), r.headers])).toEqual(
          wanted.map((m) => [m.key, m.value, [['n', Buffer.from(m.headers.n)]]]),
        );
      }
    },
  );
});
