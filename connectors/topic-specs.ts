import type { TopicSpec } from './kafka/topics.ts';
import type { TopicNames } from './topic-names.ts';

/** Both images of a 400 KB item, with its headers. */
const MESSAGE_BYTES_MAX = 8 << 20;

const large = { 'max.message.bytes': String(MESSAGE_BYTES_MAX) };
const compacted = { 'cleanup.policy': 'compact', ...large };
/** Nothing of it is ever dropped: it stands nowhere else. */
const kept = { 'cleanup.policy': 'delete', 'retention.ms': '-1', ...large };

/** Replicas of a topic; null or undefined: the broker's default. */
type Replicas = number | null | undefined;

/** An internal topic of a worker group by its name and size. */
interface Internal {
  readonly topic: string;
  readonly partitions: number;
  readonly replicationFactor: Replicas;
}

/*
 * Every topic that Messina makes, as it is created: by `migrate` and by workers alike, which may take turns with the same ones.
 */

export const catalogSpec = ({ catalog }: TopicNames, replicas: Replicas): TopicSpec =>
  spec(catalog, 1, replicas, compacted);

/** One partition, as Kafka Connect has it. */
export const deadLetterSpec = (topic: string, replicas: Replicas): TopicSpec =>
  spec(topic, 1, replicas, kept);

/** Both topics of each table. Rule C4: they have the same number of partitions. */
export const dataSpecs = (
  names: TopicNames,
  tables: readonly string[],
  partitions: number,
  replicas: Replicas,
): TopicSpec[] =>
  tables.flatMap((table) =>
    [names.snapshot(table), names.changes(table)].map((topic) => spec(topic, partitions, replicas, kept)),
  );

/** Those of a worker group. The slots hold no records: only their number counts. */
export function internalSpecs(
  topics: Readonly<Record<'configs' | 'offsets' | 'status' | 'slots', Internal>>,
): TopicSpec[] {
  const of = ({ topic, partitions, replicationFactor }: Internal, config: Readonly<Record<string, string>>) =>
    spec(topic, partitions, replicationFactor, config);
  const { configs, offsets, status, slots } = topics;
  return [of(configs, compacted), of(offsets, compacted), of(status, compacted), of(slots, {})];
}

function spec(
  topic: string,
  partitions: number,
  replicas: Replicas,
  config: Readonly<Record<string, string>>,
): TopicSpec {
  return { topic, partitions, replicationFactor: replicas ?? undefined, config };
}
