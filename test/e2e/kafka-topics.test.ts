import { describe, expect, test } from 'vitest';
import { KeyedLog } from '../../connectors/kafka/keyed-log.ts';
import { PlainProducer } from '../../connectors/kafka/plain-producer.ts';
import { TransactionalProducer } from '../../connectors/kafka/producer.ts';
import { deleteTopics, describeTopics, ensureTopics, listTopics } from '../../connectors/kafka/topics.ts';
import { startKafka } from '../../local/kafka.ts';
import { uniqueName } from '../services.ts';
import { kafkaClient, newTopic, text, until } from './kafka-testing.ts';

describe('topics', () => {
  test('are created where missing, and existing ones are described and left alone', async () => {
    await using client = kafkaClient();
    const [a, b] = [uniqueName('a'), uniqueName('b')];
    const config = { 'cleanup.policy': 'compact', 'retention.ms': '-1', 'max.message.bytes': '8388608' };
    expect(await ensureTopics(client, [{ topic: a, partitions: 3, config }])).toEqual(new Map());
    const described = {
      partitions: 3,
      config: { cleanupPolicy: 'compact', retentionMs: -1, maxMessageBytes: 8388608 },
    };
    const existing = await ensureTopics(client, [
      { topic: a, partitions: 5, config: {} },
      { topic: b, partitions: 1, replicationFactor: 1, config: {} },
    ]);
    expect(existing).toEqual(new Map([[a, described]]));
    const missing = uniqueName('missing');
    const found = await describeTopics(client, [missing, a, b]);
    expect([found.get(missing), found.get(a), found.get(b)?.config.cleanupPolicy]).toEqual([
      null,
      described,
      'delete',
    ]);
    expect(await listTopics(client)).toEqual(expect.arrayContaining([a, b]));
    expect(await deleteTopics(client, [a, missing, b])).toEqual([a, b]);
    expect(await listTopics(client)).not.toEqual(expect.arrayContaining([a]));
  });

  test('are created by a broker that now and then counts as away', async () => {
    // Each heartbeat keeps it for half a second of two.
    const settings = { 'broker.session.timeout.ms': 500, 'broker.heartbeat.interval.ms': 2000 };
    await using kafka = await startKafka({ settings });
    await using client = kafkaClient(kafka.bootstrap);
    for (let i = 0; i < 4; i++) {
      await ensureTopics(client, [{ topic: `t${i}`, partitions: 1, config: {} }]);
      await new Promise((resolve) => setTimeout(resolve, 700));
    }
    expect(await listTopics(client)).toHaveLength(4);
    const spec = { topic: 'wide', partitions: 1, replicationFactor: 3, config: {} };
    await expect(ensureTopics(client, [spec])).rejects.toMatchObject({ code: 'INVALID_REPLICATION_FACTOR' });
  });

  test('with a wrong configuration are refused with what Kafka says', async () => {
    await using client = kafkaClient();
    const spec = { topic: uniqueName('t'), partitions: 1, config: { 'cleanup.policy': 'shred' } };
    await expect(ensureTopics(client, [spec])).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: /shred/,
    });
  });

  test('are not to be had from a broker that is not there, which is told within seconds', async () => {
    const startedAt = performance.now();
    await using client = kafkaClient('127.0.0.1:1');
    await expect(listTopics(client)).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE' });
    await expect(client.connect()).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE' });
    expect(performance.now() - startedAt).toBeLessThan(30_000);
  });
});

describe('a keyed log', () => {
  const compacted = { 'cleanup.policy': 'compact' };
  const record = (key: string, value: string | null) => ({
    ...text(''),
    key: Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
  });

  test('holds the newest committed value of each key, and sees to the end what was committed before', async () => {
    await using client = kafkaClient();
    const topic = await newTopic(client, 2, compacted);
    await using producer = new PlainProducer(client);
    await producer.sendAll([
      { topic, partition: 0, records: [record('a', '1'), record('b', '1'), record('a', '2')] },
      { topic, partition: 1, records: [record('c', '1'), record('c', null)] },
    ]);
    await using log = await KeyedLog.open(client, topic);
    expect(Object.fromEntries(log.entries())).toEqual({ a: '2', b: '1' });
    const changes: string[] = [];
    const unsubscribe = log.subscribe((key, value) => changes.push(`${key}=${value}`));
    await using transactions = new TransactionalProducer(client, uniqueName('tx'));
    await transactions.init();
    for (let i = 0; i < 10; i++) {
      transactions.begin();
      await transactions.send(topic, 1, [record('d', String(i))]);
      await transactions.commit();
      await log.readToEnd();
      expect(log.get('d')).toBe(String(i));
    }
    transactions.begin();
    await transactions.send(topic, 1, [record('d', 'never')]);
    await transactions.abort();
    await producer.send(topic, 0, [record('b', null)]);
    await log.readToEnd();
    expect([log.get('d'), log.get('b'), log.size]).toEqual(['9', null, 2]);
    expect(changes).toEqual([...Array.from({ length: 10 }, (_, i) => `d=${i}`), 'b=null']);
    unsubscribe();
    await producer.send(topic, 0, [record('e', '1')]);
    await until('the change arrives by itself', () => log.get('e') === '1');
    expect(changes).toHaveLength(11);
  });

  test('is not opened for a topic that does not exist', async () => {
    await using client = kafkaClient();
    await expect(KeyedLog.open(client, uniqueName('missing'))).rejects.toMatchObject({
      code: 'UNKNOWN_TOPIC_OR_PARTITION',
    });
  });
});
