import { kindOfValue } from '../../../schemas/change-codec.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import { beginOffsets } from '../../kafka/offsets.ts';
import { TopicReader } from '../../kafka/reader.ts';
import type { InRecord } from '../../kafka/wire/record-decode.ts';

/** What a fetch brings is held in memory. */
const FETCH_BYTES_MAX = 2 << 20;

/**
 * Counts what a sink would have dealt with from an offset up to another, by reading it: markers and the ends of transactions
 * have offsets too, and are no records (rule C9). What is not there any more, or not yet, is not counted.
 */
export async function passedOver(
  kafka: KafkaClient,
  { topic, partition }: { readonly topic: string; readonly partition: number },
  from: number,
  to: number,
): Promise<number> {
  if (from >= to) return 0;
  const begins = await beginOffsets(kafka, topic);
  let position = Math.max(from, begins[partition] ?? 0);
  await using reader = new TopicReader(kafka, { maxBytesPerPartition: FETCH_BYTES_MAX });
  reader.assign(topic, partition, position);
  let count = 0;
  while (position < to) {
    const [batch] = await reader.fetch();
    if (batch === undefined && position >= (reader.endOffset(topic, partition) ?? to)) break;
    if (batch === undefined) continue;
    count += batch.records.filter((record) => record.offset < to && !isMarker(record)).length;
    position = batch.nextOffset;
  }
  return count;
}

function isMarker({ key, value }: InRecord): boolean {
  try {
    return key === null && value !== null && kindOfValue(value) === 'marker';
  } catch {
    // A sink sets it aside, and counts it.
    return false;
  }
}
