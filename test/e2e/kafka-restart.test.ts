import { expect, test } from 'vitest';
import { unitPerPartition } from '../../connectors/kafka/assignor.ts';
import { fetchCommitted } from '../../connectors/kafka/committed.ts';
import { GroupMember } from '../../connectors/kafka/group.ts';
import { KeyedLog } from '../../connectors/kafka/keyed-log.ts';
import { endOffsets, highWatermarks } from '../../connectors/kafka/offsets.ts';
import { PlainProducer } from '../../connectors/kafka/plain-producer.ts';
import { TransactionalProducer } from '../../connectors/kafka/producer.ts';
import { TopicReader } from '../../connectors/kafka/reader.ts';
import { startKafka } from '../../local/kafka.ts';
import { kafkaClient, newTopic, readUntil, text, until, valuesOf } from './kafka-testing.ts';

test.each(['restarted', 'killed and started again'])(
  'a broker that is %s loses and repeats nothing, for producers, readers and members alike',
  async (how) => {
    await using kafka = await startKafka();
    await using client = kafkaClient(kafka.bootstrap);
    const topic = await newTopic(client, 2);
    await using transactional = new TransactionalProducer(client, 'tx');
    await using plain = new PlainProducer(client);
    await transactional.init();
    await using log = await KeyedLog.open(client, topic);
    const events: string[] = [];
    await using member = new GroupMember(client, {
      groupId: 'group',
      topics: [topic],
      unitsOf: unitPerPartition,
      sessionTimeoutMs: 30_000,
      heartbeatIntervalMs: 200,
      onAssigned: () => void events.push('assigned'),
      onRevoke: () => void events.push('revoke'),
      onLost: () => void events.push('lost'),
    });
    await member.start();
    await using reader = new TopicReader(client, { maxWaitMs: 200 });
    reader.assign(topic, 0, 0);
    const read: string[] = [];
    const sent: string[] = [];
    let stopping = false;
    const writing = (async () => {
      for (let i = 0; !stopping; i++) {
        transactional.begin();
        await transactional.send(topic, 0, [text(`${i}a`), text(`${i}b`)]);
        await transactional.commit();
        await plain.send(topic, 1, [text(String(i), 'newest')]);
        sent.push(`${i}a`, `${i}b`);
      }
    })();
    // To the last record of all, whose transaction may still be open when it is looked at.
    let written = false;
    const isRead = async () => reader.position(topic, 0)! >= (await highWatermarks(client, topic))[0]!;
    const reading = (async () => {
      while (!written || !(await isRead())) {
        for (const batch of await reader.fetch()) {
          read.push(...valuesOf(batch.records));
          const entry = { topic, partition: 0, offset: batch.nextOffset, metadata: String(read.length) };
          await member.commit([entry]);
        }
      }
    })();
    const before = async (count: number) => until(`${count} more are sent`, () => sent.length > count);
    await before(40);
    if (how !== 'restarted') await kafka.kill();
    await kafka.restart();
    await before(sent.length + 40);
    stopping = true;
    await Promise.all([writing.finally(() => (written = true)), reading]);
    expect(read).toEqual(sent);
    const [end, endOfPlain] = await endOffsets(client, topic);
    expect(valuesOf(await readUntil(client, topic, 0, end!))).toEqual(sent);
    const plainValues = valuesOf(await readUntil(client, topic, 1, endOfPlain!));
    expect(plainValues).toEqual(plainValues.map((_, i) => String(i)));
    expect(plainValues).toHaveLength(sent.length / 2);
    await log.readToEnd();
    expect(log.get('newest')).toBe(plainValues.at(-1));
    expect((await fetchCommitted(client, 'group', [topic])).get(topic)?.get(0)).toEqual({
      offset: end,
      metadata: String(read.length),
    });
    expect(events).toEqual(['assigned']);
    await until('heartbeats are answered again', () => member.leaseValid(25_000));
  },
);
