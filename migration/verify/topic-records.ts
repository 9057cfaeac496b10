import type { Entry } from '../../connectors/buckets/entry.ts';
import type { Converter, Transform } from '../../connectors/connector.ts';
import { ConnectError } from '../../connectors/errors.ts';
import type { KafkaClient } from '../../connectors/kafka/client.ts';
import { type FetchedBatch, TopicReader } from '../../connectors/kafka/reader.ts';
import type { InRecord } from '../../connectors/kafka/record-decode.ts';
import { itemDigest } from '../../schemas/digest.ts';
import type { Item } from '../../schemas/item.ts';
import { expectedItem } from './transformed.ts';

/** How a table's records are read from its two topics. */
export interface TableTopics {
  readonly snapshot: string;
  readonly changes: string;
  readonly converter: Converter;
  readonly transforms: readonly Transform[];
  /** Told of each record that cannot be decoded. */
  readonly onUndecodable: (topic: string, partition: number, offset: number) => void;
}

/** A place in the topics as one number: which of the two, and the offset. The partition is that of the key (rule C4). */
export function placeOf(offset: number, isChanges: boolean): number {
  return offset * 2 + (isChanges ? 1 : 0);
}

export function offsetOfPlace(place: number): { readonly offset: number; readonly isChanges: boolean } {
  return { offset: Math.floor(place / 2), isChanges: place % 2 === 1 };
}

/** The rows and changes of a fetched batch, whose keys are wanted, as a comparison keeps them. */
export function entriesOf(
  { topic, partition, records }: FetchedBatch,
  topics: TableTopics,
  isWanted: (key: Buffer) => boolean,
  below = Number.POSITIVE_INFINITY,
): Entry[] {
  const isChanges = topic === topics.changes;
  const entries: Entry[] = [];
  for (const raw of records) {
    if (raw.offset >= below) break;
    // Markers have no key.
    if (raw.key === null || !isWanted(raw.key)) continue;
    try {
      const { item, version } = read(raw, raw.key, topics);
      const digest = item === null ? null : itemDigest(item.avro);
      entries.push({ key: raw.key, digest, version, place: placeOf(raw.offset, isChanges) });
    } catch {
      topics.onUndecodable(topic, partition, raw.offset);
    }
  }
  return entries;
}

/** Reads the item at a place again; null when it is a delete, is not there any more, or a transform fails on it. */
export async function itemAt(
  kafka: KafkaClient,
  topics: TableTopics,
  partition: number,
  place: number,
): Promise<Item | null> {
  const { offset, isChanges } = offsetOfPlace(place);
  const topic = isChanges ? topics.changes : topics.snapshot;
  await using reader = new TopicReader(kafka, { maxBytesPerPartition: 64 * 1024 });
  reader.assign(topic, partition, offset);
  for (;;) {
    const [batch] = await reader.fetch();
    if (batch === undefined) continue;
    const raw = batch.records.find((record) => record.offset === offset);
    const found = raw?.key ? read(raw, raw.key, topics) : null;
    return found?.certain ? found.item : null;
  }
}

function read(raw: InRecord, key: Buffer, { converter, transforms }: TableTopics) {
  if (raw.value === null) throw new ConnectError('RECORD_UNDECODABLE', 'A record without a value');
  const record = converter.decode({ key, value: raw.value, timestampMs: raw.timestampMs });
  const { version, after } = record;
  const { item, certain } =
    transforms.length === 0 ? { item: after, certain: true } : expectedItem(record, transforms);
  return { item, certain, version };
}
