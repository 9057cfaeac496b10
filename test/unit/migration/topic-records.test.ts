import { expect, test, vi } from 'vitest';
import type { KafkaClient } from '../../../connectors/kafka/client.ts';
import { expectedAt, placeOf, type TableTopics } from '../../../migration/verify/topic-records.ts';

/** Brokers are away: nothing comes, however long somebody waits. */
vi.mock('../../../connectors/kafka/reader.ts', () => ({
  TopicReader: class {
    assign() {}
    fetch = () => new Promise<[]>((resolve) => setImmediate(() => resolve([])));
    async [Symbol.asyncDispose]() {}
  },
}));

test('a record that cannot be read again for now does not keep an interrupt waiting', async () => {
  const stop = new AbortController();
  const topics = { snapshot: 'rows', changes: 'changes' } as TableTopics;
  const reading = expectedAt({} as KafkaClient, topics, 0, placeOf(7, true), stop.signal);
  stop.abort(new Error('interrupted'));
  await expect(reading).rejects.toThrow('interrupted');
}, 5000);
