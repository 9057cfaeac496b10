import { systemClock } from '../../clock.ts';
import type { InternalTopic } from '../../config/settings.ts';
import { groupBy } from '../../kafka/group-by.ts';
import { TransactionalProducer } from '../../kafka/producer.ts';
import { partitionOf } from '../../kafka/wire/murmur2.ts';
import type { KeyedEntry } from '../../runtime/catalog.ts';
import { offsetKey } from '../../runtime/offset-store.ts';
import { fencedTasks } from '../../runtime/source/generation.ts';
import { isPublishedBefore } from '../../runtime/source/published-before.ts';
import type { WorkerBase } from '../base.ts';
import type { ConnectorOffset } from '../herder.ts';

/**
 * Positions of a source connector as the offsets topic holds them, by record key.
 *
 * A key that is none belongs to nobody. Of a value that is none the offset is null: no reader begins there either, until it is
 * deleted or reset.
 */
export function sourceOffsets(base: WorkerBase, connector: string): Map<string, ConnectorOffset> {
  const found = new Map<string, ConnectorOffset>();
  for (const [key, value] of base.offsets.entries()) {
    const read = offsetKey(key);
    if (read?.connector !== connector || isPublishedBefore(read.partition)) continue;
    found.set(key, { partition: read.partition, offset: offsetIn(value) });
  }
  return found;
}

function offsetIn(value: string): ConnectorOffset['offset'] {
  try {
    const offset: unknown = JSON.parse(value);
    return typeof offset === 'object' && !Array.isArray(offset)
      ? (offset as ConnectorOffset['offset'])
      : null;
  } catch {
    return null;
  }
}

/**
 * Stores positions of a source connector that is stopped.
 *
 * Rule C3: its tasks are fenced before, as many as it last ran with, so that none that sleeps writes over them.
 *
 * @param entriesNow called when nobody else stores any more, and all that was stored is known.
 */
export async function storeSourceOffsets(
  base: WorkerBase,
  topic: InternalTopic,
  group: string,
  connector: string,
  entriesNow: () => readonly KeyedEntry[],
): Promise<void> {
  const tasks = Math.max(1, fencedTasks(base.configs, connector) ?? 0);
  const ids = Array.from({ length: tasks }, (_, task) => `${group}-${connector}-${task}`);
  await TransactionalProducer.fence(base.kafka, ids);
  // What is fenced has stored its last positions.
  await base.offsets.readPastOpen();
  const records = entriesNow().map((entry) => {
    const key = Buffer.from(entry.key);
    const value = entry.value === null ? null : Buffer.from(entry.value);
    return {
      partition: partitionOf(key, topic.partitions),
      record: { key, value, timestampMs: systemClock.now() },
    };
  });
  await using producer = new TransactionalProducer(base.kafka, ids[0]!, { codec: 'none' });
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
