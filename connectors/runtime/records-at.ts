import { ConnectError } from '../errors.ts';
import type { KafkaClient } from '../kafka/client.ts';
import { TopicReader } from '../kafka/reader.ts';
import type { InRecord } from '../kafka/wire/record-decode.ts';

/** What a fetch brings is held in memory, however few of its records are wanted. */
const FETCH_BYTES_MAX = 512 << 10;

/**
 * Reads the records at some offsets of a topic partition, some at a time; what lies between is skipped where that is far.
 *
 * @param offsets rising.
 * @throws KAFKA_TOPIC_CORRUPT when a record is not there any more.
 */
export async function* recordsAt(
  kafka: KafkaClient,
  topic: string,
  partition: number,
  offsets: readonly number[],
  signal: AbortSignal,
): AsyncGenerator<readonly InRecord[]> {
  await using reader = new TopicReader(kafka, { maxBytesPerPartition: FETCH_BYTES_MAX });
  let next = 0;
  const seek = () => reader.assign(topic, partition, offsets[next]!);
  if (offsets.length > 0) seek();
  while (next < offsets.length) {
    const [batch] = await reader.fetch(signal);
    signal.throwIfAborted();
    if (batch === undefined) continue;
    const found: InRecord[] = [];
    for (const raw of batch.records) {
      if (raw.offset !== offsets[next]) continue;
      found.push(raw);
      next++;
    }
    const due = offsets[next] ?? Number.POSITIVE_INFINITY;
    if (due < batch.nextOffset) throw gone(topic, partition, due);
    if (next < offsets.length && due > batch.nextOffset) seek();
    if (found.length > 0) yield found;
  }
}

function gone(topic: string, partition: number, offset: number): ConnectError {
  return new ConnectError(
    'KAFKA_TOPIC_CORRUPT',
    `Topic ${topic} partition ${partition} has no record at offset ${offset} any more`,
    { detail: { topic, partition, offset } },
  );
}
