import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../connectors/clock.ts';
import { KafkaError } from '../../../connectors/kafka/errors.ts';
import type { TransactionalProducer } from '../../../connectors/kafka/producer.ts';
import { createLogger } from '../../../connectors/log.ts';
import { type Batch, type Publication, Publisher } from '../../../connectors/runtime/source/publisher.ts';

const log = createLogger({ level: 'silent', format: 'json', destination: { write() {} } });
const topics = { offsets: 'o', offsetsPartitions: 1, catalog: 'c' };

/** A producer that keeps what was committed, and fails when told to. */
class FakeProducer {
  readonly committed: string[][] = [];
  #open: string[] = [];
  /** Thrown by the next calls of a method, in order. */
  readonly failures: { at: 'sendAll' | 'commit'; error: Error }[] = [];

  async begin() {
    this.#open = [];
  }

  readonly codecs = new Map<string, string | undefined>();

  async sendAll(batches: readonly Batch[], codec?: string) {
    for (const { topic } of batches) this.codecs.set(topic, codec);
    this.#failAt('sendAll');
    this.#open.push(...batches.map(({ topic, records }) => `${topic}:${records[0]?.value}`));
    return batches.map((_, i) => 100 + i);
  }

  async commit() {
    this.#failAt('commit');
    this.committed.push(this.#open);
  }

  async abort() {
    this.#open = [];
  }

  #failAt(at: string) {
    if (this.failures[0]?.at === at) throw this.failures.shift()?.error;
  }
}

function subject() {
  const producer = new FakeProducer();
  const failed: unknown[] = [];
  const world = {
    clock: { ...systemClock, sleep: async () => {} },
    log,
    signal: new AbortController().signal,
  };
  const publisher = new Publisher(producer as unknown as TransactionalProducer, topics, world, (error) =>
    failed.push(error),
  );
  return { producer, publisher, failed };
}

const publication = (value: string, rest: Partial<Publication> = {}): Publication => ({
  batches: [
    { topic: 't', partition: 0, records: [{ key: null, value: Buffer.from(value), timestampMs: 1 }] },
  ],
  offsets: [{ key: 'p', value: `pos-${value}` }],
  catalog: [],
  bytes: 10,
  ...rest,
});

const retriable = () => new KafkaError('NOT_ENOUGH_REPLICAS', 'try again');
const fenced = () => new KafkaError('PRODUCER_FENCED', 'a newer one exists');

describe('a publication (rule C3)', () => {
  test('commits records and position together', async () => {
    const { producer, publisher } = subject();
    await publisher.publish(publication('a'));
    expect(producer.committed).toEqual([['t:a', 'o:pos-a']]);
  });

  test('leaves positions and catalog uncompressed, which clients without the codec read too', async () => {
    const { producer, publisher } = subject();
    await publisher.publish(publication('a', { catalog: [{ key: 'k', value: 'v' }] }));
    expect(Object.fromEntries(producer.codecs)).toEqual({ t: undefined, o: 'none', c: 'none' });
  });

  test('is written in the order it was handed over, several to a transaction', async () => {
    const { producer, publisher } = subject();
    await Promise.all(['a', 'b', 'c'].map((value) => publisher.publish(publication(value))));
    expect(producer.committed.flat().filter((one) => one.startsWith('t:'))).toEqual(['t:a', 't:b', 't:c']);
    expect(producer.committed.length).toBeLessThan(3);
  });

  test('may name the offsets it was given in the catalog, in the same transaction', async () => {
    const { producer, publisher } = subject();
    const catalogOf = (bases: readonly number[]) => [{ key: 'k', value: `at-${bases[0]}` }];
    expect(await publisher.publish(publication('a', { catalogOf }))).toEqual([100]);
    expect(producer.committed).toEqual([['t:a', 'o:pos-a', 'c:at-100']]);
  });

  test('is repeated as a whole after a passing failure, and stands once', async () => {
    const { producer, publisher, failed } = subject();
    producer.failures.push({ at: 'sendAll', error: retriable() }, { at: 'sendAll', error: retriable() });
    await publisher.publish(publication('a'));
    expect(producer.committed).toEqual([['t:a', 'o:pos-a']]);
    expect(failed).toEqual([]);
  });

  test('is never repeated when the outcome of its commit is unknown: the task begins anew', async () => {
    const { producer, publisher, failed } = subject();
    producer.failures.push({ at: 'commit', error: retriable() });
    await expect(publisher.publish(publication('a'))).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' });
    expect(failed).toHaveLength(1);
    await expect(publisher.publish(publication('b'))).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' });
    expect(producer.committed).toEqual([]);
  });

  test('is rejected, and all after it, once a newer owner has fenced the producer', async () => {
    const { producer, publisher, failed } = subject();
    producer.failures.push({ at: 'sendAll', error: fenced() });
    const both = await Promise.allSettled([
      publisher.publish(publication('a')),
      publisher.publish(publication('b')),
    ]);
    expect(both.map((one) => one.status)).toEqual(['rejected', 'rejected']);
    expect(failed).toMatchObject([{ code: 'KAFKA_FENCED' }]);
    expect(producer.committed).toEqual([]);
  });

  test.each([
    ['PRODUCER_FAILED', 'KAFKA_UNREACHABLE'],
    ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'KAFKA_UNREACHABLE'],
    ['MESSAGE_TOO_LARGE', 'KAFKA_REFUSED'],
    ['TOPIC_AUTHORIZATION_FAILED', 'KAFKA_REFUSED'],
  ])(
    'ends with %s as %s: a new producer mends its own state, nothing mends a refusal',
    async (kafka, code) => {
      const { producer, publisher, failed } = subject();
      producer.failures.push({ at: 'sendAll', error: new KafkaError(kafka, 'no') });
      await expect(publisher.publish(publication('a'))).rejects.toMatchObject({ code });
      expect(failed).toMatchObject([{ code }]);
    },
  );

  test('waits for room: what is queued is bounded in bytes', async () => {
    const { publisher } = subject();
    const large = publisher.publish(publication('a', { bytes: 64 << 20 }));
    let hadRoom = false;
    const room = publisher.room().then(() => (hadRoom = true));
    expect(hadRoom).toBe(false);
    await large;
    await room;
    expect(hadRoom).toBe(true);
  });
});
