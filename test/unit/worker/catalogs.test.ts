import { beforeEach, expect, test, vi } from 'vitest';
import type { KafkaClient } from '../../../connectors/kafka/client.ts';
import { KafkaError } from '../../../connectors/kafka/errors.ts';
import { Catalogs } from '../../../connectors/worker/catalogs.ts';

const opened = vi.hoisted((): { isClosed: boolean; fail(error: KafkaError): void }[] => []);
vi.mock('../../../connectors/kafka/topics.ts', () => ({ listTopics: async () => ['m.catalog'] }));
vi.mock('../../../connectors/kafka/keyed-log.ts', () => ({
  KeyedLog: {
    open: async () => {
      const listeners: ((error: KafkaError) => void)[] = [];
      const fail = (error: KafkaError) => {
        for (const listener of listeners) listener(error);
      };
      const log = { isClosed: false, fail, subscribe: () => () => {}, entries: () => [].values() };
      opened.push(log);
      return Object.assign(log, {
        onFault: (listener: (error: KafkaError) => void) => listeners.push(listener),
        close: async () => {
          log.isClosed = true;
        },
      });
    },
  },
}));

beforeEach(() => {
  opened.length = 0;
});

test('a catalog is read once for all who hold it, and closed when nobody does', async () => {
  await using catalogs = new Catalogs({} as KafkaClient);
  const one = await catalogs.hold('m.catalog');
  const two = await catalogs.hold('m.catalog');
  expect(two?.catalog).toBe(one?.catalog);
  await one?.[Symbol.asyncDispose]();
  await one?.[Symbol.asyncDispose]();
  expect(opened.map(({ isClosed }) => isClosed)).toEqual([false]);
  await two?.[Symbol.asyncDispose]();
  expect(opened.map(({ isClosed }) => isClosed)).toEqual([true]);
  const later = await catalogs.hold('m.catalog');
  expect(opened).toHaveLength(2);
  expect(later?.catalog).not.toBe(one?.catalog);
});

test('a catalog that cannot be read any more is read anew by whoever comes next', async () => {
  await using catalogs = new Catalogs({} as KafkaClient);
  await catalogs.hold('m.catalog');
  opened[0]?.fail(new KafkaError('OFFSET_OUT_OF_RANGE', 'gone'));
  await catalogs.hold('m.catalog');
  expect(opened).toHaveLength(2);
});

test('who holds a catalog that cannot be read any more hears of it', async () => {
  await using catalogs = new Catalogs({} as KafkaClient);
  const held = await catalogs.hold('m.catalog');
  const heard: unknown[] = [];
  held?.onFault((error) => heard.push(error.message));
  opened[0]?.fail(new KafkaError('TOPIC_AUTHORIZATION_FAILED', 'no'));
  expect(heard).toEqual([expect.stringContaining('TOPIC_AUTHORIZATION_FAILED')]);
});

test('a catalog whose topic is not there yet is none', async () => {
  await using catalogs = new Catalogs({} as KafkaClient);
  expect(await catalogs.hold('n.catalog')).toBeNull();
});
