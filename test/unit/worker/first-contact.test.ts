import { describe, expect, test } from 'vitest';
import { KafkaError } from '../../../connectors/kafka/errors.ts';
import { createLogger } from '../../../connectors/log.ts';
import { firstContact } from '../../../connectors/worker/first-contact.ts';
import { FakeClock } from '../dynamodb/fake-clock.ts';

/** A start beside a broker of which each try takes so long, in a time of its own. */
function start({ tryMs = 4000, upAfterMs = Number.POSITIVE_INFINITY, code = 'BROKER_UNREACHABLE' } = {}) {
  const clock = new FakeClock();
  const told: string[] = [];
  const log = createLogger({
    level: 'warn',
    format: 'json',
    destination: { write: (line) => told.push((JSON.parse(line) as { msg: string }).msg) },
  });
  const kafka = {
    connect: async () => {
      if (clock.monotonic() >= upAfterMs) return;
      await clock.advance(tryMs);
      throw new KafkaError(code, 'kafka:9092: what failed');
    },
  };
  const { signal } = new AbortController();
  const bootstrapServers = ['kafka:9092', 'other:9092'];
  return { clock, told, ended: firstContact(kafka, { bootstrapServers, clock, log, signal }) };
}

describe('a worker that finds no broker when it starts', () => {
  test('goes on as soon as there is one, and has told with each try what failed', async () => {
    const { told, ended } = start({ upAfterMs: 9000 });
    await ended;
    const line = (left: number) =>
      `no broker of bootstrap.servers (kafka:9092,other:9092) answers yet, tried for another ${left} s: BROKER_UNREACHABLE: kafka:9092: what failed`;
    expect(told).toEqual([line(56), line(52), line(48)]);
  });

  test('gives up after a minute', async () => {
    const { clock, told, ended } = start();
    await expect(ended).rejects.toMatchObject({
      code: 'KAFKA_UNREACHABLE',
      message:
        'No broker of bootstrap.servers (kafka:9092,other:9092) was reached within 60 s: BROKER_UNREACHABLE: kafka:9092: what failed',
      detail: { kafka: 'BROKER_UNREACHABLE' },
    });
    expect([clock.monotonic(), told.length]).toEqual([60_000, 14]);
  });

  test.each(['AUTHENTICATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED', 'UNSUPPORTED_VERSION'])(
    'gives up at once for %s, which no waiting mends',
    async (code) => {
      const { clock, told, ended } = start({ code });
      await expect(ended).rejects.toMatchObject({ code });
      expect([clock.monotonic(), told]).toEqual([4000, []]);
    },
  );

  test('ends at once when nobody wants it any more, whatever a try still takes', async () => {
    const stopped = new AbortController();
    const kafka = { connect: () => new Promise<void>(() => {}) };
    const log = createLogger({ level: 'silent', format: 'json', destination: { write() {} } });
    const waiting = firstContact(kafka, {
      ...{ bootstrapServers: ['kafka:9092'], clock: new FakeClock(), log },
      signal: stopped.signal,
    });
    stopped.abort(new Error('told to end'));
    await expect(waiting).rejects.toThrow('told to end');
  });
});
