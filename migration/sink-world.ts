import { systemClock } from '../connectors/clock.ts';
import { avroConverter } from '../connectors/converters/avro.ts';
import type { PlainProducer } from '../connectors/kafka/plain-producer.ts';
import type { Logger } from '../connectors/log.ts';
import type { SinkWorld } from '../connectors/runtime/sink/sink-world.ts';
import { StatusWriter } from '../connectors/runtime/status-log.ts';
import { internalTopics } from '../connectors/topic-names.ts';
import type { Migration } from './config/defaults.ts';
import { internalPartitions } from './kafka-topics.ts';
import type { TopicsView } from './topics-view.ts';

/** What the sink tasks of this process share. @param producer writes dead letters and status. */
export function sinkWorld(
  migration: Migration,
  view: TopicsView,
  producer: PlainProducer,
  log: Logger,
): SinkWorld {
  const { status } = internalTopics(migration.name);
  return {
    kafka: view.kafka,
    group: migration.name,
    topics: view.names,
    partitions: migration.kafka.partitions,
    converter: avroConverter,
    catalog: view.catalog,
    status: new StatusWriter(producer, status, internalPartitions.status, systemClock, view.status),
    deadLetters: producer,
    clock: systemClock,
    log,
  };
}
