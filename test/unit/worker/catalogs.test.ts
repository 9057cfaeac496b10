import { beforeEach, expect, test, vi } from 'vitest';
import type { KafkaClient } from '../../../connectors/kafka/client.ts';
import { Catalogs } from '../../../connectors/worker/catalogs.ts';

const opened = vi.hoisted((): { isClosed: boolean; fail(): void }[] => []);
vi.mock('../../../connectors/kafka/topics.ts', () => ({ listTopics: async () => ['m.catalog'] }));
vi.mock('../../../connectors/kafka/keyed-log.ts', () => ({
  KeyedLog: {
    open: async () => {
      const log = { isClosed: false, fail: () => {}, subscribe: () => () => {}, entries: () => [].values() };
      opened.push(log);
      return Object.assign(log, {
        onFault: (listener: () => void) => {
          log.fail = listener;
        },
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
  opened[0]?.fail();
  await catalogs.hold('m.catalog');
  expect(opened).toHaveLength(2);
});

test('a catalog whose topic is not there yet is none', async () => {
  await using catalogs = new Catalogs({} as KafkaClient);
  expect(await catalogs.hold('n.catalog')).toBeNull();
});
