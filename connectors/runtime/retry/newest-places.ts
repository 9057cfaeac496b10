import type { Converter } from '../../connector.ts';
import { beginOffsets, endOffsets } from '../../kafka/offsets.ts';
import { TopicReader } from '../../kafka/reader.ts';
import type { InRecord } from '../../kafka/wire/record-decode.ts';
import { versionHeader } from '../dead-letters/letter.ts';
import type { LaneTopics } from '../sink/lane.ts';
import type { SinkWorld } from '../sink/sink-world.ts';

/** Where a key's newest record stands. */
export interface NewestPlace {
  readonly topic: string;
  readonly offset: number;
  readonly version: number;
}

export interface NewestSearch {
  /** Key bytes as latin1. */
  readonly keys: ReadonlySet<string>;
  /** First offset to read of the lane's part of each topic; null: nothing there can be newest. */
  readonly rowsFrom: number | null;
  readonly changesFrom: number | null;
  /** Lower versions do not count. */
  readonly versionMin: number;
}

/**
 * Finds the newest record of keys in a lane's two topics, up to where they end now.
 *
 * Rule C2: the highest version of a key is its truth, whichever topic it stands in. A key of which nothing counts is
 * left out. Memory holds a place for each key.
 */
export async function newestPlaces(
  { kafka, converter }: Pick<SinkWorld, 'kafka' | 'converter'>,
  { snapshot, changes, partition }: LaneTopics,
  { keys, rowsFrom, changesFrom, versionMin }: NewestSearch,
  signal: AbortSignal,
): Promise<Map<string, NewestPlace>> {
  const newest = new Map<string, NewestPlace>();
  const ends = new Map<string, number>();
  await using reader = new TopicReader(kafka);
  for (const [topic, wanted] of [[snapshot, rowsFrom] as const, [changes, changesFrom] as const]) {
    if (wanted === null) continue;
    const [begins, logEnds] = await Promise.all([beginOffsets(kafka, topic), endOffsets(kafka, topic)]);
    const from = Math.max(wanted, begins[partition] ?? 0);
    const end = logEnds[partition] ?? 0;
    if (from >= end) continue;
    ends.set(topic, end);
    reader.assign(topic, partition, from);
  }
  while (ends.size > 0) {
    for (const { topic, records, nextOffset } of await reader.fetch(signal)) {
      for (const raw of records) {
        // Markers have no key.
        const name = raw.key?.toString('latin1');
        if (name === undefined || !keys.has(name)) continue;
        const version = versionOf(raw, converter);
        if (version < versionMin || version < (newest.get(name)?.version ?? 0)) continue;
        newest.set(name, { topic, offset: raw.offset, version });
      }
      if (nextOffset < (ends.get(topic) ?? 0)) continue;
      ends.delete(topic);
      reader.unassign(topic, partition);
    }
    signal.throwIfAborted();
  }
  return newest;
}

/** V of a record, also of one whose value cannot be decoded; −1 where nothing tells. */
function versionOf(raw: InRecord, converter: Converter): number {
  const told = versionHeader(raw.headers);
  if (told !== null || raw.key === null || raw.value === null) return told ?? -1;
  try {
    return converter.decode({ key: raw.key, value: raw.value, timestampMs: raw.timestampMs }).version;
  } catch {
    return -1;
  }
}
