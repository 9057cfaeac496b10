import { describe, expect, test } from 'vitest';
import { beginOffsets, endOffsets, highWatermarks, offsetsForTime } from '../../connectors/kafka/offsets.ts';
import { PlainProducer } from '../../connectors/kafka/plain-producer.ts';
import { TransactionalProducer } from '../../connectors/kafka/producer.ts';
import { TopicReader } from '../../connectors/kafka/reader.ts';
import { uniqueName } from '../services.ts';
import { kafkaClient, newTopic, readUntil, text, valuesOf } from './kafka-testing.ts';

describe('a transactional producer', () => {
  test('shows what is committed, all at once, and never what is rolled back', async () => {
    await using client = kafkaClient();
    const topic = await newTopic(client, 2);
    await using producer = new TransactionalProducer(client, uniqueName('tx'));
    await producer.init();
    producer.begin();
    await producer.sendAll([
      { topic, partition: 0, records: [text('a'), text('b')] },
      { topic, partition: 1, records: [text('c')] },
    ]);
    expect(await endOffsets(client, topic)).toEqual([0, 0]);
    expect(await highWatermarks(client, topic)).toEqual([2, 1]);
    await producer.commit();
    producer.begin();
    await producer.send(topic, 0, [text('rolled back')]);
    await producer.abort();
    producer.begin();
    expect(await producer.send(topic, 0, [text('d')])).toEqual({ baseOffset: 5 });
    await producer.commit();
    // Two records, a marker, one rolled back, its marker, one record, a marker.
    expect(await endOffsets(client, topic)).toEqual([7, 2]);
    expect(valuesOf(await readUntil(client, topic, 0, 7))).toEqual(['a', 'b', 'd']);
    expect(valuesOf(await readUntil(client, topic, 1, 2))).toEqual(['c']);
  });

  test('fences an older owner with init alone, and what that left open is rolled back', async () => {
    await using client = kafkaClient();
    const topic = await newTopic(client);
    const id = uniqueName('tx');
    await using older = new TransactionalProducer(client, id);
    await older.init();
    older.begin();
    await older.send(topic, 0, [text('left open')]);
    await using newer = new TransactionalProducer(client, id);
    await newer.init();
    const fenced = { name: 'KafkaError', fenced: true, retriable: false };
    await expect(older.send(topic, 0, [text('zombie')])).rejects.toMatchObject(fenced);
    await expect(older.commit()).rejects.toMatchObject(fenced);
    await expect(older.abort()).rejects.toMatchObject(fenced);
    await expect(older.init()).rejects.toMatchObject(fenced);
    newer.begin();
    await newer.send(topic, 0, [text('newer')]);
    await newer.commit();
    const [end] = await endOffsets(client, topic);
    expect(valuesOf(await readUntil(client, topic, 0, end!))).toEqual(['newer']);
  });

  test('is fenced by the fence of its id, between transactions too', async () => {
    await using client = kafkaClient();
    const topic = await newTopic(client);
    const ids = [uniqueName('tx'), uniqueName('tx'), uniqueName('tx')];
    const producers = ids.map((id) => new TransactionalProducer(client, id));
    for (const producer of producers) await producer.init();
    await TransactionalProducer.fence(client, ids);
    for (const producer of producers) {
      producer.begin();
      await expect(producer.send(topic, 0, [text('zombie')])).rejects.toMatchObject({ fenced: true });
      await producer.close();
    }
    expect(await highWatermarks(client, topic)).toEqual([0]);
  });

  test('goes on after a failed send, once it has rolled back', async () => {
    await using client = kafkaClient();
    const topic = await newTopic(client, 1, { 'max.message.bytes': '100000' });
    await using producer = new TransactionalProducer(client, uniqueName('tx'), { codec: 'none' });
    await producer.init();
    producer.begin();
    await producer.send(topic, 0, [text('rolled back')]);
    const big = { ...text(''), value: Buffer.alloc(200_000) };
    await expect(producer.send(topic, 0, [big])).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
    await expect(producer.commit()).rejects.toMatchObject({ code: 'PRODUCER_FAILED' });
    await producer.abort();
    producer.begin();
    await producer.send(topic, 0, [text('kept')]);
    await producer.commit();
    const [end] = await endOffsets(client, topic);
    expect(valuesOf(await readUntil(client, topic, 0, end!))).toEqual(['kept']);
  });

  test('does not take its id back after a failure, when somebody newer has it', async () => {
    await using client = kafkaClient();
    const topic = await newTopic(client, 1, { 'max.message.bytes': '100000' });
    const id = uniqueName('tx');
    await using older = new TransactionalProducer(client, id, { codec: 'none' });
    await older.init();
    older.begin();
    const big = { ...text(''), value: Buffer.alloc(200_000) };
    await expect(older.send(topic, 0, [big])).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
    await using newer = new TransactionalProducer(client, id);
    await newer.init();
    await expect(older.abort()).rejects.toMatchObject({ fenced: true });
    newer.begin();
    await newer.send(topic, 0, [text('newer')]);
    await newer.commit();
  });

  test('makes tens of transactions a second and writes 8 MiB records and long batches', async () => {
    await using client = kafkaClient();
    const topic = await newTopic(client);
    await using producer = new TransactionalProducer(client, uniqueName('tx'), { codec: 'none' });
    await producer.init();
    const startedAt = performance.now();
    for (let i = 0; i < 40; i++) {
      producer.begin();
      await producer.send(topic, 0, [text(String(i))]);
      await producer.commit();
    }
    // With kafkajs's own producer, which waits 300 ms after each, it were 12 s; a busy machine is no failure.
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    producer.begin();
    await producer.send(topic, 0, [{ ...text(''), value: Buffer.alloc(8 * 1024 * 1024, 1) }]);
    await producer.send(
      topic,
      0,
      Array.from({ length: 30_000 }, (_, i) => text(`record ${i} ${'x'.repeat(100)}`)),
    );
    await producer.commit();
    const [end] = await endOffsets(client, topic);
    const records = await readUntil(client, topic, 0, end!);
    expect(records.slice(0, 40).map((record) => record.offset)).toEqual(
      Array.from({ length: 40 }, (_, i) => 2 * i),
    );
    expect(records[40]!.value).toHaveLength(8 * 1024 * 1024);
    expect(valuesOf(records.slice(41)).map((value) => value.split(' ')[1])).toEqual(
      Array.from({ length: 30_000 }, (_, i) => String(i)),
    );
  });

  test('commits an empty transaction without a request, and refuses calls out of turn', async () => {
    await using client = kafkaClient();
    await using producer = new TransactionalProducer(client, uniqueName('tx'));
    expect(() => producer.begin()).toThrow(expect.objectContaining({ code: 'PRODUCER_FAILED' }));
    await producer.init();
    producer.begin();
    await producer.commit();
    await expect(producer.commit()).rejects.toMatchObject({ code: 'PRODUCER_FAILED' });
  });
});

