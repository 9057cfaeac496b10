import type { FetchedBatch } from '../../../connectors/kafka/reader.ts';
import type { InRecord } from '../../../connectors/kafka/wire/record-decode.ts';

/** Topics of one partition, by name. */
export type Topics = Map<string, InRecord[]>;

/** So many records come with a fetch. */
const FETCHED = 3;

/** As connectors/kafka/reader.ts, over topics in memory: some records of each at a time. */
export function memoryReader(topics: Topics) {
  return class {
    readonly positions = new Map<string, number>();

    assign(topic: string, _partition: number, offset: number): void {
      this.positions.set(topic, offset);
    }

    unassign(topic: string): void {
      this.positions.delete(topic);
    }

    async fetch(): Promise<FetchedBatch[]> {
      return [...this.positions].flatMap(([topic, from]) => {
        const records = (topics.get(topic) ?? []).slice(from, from + FETCHED);
        if (records.length === 0) return [];
        const nextOffset = from + records.length;
        this.positions.set(topic, nextOffset);
        const rest = { endOffset: nextOffset, highWatermark: nextOffset, bytes: 0 };
        return [{ topic, partition: 0, records, firstOffset: from, nextOffset, ...rest }];
      });
    }

    async [Symbol.asyncDispose](): Promise<void> {}
  };
}

/** As connectors/kafka/offsets.ts. */
export function memoryOffsets(topics: Topics) {
  return {
    beginOffsets: async () => [0],
    endOffsets: async (_client: unknown, topic: string) => [topics.get(topic)?.length ?? 0],
  };
}
