import { systemClock } from '../clock.ts';
import type { InternalTopic } from '../config/settings.ts';
import { groupBy } from '../kafka/group-by.ts';
import { partitionOf } from '../kafka/murmur2.ts';
import { TransactionalProducer } from '../kafka/producer.ts';
import { fencedTasks } from '../runtime/generation.ts';
import type { WorkerBase } from './base.ts';
import type { ConnectorOffset } from './herder.ts';

type Flat = Readonly<Record<string, unknown>>;

/** Positions of a source connector as the offsets topic holds them, by record key. */
export function sourceOffsets(base: WorkerBase, connector: string): Map<string, ConnectorOffset> {
  const found = new Map<string, ConnectorOffset>();
  for (const [key, value] of base.offsets.entries()) {
    const [owner, partition] = JSON.parse(key) as [string, Flat];
    if (owner === connector) found.set(key, { partition, offset: JSON.parse(value) as Flat });
  }
  return found;
}

/**
 * Stores positions of a source connector that is stopped; null deletes one.
 *
 * Rule C3: its tasks are fenced before, as many as it last ran with, so that none that sleeps writes over them.
 */
export async function storeSourceOffsets(
  base: WorkerBase,
  topic: InternalTopic,
  group: string,
  connector: string,
  offsets: readonly ConnectorOffset[],
): Promise<void> {
  const tasks = Math.max(1, fencedTasks(base.configs, connector) ?? 0);
  const ids = Array.from({ length: tasks }, (_, task) => `${group}-${connector}-${task}`);
  await TransactionalProducer.fence(base.kafka, ids);
  const records = offsets.map(({ partition, offset }) => {
    const key = Buffer.from(JSON.stringify([connector, partition]));
    const value = offset === null ? null : Buffer.from(JSON.stringify(offset));
    return {
      partition: partitionOf(key, topic.partitions),
      record: { key, value, timestampMs: systemClock.now() },
    };
  });
  await using producer = new TransactionalProducer(base.kafka, ids[0]!);
  await producer.init();
  await producer.begin();
  for (const [partition, ofPartition] of groupBy(records, (one) => one.partition)) {
    await producer.send(
      topic.topic,
      partition,
      ofPartition.map(({ record }) => record),
    );
  }
  await producer.commit();
  await base.offsets.readPastOpen();
}
