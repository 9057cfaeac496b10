import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Unit } from '../assignor.ts';
import { groupBy } from '../group-by.ts';
import { WireReader, WireWriter } from './wire.ts';

/**
 * Subscriptions and assignments in the form of Kafka's own consumers (ConsumerProtocolSubscription and -Assignment,
 * version 0), so that every tool can read who reads what. Units travel in the user data, as JSON, deflated: a group's
 * metadata is one record of at most 1 MiB, and ids of units are alike.
 */
export interface Subscription {
  readonly topics: readonly string[];
  /** Generation in which `owned` was assigned; −1 for none. */
  readonly generation: number;
  readonly owned: readonly string[];
  /** What the others may know of this member; null: nothing. */
  readonly about: Readonly<Record<string, unknown>> | null;
}

const VERSION = 0;

export function encodeSubscription(subscription: Subscription): Buffer {
  const { topics, generation, owned, about } = subscription;
  const writer = new WireWriter().int16(VERSION).int32(topics.length);
  for (const topic of topics) writer.string(topic);
  return Buffer.concat(writer.bytes(packed({ generation, owned, ...(about && { about }) })).parts());
}

/** A member that joined with another client's user data owns nothing that we know of. */
export function decodeSubscription(bytes: Buffer): Subscription {
  const reader = new WireReader(bytes);
  reader.int16();
  const topics = reader.array(() => reader.string());
  const userData = unpacked(reader.remaining > 0 ? reader.bytes() : Buffer.alloc(0));
  if (!isClaim(userData)) return { topics, generation: -1, owned: [], about: null };
  const { generation, owned, about = null } = userData;
  return { topics, generation, owned, about };
}

export function encodeAssignment(units: readonly Unit[]): Buffer {
  const byTopic = [
    ...groupBy(
      units.flatMap((unit) => unit.partitions),
      ({ topic }) => topic,
    ),
  ];
  const writer = new WireWriter().int16(VERSION).int32(byTopic.length);
  for (const [topic, parts] of byTopic) {
    writer.string(topic).int32(parts.length);
    for (const { partition } of parts) writer.int32(partition);
  }
  const indexOf = new Map(byTopic.map(([topic], index) => [topic, index]));
  const packedUnits = units.map(({ id, partitions }) => [
    id,
    ...partitions.flatMap((p) => [indexOf.get(p.topic)!, p.partition]),
  ]);
  return Buffer.concat(writer.bytes(packed(packedUnits)).parts());
}

/** Empty bytes, which the coordinator gives a member that the leader forgot, are no units. */
export function decodeAssignment(bytes: Buffer): Unit[] {
  if (bytes.length === 0) return [];
  const reader = new WireReader(bytes);
  reader.int16();
  const topics = reader.array(() => {
    const topic = reader.string();
    reader.array(() => reader.int32());
    return topic;
  });
  const rows = unpacked(reader.bytes());
  if (!Array.isArray(rows)) return [];
  return rows.map((row: [string, ...number[]]) => {
    const [id, ...numbers] = row;
    const partitions: { topic: string; partition: number }[] = [];
    for (let i = 0; i < numbers.length; i += 2)
      partitions.push({ topic: topics[numbers[i]!]!, partition: numbers[i + 1]! });
    return { id, partitions };
  });
}

function packed(value: unknown): Buffer {
  return deflateRawSync(JSON.stringify(value));
}

function unpacked(bytes: Buffer): unknown {
  if (bytes.length === 0) return null;
  try {
    return JSON.parse(inflateRawSync(bytes).toString('utf8'));
  } catch {
    return null;
  }
}

function isClaim(value: unknown): value is {
  generation: number;
  owned: string[];
  about?: Record<string, unknown>;
} {
  return (
    typeof value === 'object' &&
    value !== null &&
    'generation' in value &&
    'owned' in value &&
    Array.isArray(value.owned)
  );
}
