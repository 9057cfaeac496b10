import { avroConverter } from '../connectors/converters/avro.ts';
import { ConnectError } from '../connectors/errors.ts';
import type { KafkaClient } from '../connectors/kafka/client.ts';
import { beginOffsets, endOffsets, offsetsForTime } from '../connectors/kafka/offsets.ts';
import { type FetchedBatch, TopicReader } from '../connectors/kafka/reader.ts';
import { describeTopics } from '../connectors/kafka/topics.ts';
import type { Logger } from '../connectors/log.ts';
import type { Migration } from './config/defaults.ts';
import { connectKafka } from './kafka-client.ts';
import { topicLine } from './topic-line.ts';
import { openTopics } from './topics-view.ts';

/** Where reading begins; at an offset only that partition is read. */
export type TopicFrom =
  | { readonly at: 'earliest' }
  | { readonly at: 'time'; readonly timeMs: number }
  | { readonly at: 'offset'; readonly partition: number; readonly offset: bigint };

export interface TopicRequest {
  readonly topic: string;
  readonly from: TopicFrom;
  /** Most lines; null: all. */
  readonly recordsMax: number | null;
  /** Goes on at the end, until `signal` aborts; else reading ends at the offsets that are the ends when it begins. */
  readonly follow: boolean;
  readonly arnOf: (snapshot: string) => string | null;
  readonly signal: AbortSignal;
}

export interface ReadTopicOptions extends Omit<TopicRequest, 'topic' | 'arnOf'> {
  readonly table: string;
  readonly kind: 'snapshot' | 'changes';
  readonly log: Logger;
}

const FETCH_BYTES_MAX = 4 * 1024 * 1024;

/** The work of `messina topic`: one of a table's topics as JSON lines. Throws NOT_MIGRATED where it does not exist. */
export async function* readTopic(
  migration: Migration,
  options: ReadTopicOptions,
): AsyncGenerator<readonly Buffer[]> {
  const { table, kind, log, ...request } = options;
  await using kafka = await connectKafka(migration, log);
  await using view = await openTopics(migration, kafka);
  const topic = view.names[kind](table);
  if (!(await describeTopics(kafka, [topic])).get(topic)) {
    throw new ConnectError('NOT_MIGRATED', `Topic ${topic} does not exist`, { detail: { topic } });
  }
  const arnOf = (snapshot: string) => view.catalog.snapshot(table, snapshot)?.facts.arn ?? null;
  yield* topicLines(kafka, { ...request, topic, arnOf });
}

/**
 * A topic as JSON lines, some at a time, each with its line end.
 *
 * Partitions come interleaved, as they arrive; within one the order is that of its offsets. An abort ends it.
 */
export async function* topicLines(
  kafka: KafkaClient,
  request: TopicRequest,
): AsyncGenerator<readonly Buffer[]> {
  const { topic, follow, arnOf, signal } = request;
  const open = await rangesOf(kafka, request);
  let left = request.recordsMax ?? Number.POSITIVE_INFINITY;
  await using reader = new TopicReader(kafka, { maxBytes: FETCH_BYTES_MAX, maxBytesPerPartition: 1 << 20 });
  for (const [partition, { from }] of open) reader.assign(topic, partition, from);
  while (open.size > 0 && left > 0 && !signal.aborted) {
    for (const batch of await reader.fetch(signal)) {
      const range = open.get(batch.partition);
      if (range === undefined || left <= 0) continue;
      const lines = linesOf(batch, follow ? null : range.end, left, arnOf);
      left -= lines.length;
      if (!follow && batch.nextOffset >= range.end) {
        open.delete(batch.partition);
        reader.unassign(topic, batch.partition);
      }
      if (lines.length > 0) yield lines;
    }
  }
}

function linesOf(
  { partition, records }: FetchedBatch,
  end: number | null,
  most: number,
  arnOf: (snapshot: string) => string | null,
): Buffer[] {
  const lines: Buffer[] = [];
  for (const record of records) {
    if (lines.length >= most || (end !== null && record.offset >= end)) break;
    lines.push(topicLine(partition, record, { converter: avroConverter, arnOf }));
  }
  return lines;
}

interface Range {
  readonly from: number;
  readonly end: number;
}

/** What is to be read of each partition; without `follow` empty ranges are left out. */
async function rangesOf(kafka: KafkaClient, request: TopicRequest): Promise<Map<number, Range>> {
  const { topic, from, follow } = request;
  const begins = await beginOffsets(kafka, topic);
  const ends = await endOffsets(kafka, topic);
  const starts = from.at === 'time' ? await offsetsForTime(kafka, topic, from.timeMs) : begins;
  const ranges = new Map<number, Range>();
  starts.forEach((start, partition) => {
    if (from.at === 'offset' && from.partition !== partition) return;
    const end = ends[partition] ?? 0;
    const asked = from.at === 'offset' ? Number(from.offset) : start;
    // An offset that retention has dropped, or that nothing has yet, is no error: reading begins where it can.
    const first = Math.min(Math.max(asked, begins[partition] ?? 0), Math.max(end, begins[partition] ?? 0));
    if (follow || first < end) ranges.set(partition, { from: first, end });
  });
  return ranges;
}
