import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../connectors/clock.ts';
import { ConnectError } from '../../../connectors/errors.ts';
import type { KafkaClient } from '../../../connectors/kafka/client.ts';
import { KafkaError } from '../../../connectors/kafka/errors.ts';
import type { PlainProducer } from '../../../connectors/kafka/plain-producer.ts';
import type { OutRecord } from '../../../connectors/kafka/wire/record-batch.ts';
import { createLogger } from '../../../connectors/log.ts';
import { retrying } from '../../../connectors/runtime/backoff.ts';
import { DeadLetterTopic } from '../../../connectors/runtime/dead-letters/dead-letter-topic.ts';
import { type DeadLetter, DeadLetters } from '../../../connectors/runtime/dead-letters/dead-letters.ts';
import { FailureRuns } from '../../../connectors/runtime/failure-runs.ts';

const from = { topic: 'dead', connector: 'm-alternator', task: 1, pluginName: 'AlternatorSink' };
const place = { table: 'Music', topic: 't.changes', partition: 3 };
const clock = { ...systemClock, now: () => Date.UTC(2026, 10, 21), sleep: async () => {} };
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
  by: null,
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

const lettersTo = (to: PlainProducer, tolerance: 'none' | 'all' = 'all') =>
  new DeadLetters(to, from, tolerance, clock);
/** Adds letters that nothing was written between. */
const add = (letters: DeadLetters, ...some: readonly DeadLetter[]) =>
  letters.add(
    place,
    some,
    some.map(({ error }) => error),
  );

