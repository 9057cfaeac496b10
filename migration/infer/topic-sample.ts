import { avroConverter } from '../../connectors/converters/avro.ts';
import { asConnectError } from '../../connectors/errors.ts';
import type { KafkaClient } from '../../connectors/kafka/client.ts';
import { beginOffsets, endOffsets } from '../../connectors/kafka/offsets.ts';
import { type FetchedBatch, TopicReader } from '../../connectors/kafka/reader.ts';
import { describeTopics } from '../../connectors/kafka/topics.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import { evenShares } from './shares.ts';

/** What records are read into. */
export interface RecordSample {
  /** Records that could not be decoded. */
  failed: number;
  add(record: ChangeRecord): void;
}

/** What is read of one topic partition: offsets from `from` to below `end`. */
interface Range {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly end: number;
}

const FETCH_BYTES_MAX = 4 * 1024 * 1024;
const PARTITION_BYTES_MAX = 1024 * 1024;

/**
 * Reads the newest records of some topics into a sample, spread over all partitions; a topic that is not there is left out.
 *
 * @param recordsMax offsets that are read: markers and ends of transactions count, so fewer items may come.
 */
export async function sampleTopics(
  kafka: KafkaClient,
  topics: readonly string[],
  recordsMax: number,
  sample: RecordSample,
  signal: AbortSignal,
): Promise<void> {
  const ranges = await newestRanges(kafka, topics, recordsMax);
  const open = new Map(ranges.map((range) => [placeOf(range), range]));
  await using reader = new TopicReader(kafka, {
    maxBytes: FETCH_BYTES_MAX,
    maxBytesPerPartition: PARTITION_BYTES_MAX,
  });
  for (const { topic, partition, from } of ranges) reader.assign(topic, partition, from);
  while (open.size > 0) {
    const batches = await reader.fetch(signal);
    signal.throwIfAborted();
    for (const batch of batches) {
      const range = open.get(placeOf(batch));
      if (range === undefined) continue;
      addRecords(batch, range.end, sample);
      if (batch.nextOffset < range.end) continue;
      open.delete(placeOf(range));
      reader.unassign(range.topic, range.partition);
    }
  }
}

const placeOf = ({ topic, partition }: Pick<Range, 'topic' | 'partition'>) => `${topic}/${partition}`;

async function newestRanges(
  kafka: KafkaClient,
  topics: readonly string[],
  recordsMax: number,
): Promise<Range[]> {
  const described = await describeTopics(kafka, topics);
  const whole = await Promise.all(
    topics
      .filter((topic) => described.get(topic))
      .map(async (topic) => {
        const [begins, ends] = await Promise.all([beginOffsets(kafka, topic), endOffsets(kafka, topic)]);
        return ends.map((end, partition) => ({ topic, partition, from: begins[partition] ?? 0, end }));
      }),
  );
  const ranges = whole.flat();
  const shares = evenShares(
    ranges.map(({ from, end }) => end - from),
    recordsMax,
  );
  return ranges.flatMap((range, i) => {
    const share = shares[i] ?? 0;
    return share === 0 ? [] : [{ ...range, from: range.end - share }];
  });
}

function addRecords({ records }: FetchedBatch, end: number, sample: RecordSample): void {
  for (const { offset, key, value, timestampMs } of records) {
    if (offset >= end) break;
    // Markers have no key.
    if (key === null || value === null) continue;
    try {
      sample.add(avroConverter.decode({ key, value, timestampMs }));
    } catch (thrown) {
      if (asConnectError(thrown).code !== 'RECORD_UNDECODABLE') throw thrown;
      sample.failed++;
    }
  }
}
