import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../connectors/clock.ts';
import { ConnectError } from '../../../connectors/errors.ts';
import { KafkaError } from '../../../connectors/kafka/errors.ts';
import type { PlainProducer } from '../../../connectors/kafka/plain-producer.ts';
import type { OutRecord } from '../../../connectors/kafka/record-batch.ts';
import { createLogger } from '../../../connectors/log.ts';
import { retrying } from '../../../connectors/runtime/backoff.ts';
import { DeadLetters } from '../../../connectors/runtime/dead-letters.ts';

const from = { topic: 'dead', connector: 'm-alternator', task: 1, pluginName: 'AlternatorSink' };
const letter = (offset: number, code: 'RECORD_REFUSED' | 'RECORD_TOO_LARGE' = 'RECORD_REFUSED') => ({
  raw: {
    offset,
    timestampMs: 17,
    key: Buffer.from('k'),
    value: Buffer.from('v'),
    headers: [['messina.op', Buffer.from('u')] as const],
  },
  error: new ConnectError(code, 'refused'),
  stage: 'TASK_PUT' as const,
});

function producer(fails = false) {
  const sent: OutRecord[] = [];
  const send = async (_topic: string, _partition: number, records: readonly OutRecord[]) => {
    if (fails) throw new Error('topic gone');
    sent.push(...records);
    return { baseOffset: 0 };
  };
  return { sent, producer: { send } as unknown as PlainProducer };
}

describe('a bad record', () => {
  test('is thrown, with its place, when none is tolerated', async () => {
    const { producer: to, sent } = producer();
    const letters = new DeadLetters(to, from, 'none');
    await expect(letters.add('t.changes', 3, [letter(17)])).rejects.toMatchObject({
      code: 'RECORD_REFUSED',
      detail: { topic: 't.changes', partition: 3, offset: 17 },
    });
    expect(sent).toEqual([]);
  });

  test('is set aside with its original bytes and the headers of Kafka Connect', async () => {
    const { producer: to, sent } = producer();
    await new DeadLetters(to, from, 'all').add('t.changes', 3, [letter(17)]);
    const [record] = sent;
    expect(record).toMatchObject({ key: Buffer.from('k'), value: Buffer.from('v'), timestampMs: 17 });
    const headers = Object.fromEntries(record?.headers ?? []);
    expect(headers).toMatchObject({
      'messina.op': Buffer.from('u'),
      '__connect.errors.topic': 't.changes',
      '__connect.errors.partition': '3',
      '__connect.errors.offset': '17',
      '__connect.errors.connector.name': 'm-alternator',
      '__connect.errors.task.id': '1',
      '__connect.errors.stage': 'TASK_PUT',
      '__connect.errors.class.name': 'AlternatorSink',
      '__connect.errors.exception.class.name': 'RECORD_REFUSED',
      '__connect.errors.exception.message': 'refused',
    });
  });

  test('halts when it cannot be set aside (rule C8)', async () => {
    const letters = new DeadLetters(producer(true).producer, from, 'all');
    await expect(letters.add('t', 0, [letter(1)])).rejects.toMatchObject({ code: 'DEAD_LETTER_FAILED' });
  });

  test('after 99 equal ones in a row is a broken configuration', async () => {
    const { producer: to } = producer();
    const letters = new DeadLetters(to, from, 'all');
    for (let i = 0; i < 99; i++) await letters.add('t', 0, [letter(i)]);
    await expect(letters.add('t', 0, [letter(99)])).rejects.toMatchObject({ code: 'DEAD_LETTER_FLOOD' });
  });

  test('is no flood while others are written, or fail otherwise', async () => {
    const letters = new DeadLetters(producer().producer, from, 'all');
    for (let i = 0; i < 300; i++) {
      await letters.add('t', 0, [letter(i, i % 2 ? 'RECORD_REFUSED' : 'RECORD_TOO_LARGE')]);
    }
    for (let i = 0; i < 300; i++) {
      await letters.add('t', 0, [letter(i)]);
      letters.succeeded();
    }
  });

  test('is sent again when the broker is away, and counts as one failure', async () => {
    let left = 150;
    const send = async () => {
      if (left-- > 0) throw new KafkaError('NOT_ENOUGH_REPLICAS', 'away');
      return { baseOffset: 0 };
    };
    const letters = new DeadLetters({ send } as unknown as PlainProducer, from, 'all');
    const world = {
      clock: { ...systemClock, sleep: async () => {} },
      log: createLogger({ level: 'silent', format: 'json', destination: { write() {} } }),
      signal: new AbortController().signal,
    };
    const repeated = (step: () => Promise<void>) => retrying(step, world);
    await letters.add('t.changes', 3, [letter(17)], repeated);
    expect(left).toBe(-1);
  });

  test('halts its table when its topic refuses it', async () => {
    const send = () => Promise.reject(new KafkaError('MESSAGE_TOO_LARGE', 'too large'));
    const letters = new DeadLetters({ send } as unknown as PlainProducer, from, 'all');
    await expect(letters.add('t.changes', 3, [letter(17)])).rejects.toMatchObject({
      code: 'DEAD_LETTER_FAILED',
      remedy: 'halt',
    });
  });
});
