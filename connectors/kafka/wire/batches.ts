import { type BatchWriter, encodeBatch, type OutRecord, recordBytesMax } from './record-batch.ts';

/** Records for one partition. */
export interface PartitionRecords {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly OutRecord[];
}

/** Most bytes of a batch before compression; a single bigger record goes alone, up to the topic's max.message.bytes. */
export const BATCH_BYTES_MAX = 1024 * 1024;
const SEQUENCES = 2 ** 31;

/** The sequence number that follows `count` records: it wraps from 2^31 − 1 to 0 (as in Java's DefaultRecordBatch). */
export function sequenceAfter(sequence: number, count: number): number {
  return (sequence + count) % SEQUENCES;
}

/** Consecutive records that make one batch. */
export interface Run {
  readonly records: readonly OutRecord[];
  /** At most so many bytes before compression. */
  readonly bytes: number;
}

/** Cuts records into runs of at most `BATCH_BYTES_MAX`, in order, each of at least one record. */
export function cutRecords(records: readonly OutRecord[]): Run[] {
  const runs: Run[] = [];
  let from = 0;
  let bytes = 0;
  for (let i = 0; i < records.length; i++) {
    const size = recordBytesMax(records[i]!);
    if (i > from && bytes + size > BATCH_BYTES_MAX) {
      runs.push({ records: records.slice(from, i), bytes });
      from = i;
      bytes = 0;
    }
    bytes += size;
  }
  if (records.length > from) runs.push({ records: from === 0 ? records : records.slice(from), bytes });
  return runs;
}

/** The next sequence number of each partition for one producer epoch. */
export class Sequences {
  readonly #next = new Map<string, number>();

  clear(): void {
    this.#next.clear();
  }

  /** Encodes a run as the partition's next batch and moves its sequence on. */
  encode(
    topic: string,
    partition: number,
    run: readonly OutRecord[],
    writer: Omit<BatchWriter, 'baseSequence'>,
  ): Buffer {
    const key = `${partition}/${topic}`;
    const baseSequence = this.#next.get(key) ?? 0;
    this.#next.set(key, sequenceAfter(baseSequence, run.length));
    return encodeBatch(run, { ...writer, baseSequence });
  }
}
