import type { Entry } from '../../connectors/buckets/entry.ts';
import type { KafkaClient } from '../../connectors/kafka/client.ts';
import { beginOffsets, endOffsets } from '../../connectors/kafka/offsets.ts';
import { TopicReader } from '../../connectors/kafka/reader.ts';
import { entriesOf, type TableTopics } from './topic-records.ts';

/** By topic, the offset of each partition. */
export type Offsets = ReadonlyMap<string, readonly number[]>;

export async function beginsOf(kafka: KafkaClient, topics: TableTopics): Promise<Offsets> {
  return offsetsOf(topics, (topic) => beginOffsets(kafka, topic));
}

/** The ends now, for who reads only what is committed. */
export async function endsOf(kafka: KafkaClient, topics: TableTopics): Promise<Offsets> {
  return offsetsOf(topics, (topic) => endOffsets(kafka, topic));
}

/** What stands in a table's two topics from some offsets to others, as it comes. */
export async function* entriesBetween(
  kafka: KafkaClient,
  topics: TableTopics,
  range: { readonly from: Offsets; readonly to: Offsets },
  isWanted: (key: Buffer) => boolean,
  signal: AbortSignal,
): AsyncGenerator<readonly Entry[], void, undefined> {
  await using reader = new TopicReader(kafka);
  let open = 0;
  for (const [topic, ends] of range.to) {
    ends.forEach((end, partition) => {
      const from = range.from.get(topic)?.[partition] ?? 0;
      if (from >= end) return;
      reader.assign(topic, partition, from);
      open += 1;
    });
  }
  while (open > 0) {
    const batches = await reader.fetch(signal);
    signal.throwIfAborted();
    for (const batch of batches) {
      const end = range.to.get(batch.topic)?.[batch.partition] ?? 0;
      if (batch.nextOffset >= end) {
        reader.unassign(batch.topic, batch.partition);
        open -= 1;
      }
      const entries = entriesOf(batch, topics, isWanted, end);
      if (entries.length > 0) yield entries;
    }
  }
}

async function offsetsOf(
  { snapshot, changes }: TableTopics,
  of: (topic: string) => Promise<number[]>,
): Promise<Offsets> {
  return new Map(
    await Promise.all([snapshot, changes].map(async (topic) => [topic, await of(topic)] as const)),
  );
}
