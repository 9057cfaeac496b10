import type { Entry } from '../../connectors/buckets/entry.ts';
import type { Converter, Transform } from '../../connectors/connector.ts';
import { ConnectError } from '../../connectors/errors.ts';
import type { KafkaClient } from '../../connectors/kafka/client.ts';
import { type FetchedBatch, TopicReader } from '../../connectors/kafka/reader.ts';
import type { InRecord } from '../../connectors/kafka/wire/record-decode.ts';
import type { ExpectedPlace, RowSpace } from './row-space.ts';
import { expectedBefore, expectedItem } from './transformed.ts';

/** How a table's records are read from its two topics. */
export interface TableTopics {
  readonly snapshot: string;
  readonly changes: string;
  readonly converter: Converter;
  readonly transforms: readonly Transform[];
  readonly space: RowSpace;
  /** Records of a lower V do not count. */
  readonly versionMin: number;
  /** Told of each record that cannot be decoded. */
  readonly onUndecodable: (topic: string, partition: number, offset: number) => void;
}

/** A place in the topics as one number: which of the two, and the offset. The partition is that of the key (rule C4). */
export function placeOf(offset: number, isChanges: boolean): number {
  return offset * 2 + (isChanges ? 1 : 0);
}

function offsetOfPlace(place: number): { readonly offset: number; readonly isChanges: boolean } {
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
      const { version, now, left } = read(raw, raw.key, topics);
      if (version < topics.versionMin) continue;
      const place = placeOf(raw.offset, isChanges);
      if (left !== null) entries.push({ key: left, digest: null, version, place });
      if (now !== null) entries.push({ key: now.key, digest: now.digest, version, place });
    } catch {
      topics.onUndecodable(topic, partition, raw.offset);
    }
  }
  return entries;
}

/** Reads again what the record at a place says that the target should hold; null: no row, or it is not there any more. */
export async function expectedAt(
  kafka: KafkaClient,
  topics: TableTopics,
  partition: number,
  place: number,
  signal: AbortSignal,
): Promise<ExpectedPlace | null> {
  const { offset, isChanges } = offsetOfPlace(place);
  const topic = isChanges ? topics.changes : topics.snapshot;
  await using reader = new TopicReader(kafka, { maxBytesPerPartition: 64 * 1024 });
  reader.assign(topic, partition, offset);
  for (;;) {
    const [batch] = await reader.fetch(signal);
    signal.throwIfAborted();
    if (batch === undefined) continue;
    const raw = batch.records.find((record) => record.offset === offset);
    return raw?.key ? read(raw, raw.key, topics).now : null;
  }
}

interface Said {
  readonly version: number;
  /** What there should be now; null: no row, and no place tells so. */
  readonly now: ExpectedPlace | null;
  /** Where rows move: a place that the item has left; null: none is known. */
  readonly left: Buffer | null;
}

function read(raw: InRecord, key: Buffer, { converter, transforms, space }: TableTopics): Said {
  if (raw.value === null) throw new ConnectError('RECORD_UNDECODABLE', 'A record without a value');
  const record = converter.decode({ key, value: raw.value, timestampMs: raw.timestampMs });
  const { version, after } = record;
  const now = space.expected(
    key,
    transforms.length === 0 ? { item: after, certain: true } : expectedItem(record, transforms),
  );
  if (!space.moves || record.before === null) return { version, now, left: null };
  const before = space.expected(key, expectedBefore(record, transforms));
  const left = before === null || now?.key.equals(before.key) ? null : before.key;
  return { version, now, left };
}
