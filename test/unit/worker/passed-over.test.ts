import { beforeEach, expect, test, vi } from 'vitest';
import type { KafkaClient } from '../../../connectors/kafka/client.ts';
import type { FetchedBatch } from '../../../connectors/kafka/reader.ts';
import { passedOver } from '../../../connectors/worker/offsets/passed-over.ts';
import { encodeMarker } from '../../../schemas/change-codec.ts';

/** Kinds by offset; a dash is the end of a transaction, which is no record. Fetched three at a time. */
const topic = vi.hoisted(() => ({ log: '', begin: 0, values: new Map<string, Buffer>() }));

vi.mock('../../../connectors/kafka/offsets.ts', () => ({ beginOffsets: async () => [0, topic.begin] }));
vi.mock('../../../connectors/kafka/reader.ts', () => ({
  TopicReader: class {
    #position = -1;
    assign(_topic: string, _partition: number, offset: number) {
      if (offset < topic.begin) throw new Error('OFFSET_OUT_OF_RANGE');
      this.#position = offset;
    }
    endOffset() {
      return topic.log.length;
    }
    async fetch(): Promise<Partial<FetchedBatch>[]> {
      const from = this.#position;
      const kinds = [...topic.log.slice(from, from + 3)];
      if (kinds.length === 0) return [];
      this.#position = from + kinds.length;
      const records = kinds.flatMap((kind, i) => {
        const value = topic.values.get(kind) ?? Buffer.from('a change');
        const key = kind === 'c' ? Buffer.from('k') : null;
        return kind === '-' ? [] : [{ offset: from + i, key, value, timestampMs: 0, headers: [] }];
      });
      return [{ records: records as unknown as FetchedBatch['records'], nextOffset: this.#position }];
    }
    async [Symbol.asyncDispose]() {}
  },
}));

const marker = { snapshot: 's', rank: 0, version: 1, exportMs: 1, kind: 'begin' as const };
beforeEach(() => {
  const bytes = encodeMarker({ ...marker, changesOffset: 0, rows: null });
  Object.assign(topic, { log: 'm-ccc-cc-?c-m-', begin: 0, values: new Map([['m', bytes]]) });
});
const count = (from: number, to: number) =>
  passedOver({} as KafkaClient, { topic: 't', partition: 1 }, from, to);

test.each([
  [0, 14, 7],
  [0, 3, 1],
  [3, 7, 3],
  [5, 6, 0],
  [12, 14, 0],
  [4, 4, 0],
  [7, 2, 0],
])(
  'from %i to %i there are %i records, of markers and ends of transactions none',
  async (from, to, records) => {
    expect(await count(from, to)).toBe(records);
  },
);

test('a record that is none of ours counts, as it is set aside', async () => {
  expect(await count(9, 10)).toBe(1);
});

test('what is not there any more, or not yet, is not counted', async () => {
  topic.begin = 4;
  expect(await count(0, 1_000_000)).toBe(5);
});
