import { expect, test, vi } from 'vitest';
import { systemClock } from '../../../connectors/clock.ts';
import type { KafkaClient } from '../../../connectors/kafka/client.ts';
import type { KeyedLog } from '../../../connectors/kafka/keyed-log.ts';
import type { PlainProducer } from '../../../connectors/kafka/plain-producer.ts';
import type { OutRecord } from '../../../connectors/kafka/wire/record-batch.ts';
import { Generation } from '../../../connectors/runtime/source/generation.ts';

const fenced: string[] = [];
vi.mock('../../../connectors/kafka/producer.ts', () => ({
  TransactionalProducer: {
    fence: async (_client: unknown, ids: readonly string[]) => void fenced.push(...ids),
  },
}));

/** A configs topic: what was written last is read by whoever reads to its end. */
function generation() {
  const values = new Map<string, string>();
  const written: string[] = [];
  const log = {
    get: (key: string) => values.get(key) ?? null,
    readToEnd: async () => {},
    subscribe: () => () => {},
  } as unknown as KeyedLog;
  const producer = {
    send: async (_topic: string, _partition: number, [record]: readonly OutRecord[]) => {
      const [key, value] = [String(record?.key), String(record?.value)];
      written.push(`${key} ${value}`);
      values.set(key, value);
    },
  } as unknown as PlainProducer;
  const names = { topic: 'm-configs', group: 'm' };
  return { written, of: new Generation({} as KafkaClient, log, producer, names, systemClock) };
}

test('a table is in its first epoch until another one is asked for', async () => {
  const { of, written } = generation();
  expect(of.epoch('T')).toBe(1);
  await of.setEpoch('T', 2);
  expect(of.epoch('T')).toBe(2);
  expect(of.epoch('U')).toBe(1);
  expect(written).toEqual(['messina-epoch-T {"epoch":2}']);
});

test('an epoch that was asked for is never taken back', async () => {
  const { of, written } = generation();
  await of.setEpoch('T', 3);
  await of.setEpoch('T', 2);
  await of.setEpoch('T', 3);
  expect(of.epoch('T')).toBe(3);
  expect(written).toHaveLength(1);
});

test('a task of an earlier distribution that slept before it took its id is sent away (rule C3)', async () => {
  const { of } = generation();
  await of.setTasks('m-changes', 2);
  await of.fenced('m-changes', 2, 0, AbortSignal.timeout(1000));
  await of.setTasks('m-changes', 1);
  await expect(of.standing('m-changes', 2)).rejects.toMatchObject({ code: 'KAFKA_FENCED' });
  await expect(of.standing('m-changes', 1)).resolves.toBeUndefined();
});

test('a new epoch fences all tasks of the connector but the one that begins it (rule C3)', async () => {
  fenced.length = 0;
  await generation().of.fenceOthers('m-changes', 3, 0);
  expect(fenced).toEqual(['m-m-changes-1', 'm-m-changes-2']);
});