describe('a bad record', () => {
  test('is thrown, with its place, when none is tolerated', async () => {
    const { producer: to, sent } = producer();
    await expect(add(lettersTo(to, 'none'), letter(17))).rejects.toMatchObject({
      code: 'RECORD_REFUSED',
      detail: { topic: 't.changes', partition: 3, offset: 17 },
    });
    expect(sent).toEqual([]);
  });

  test('is set aside with its original bytes and the headers of Kafka Connect', async () => {
    const { producer: to, sent } = producer();
    await add(lettersTo(to), letter(17));
    const [record] = sent;
    expect(record).toMatchObject({ key: Buffer.from('k'), value: Buffer.from('v'), timestampMs: 17 });
    const headers = Object.fromEntries(record?.headers ?? []);
    expect(headers).toMatchObject({
      'messina.op': Buffer.from('u'),
      'messina.table': 'Music',
      'messina.set_aside': '2026-11-21T00:00:00.000Z',
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

  test('names the converter or transform that failed, where one did', async () => {
    const { producer: to, sent } = producer();
    const failed = { ...letter(1), stage: 'TRANSFORMATION' as const, by: 'Cast$Value' };
    await add(lettersTo(to), failed);
    expect(Object.fromEntries(sent[0]?.headers ?? [])).toMatchObject({
      '__connect.errors.stage': 'TRANSFORMATION',
      '__connect.errors.class.name': 'Cast$Value',
    });
  });

  test('is the original record and no more where context headers are not wanted', async () => {
    const { producer: to, sent } = producer();
    await add(new DeadLetters(to, from, 'all', clock, { contextHeaders: false }), letter(17));
    expect(sent).toEqual([
      {
        key: Buffer.from('k'),
        value: Buffer.from('v'),
        timestampMs: 17,
        headers: [['messina.op', Buffer.from('u')]],
      },
    ]);
  });

  test('is heard of once it is durable, by its place', async () => {
    const { producer: to, sent } = producer();
    const heard: unknown[] = [];
    const log = { add: (one: unknown) => heard.push(sent.length, one) };
    await add(new DeadLetters(to, from, 'all', clock, { log }), letter(17));
    const at = { topic: 't.changes', partition: 3, offset: 17 };
    expect(heard).toEqual([
      1,
      expect.objectContaining({
        table: 'Music',
        stage: 'TASK_PUT',
        by: 'AlternatorSink',
        place: at,
        timestampMs: 17,
      }),
    ]);
    const failing = new DeadLetters(producer(true).producer, from, 'all', clock, { log });
    await add(failing, letter(18)).catch(() => {});
    expect(heard).toHaveLength(2);
  });

  test('has its topic made before the first letter, once; what cannot be made halts', async () => {
    const { producer: to, sent } = producer();
    const made: unknown[] = [];
    const topic = new DeadLetterTopic(
      {} as KafkaClient,
      { topic: 'dead', replicationFactor: 3 },
      async (_, specs) => {
        made.push(sent.length, ...specs);
      },
    );
    const letters = new DeadLetters(to, from, 'all', clock, { there: () => topic.there() });
    await add(letters, letter(17));
    await add(letters, letter(18));
    expect(made).toEqual([
      0,
      expect.objectContaining({ topic: 'dead', partitions: 1, replicationFactor: 3 }),
    ]);
    const refused = new DeadLetterTopic({} as KafkaClient, { topic: 'dead', replicationFactor: 99 }, () =>
      Promise.reject(new KafkaError('INVALID_REPLICATION_FACTOR', 'one broker')),
    );
    const without = new DeadLetters(to, from, 'all', clock, { there: () => refused.there() });
    await expect(add(without, letter(19))).rejects.toMatchObject({
      code: 'DEAD_LETTER_FAILED',
      message: expect.stringContaining('one broker'),
    });
  });

  test('has its topic asked for again when the broker was away', async () => {
    let left = 2;
    const topic = new DeadLetterTopic(
      {} as KafkaClient,
      { topic: 'dead', replicationFactor: null },
      async () => {
        if (left-- > 0) throw new KafkaError('BROKER_UNREACHABLE', 'away');
      },
    );
    await expect(topic.there()).rejects.toMatchObject({ remedy: 'retry' });
    await expect(topic.there()).rejects.toMatchObject({ remedy: 'retry' });
    await topic.there();
    await topic.there();
    expect(left).toBe(-1);
  });

  test('halts when it cannot be set aside (rule C8)', async () => {
    const letters = lettersTo(producer(true).producer);
    await expect(add(letters, letter(1))).rejects.toMatchObject({ code: 'DEAD_LETTER_FAILED' });
  });

  test('is sent again when the broker is away, and counts as one failure', async () => {
    let left = 150;
    const send = async () => {
      if (left-- > 0) throw new KafkaError('NOT_ENOUGH_REPLICAS', 'away');
      return { baseOffset: 0 };
    };
    const log = createLogger({ level: 'silent', format: 'json', destination: { write() {} } });
    const world = { clock, log, signal: new AbortController().signal };
    const repeated = (step: () => Promise<void>) => retrying(step, world);
    const one = letter(17);
    await lettersTo({ send } as unknown as PlainProducer).add(place, [one], [one.error], repeated);
    expect(left).toBe(-1);
  });

  test('halts its table when its topic refuses it', async () => {
    const send = () => Promise.reject(new KafkaError('MESSAGE_TOO_LARGE', 'too large'));
    const letters = lettersTo({ send } as unknown as PlainProducer);
    await expect(add(letters, letter(17))).rejects.toMatchObject({
      code: 'DEAD_LETTER_FAILED',
      remedy: 'halt',
    });
  });

  test('is the last of a hundred equal ones: nothing of that batch is set aside, and the table halts', async () => {
    const { producer: to, sent } = producer();
    const letters = lettersTo(to);
    for (let i = 0; i < 99; i++) await add(letters, letter(i));
    await expect(add(letters, letter(99))).rejects.toMatchObject({ code: 'DEAD_LETTER_FLOOD' });
    expect(sent).toHaveLength(99);
  });
});

describe('a run of failures', () => {
  const refused = new ConnectError('RECORD_REFUSED', 'too long', { detail: { column: 'a' } });
  const tooLarge = new ConnectError('RECORD_TOO_LARGE', 'too large');
  const times = <T>(count: number, of: (i: number) => T): T[] =>
    Array.from({ length: count }, (_, i) => of(i));

  test('is a flood when a hundred equal ones follow each other; its error says what the last one was', () => {
    const runs = new FailureRuns();
    runs.observe(
      'A',
      times(99, () => refused),
    );
    expect(() => runs.observe('A', [refused])).toThrow(
      expect.objectContaining({
        code: 'DEAD_LETTER_FLOOD',
        message: '100 records in a row failed with RECORD_REFUSED; the last: too long',
        detail: { table: 'A', column: 'a' },
      }),
    );
  });

  test('is none while some fail otherwise', () => {
    const runs = new FailureRuns();
    runs.observe(
      'A',
      times(300, (i) => (i % 2 ? refused : tooLarge)),
    );
  });

  test('is none where records between them are written, however many of a batch fail', () => {
    const runs = new FailureRuns();
    runs.observe(
      'A',
      times(900, (i) => (i % 3 ? refused : null)),
    );
    for (let i = 0; i < 300; i++) {
      runs.observe('A', [refused]);
      runs.succeeded('A');
    }
  });

  test('is counted for each table by itself: a table that is well does not hide one that is not', () => {
    const runs = new FailureRuns();
    expect(() => {
      for (let i = 0; i < 100; i++) {
        runs.observe('A', [refused]);
        runs.succeeded('B');
      }
    }).toThrow('100 records in a row');
  });

  test('is as long as it may be where records are known to be bad', () => {
    new FailureRuns(Number.POSITIVE_INFINITY).observe(
      'A',
      times(1000, () => refused),
    );
  });
});
