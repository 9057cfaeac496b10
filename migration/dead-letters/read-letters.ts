import type { KafkaClient } from '../../connectors/kafka/client.ts';
import { beginOffsets, endOffsets } from '../../connectors/kafka/offsets.ts';
import { TopicReader } from '../../connectors/kafka/reader.ts';
import { describeTopics } from '../../connectors/kafka/topics.ts';
import { type Letter, readLetter } from '../../connectors/runtime/dead-letters/letter.ts';
import type { LettersRead } from '../../connectors/runtime/retry/settled-letters.ts';

const FETCH_BYTES_MAX = 4 << 20;

/** The dead-letter topic up to where it ends now; null: there is no such topic, so nothing was ever set aside. */
export async function lettersUntilNow(kafka: KafkaClient, topic: string): Promise<LettersRead | null> {
  if (!(await describeTopics(kafka, [topic])).get(topic)) return null;
  const [end = 0] = await endOffsets(kafka, topic);
  return { topic, end };
}

/** All letters, in their order, some at a time. Connectors write to partition 0. */
export async function* readLetters(
  kafka: KafkaClient,
  { topic, end }: LettersRead,
  signal: AbortSignal,
): AsyncGenerator<readonly Letter[]> {
  const [begin = 0] = await beginOffsets(kafka, topic);
  if (begin >= end) return;
  await using reader = new TopicReader(kafka, { maxBytesPerPartition: FETCH_BYTES_MAX });
  reader.assign(topic, 0, begin);
  for (let next = begin; next < end; ) {
    const [batch] = await reader.fetch(signal);
    signal.throwIfAborted();
    if (batch === undefined) continue;
    next = batch.nextOffset;
    yield batch.records.filter(({ offset }) => offset < end).map(readLetter);
  }
}
