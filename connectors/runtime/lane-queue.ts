import type { FetchedBatch } from '../kafka/reader.ts';

/** Batches of one topic partition that wait for their turn; bounded in bytes by whoever offers. */
export class LaneQueue {
  #batches: FetchedBatch[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
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