describe('reading', () => {
  test('gives a batch without records and moves on where only rolled-back ones were', async () => {
    await using client = kafkaClient();
    const topic = await newTopic(client);
    await using producer = new TransactionalProducer(client, uniqueName('tx'));
    await producer.init();
    producer.begin();
    await producer.send(topic, 0, [text('never')]);
    await producer.abort();
    await using reader = new TopicReader(client);
    reader.assign(topic, 0, 0);
    const seen = { nextOffset: 0, records: 0 };
    while (seen.nextOffset < 2) {
      for (const batch of await reader.fetch()) {
        seen.nextOffset = batch.nextOffset;
        seen.records += batch.records.length;
      }
    }
    expect(seen).toEqual({ nextOffset: 2, records: 0 });
    expect(reader.endOffset(topic, 0)).toBe(2);
  });

  test('never resets: an offset out of range is an error until it is sought', async () => {
    await using client = kafkaClient();
    const topic = await newTopic(client);
    await using producer = new PlainProducer(client);
    await producer.send(topic, 0, [text('a')]);
    await using reader = new TopicReader(client, { maxWaitMs: 5000 });
    reader.assign(topic, 0, 17);
    await expect(reader.fetch()).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE', retriable: false });
    await expect(reader.fetch()).rejects.toMatchObject({ code: 'OFFSET_OUT_OF_RANGE' });
    reader.seek(topic, 0, 0);
    expect(valuesOf((await reader.fetch())[0]!.records)).toEqual(['a']);
  });

  test('drops what was fetched before a seek, and holds back a paused partition', async () => {
    await using client = kafkaClient();
    const topic = await newTopic(client, 2);
    await using producer = new PlainProducer(client);
    await producer.sendAll([
      { topic, partition: 0, records: [text('a0'), text('a1'), text('a2')] },
      { topic, partition: 1, records: [text('b0')] },
    ]);
    await using reader = new TopicReader(client, { maxWaitMs: 2000 });
    reader.assign(topic, 0, 0);
    reader.assign(topic, 1, 0);
    reader.pause(topic, 1);
    const fetching = reader.fetch();
    reader.seek(topic, 0, 2);
    const batches = [...(await fetching), ...(await reader.fetch(AbortSignal.timeout(200)))];
    expect(batches.map((batch) => [batch.partition, batch.firstOffset, ...valuesOf(batch.records)])).toEqual([
      [0, 2, 'a2'],
    ]);
    reader.resume(topic, 1);
    const [resumed] = await reader.fetch();
    expect(valuesOf(resumed!.records)).toEqual(['b0']);
  });

  test('waits for a topic that does not exist yet, and finds it', async () => {
    await using client = kafkaClient();
    const existing = await newTopic(client);
    const topic = uniqueName('later');
    await using reader = new TopicReader(client, { maxWaitMs: 100 });
    reader.assign(topic, 0, 0);
    expect(await reader.fetch()).toEqual([]);
    expect(existing).not.toBe(topic);
    const { ensureTopics } = await import('../../connectors/kafka/topics.ts');
    await ensureTopics(client, [{ topic, partitions: 1, config: {} }]);
    await using producer = new PlainProducer(client);
    await producer.send(topic, 0, [text('found')]);
    let values: string[] = [];
    while (values.length === 0) values = (await reader.fetch()).flatMap((batch) => valuesOf(batch.records));
    expect(values).toEqual(['found']);
  });

  test('offsets are found by time, and are the end where nothing is that late', async () => {
    await using client = kafkaClient();
    const topic = await newTopic(client, 2);
    await using producer = new PlainProducer(client);
    const at = (timestampMs: number) => ({ ...text('x'), timestampMs });
    await producer.send(topic, 0, [at(1000), at(2000), at(3000)]);
    await producer.send(topic, 1, [at(1000)]);
    expect(await offsetsForTime(client, topic, 1500)).toEqual([1, 1]);
    expect(await beginOffsets(client, topic)).toEqual([0, 0]);
  });
});
