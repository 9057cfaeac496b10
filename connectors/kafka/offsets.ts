import type { KafkaClient } from './client.ts';
import { throwIfFailed } from './errors.ts';

const LATEST = -1;
const EARLIEST = -2;
const READ_UNCOMMITTED = 0;
const READ_COMMITTED = 1;

/** The end for a read_committed reader, by partition: the last stable offset, which an open transaction holds back. */
export function endOffsets(client: KafkaClient, topic: string): Promise<number[]> {
  return listOffsets(client, topic, LATEST, READ_COMMITTED);
}

/** The log's end by partition, open transactions included. */
export function highWatermarks(client: KafkaClient, topic: string): Promise<number[]> {
  return listOffsets(client, topic, LATEST, READ_UNCOMMITTED);
}

/** The first offset still there, by partition. */
export function beginOffsets(client: KafkaClient, topic: string): Promise<number[]> {
  return listOffsets(client, topic, EARLIEST, READ_COMMITTED);
}

/** The first offset whose timestamp is at or after the time, by partition; the end offset where there is none. */
export async function offsetsForTime(
  client: KafkaClient,
  topic: string,
  timestampMs: number,
): Promise<number[]> {
  const found = await listOffsets(client, topic, timestampMs, READ_COMMITTED);
  if (!found.includes(-1)) return found;
  const ends = await endOffsets(client, topic);
  return found.map((offset, partition) => (offset === -1 ? ends[partition]! : offset));
}

/** How long a topic that is not there may be one that is just being created. */
const UNKNOWN_TOPIC_PATIENCE_MS = 3000;

/** Throws UNKNOWN_TOPIC_OR_PARTITION after a few seconds when the topic does not exist. */
async function listOffsets(
  client: KafkaClient,
  topic: string,
  timestamp: number,
  isolationLevel: 0 | 1,
): Promise<number[]> {
  const giveUpAt = performance.now() + UNKNOWN_TOPIC_PATIENCE_MS;
  return client.retry(() => listOnce(client, topic, timestamp, isolationLevel), {
    onRetry: (error) => {
      client.cluster.forgetTopic(topic);
      if (error.code === 'UNKNOWN_TOPIC_OR_PARTITION' && performance.now() > giveUpAt) throw error;
    },
  });
}

async function listOnce(
  client: KafkaClient,
  topic: string,
  timestamp: number,
  isolationLevel: 0 | 1,
): Promise<number[]> {
  const { cluster, links } = client;
  const byLeader = new Map<number, number[]>();
  const count = await cluster.partitionCount(links, topic);
  for (let partition = 0; partition < count; partition++) {
    const leader = await cluster.leaderOf(links, topic, partition);
    byLeader.set(leader, [...(byLeader.get(leader) ?? []), partition]);
  }
  const offsets = new Array<number>(count).fill(-1);
  const asks = [...byLeader].map(async ([leader, partitions]) => {
    const link = await cluster.linkTo(links, leader);
    const asked = partitions.map((partition) => ({ partition, timestamp: String(timestamp) }));
    const args = { replicaId: -1, isolationLevel, topics: [{ topic, partitions: asked }] };
    const answer = await link.control('ListOffsets', args, client.requestTimeoutMs);
    for (const { partition, errorCode, offset } of answer.responses.flatMap(
      (response) => response.partitions,
    )) {
      throwIfFailed(errorCode, `listing offsets of "${topic}" partition ${partition}`);
      offsets[partition] = Number(offset);
    }
  });
  await Promise.all(asks);
  return offsets;
}
