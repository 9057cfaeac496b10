import {
  BATCH_BYTES_MAX,
  cutRecords,
  type PartitionRecords,
  type Run,
  type Sequences,
} from './wire/batches.ts';
import type { PartitionBatch } from './wire/produce-wire.ts';
import type { BatchWriter } from './wire/record-batch.ts';

/** About how many bytes before compression are sent at once over all partitions, which bounds memory and requests. */
const ROUND_BYTES_MAX = 8 * BATCH_BYTES_MAX;

interface RunOfEntry extends Run {
  readonly entry: number;
  readonly topic: string;
  readonly partition: number;
  readonly first: boolean;
}

/**
 * Sends entries as rounds of batches, each round with at most one batch per partition, and rounds one after the other,
 * so that batches of a partition arrive in order.
 *
 * @param send writes one round and gives its base offsets.
 * @returns each entry's base offset, of its first record; −1 for an entry without records.
 */
export async function sendInRounds(
  entries: readonly PartitionRecords[],
  sequences: Sequences,
  writer: Omit<BatchWriter, 'baseSequence'>,
  send: (round: readonly PartitionBatch[]) => Promise<number[]>,
): Promise<number[]> {
  const baseOffsets = new Array<number>(entries.length).fill(-1);
  let waiting: RunOfEntry[] = entries.flatMap(({ topic, partition, records }, entry) =>
    cutRecords(records).map((run, i) => ({ ...run, entry, topic, partition, first: i === 0 })),
  );
  while (waiting.length > 0) {
    const { round, rest } = nextRound(waiting);
    const batches = round.map(({ topic, partition, records }) => ({
      topic,
      partition,
      batch: sequences.encode(topic, partition, records, writer),
    }));
    const offsets = await send(batches);
    round.forEach((run, i) => {
      if (run.first) baseOffsets[run.entry] = offsets[i]!;
    });
    waiting = rest;
  }
  return baseOffsets;
}

/** The first waiting run of each partition, as many as fit, at least one. */
function nextRound(waiting: readonly RunOfEntry[]): { round: RunOfEntry[]; rest: RunOfEntry[] } {
  const taken = new Set<string>();
  const round: RunOfEntry[] = [];
  const rest: RunOfEntry[] = [];
  let bytes = 0;
  for (const run of waiting) {
    const key = `${run.partition}/${run.topic}`;
    if (taken.has(key) || (round.length > 0 && bytes + run.bytes > ROUND_BYTES_MAX)) {
      rest.push(run);
    } else {
      round.push(run);
      bytes += run.bytes;
    }
    taken.add(key);
  }
  return { round, rest };
}
