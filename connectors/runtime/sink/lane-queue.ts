import type { FetchedBatch } from '../../kafka/reader.ts';

/** Batches of one topic partition that wait for their turn; bounded in bytes by whoever offers. */
export class LaneQueue {
  #batches: FetchedBatch[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Timestamp of the first record that waits, ms; null: none does. */
  get oldestMs(): number | null {
    for (const { records } of this.#batches) if (records[0]) return records[0].timestampMs;
    return null;
  }

  push(batch: FetchedBatch): void {
    this.#batches.push(batch);
    this.#bytes += batch.bytes;
  }

  shift(): FetchedBatch | undefined {
    const batch = this.#batches.shift();
    if (batch) this.#bytes -= batch.bytes;
    return batch;
  }

  clear(): void {
    this.#batches = [];
    this.#bytes = 0;
  }
}
