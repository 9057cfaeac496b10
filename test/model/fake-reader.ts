import type { KafkaClient } from '../../connectors/kafka/client.ts';
import { KafkaError } from '../../connectors/kafka/errors.ts';
import type { FetchedBatch } from '../../connectors/kafka/reader.ts';
import { isOff } from './naive.ts';
import { type Site, siteOf } from './site.ts';

interface Position {
  readonly topic: string;
  readonly partition: number;
  offset: number;
  paused: boolean;
}

/** A fetch of a topic where nothing happens takes this long: longer than Kafka's, to have fewer events. */
const WAIT_MS = 10_000;
const BYTES_OF_RECORD = 300_000;

/** As connectors/kafka/reader.ts, over the model's broker; a batch is one to some records. */
export class TopicReader {
  readonly #site: Site;
  readonly #positions = new Map<string, Position>();
  #wake: () => void = () => {};
  #closed = false;

  constructor(client: KafkaClient) {
    this.#site = siteOf(client);
  }

  assign(topic: string, partition: number, offset: number): void {
    this.#positions.set(`${partition}/${topic}`, { topic, partition, offset, paused: false });
    this.#wake();
  }

  unassign(topic: string, partition: number): void {
    this.#positions.delete(`${partition}/${topic}`);
  }

  pause(topic: string, partition: number): void {
    this.#position(topic, partition).paused = true;
  }

  resume(topic: string, partition: number): void {
    this.#position(topic, partition).paused = false;
    this.#wake();
  }

  async fetch(signal?: AbortSignal): Promise<FetchedBatch[]> {
    const { time, process } = this.#site;
    const untilMs = time.nowMs + WAIT_MS;
    for (let hasWaited = false; ; ) {
      if (this.#closed) throw new KafkaError('CLIENT_CLOSED', 'the reader was closed');
      const wanted = [...this.#positions.values()].filter((position) => !position.paused);
      if (wanted.some((position) => this.#has(position))) {
        const isSlow = isOff('C3.after') && wanted.some(({ topic }) => topic.endsWith('-offsets'));
        const serve = () => wanted.map((position) => this.#batch(position));
        // The answer to a fetch that waited comes when there is something: no other question goes before it.
        const found = hasWaited && !isSlow ? serve() : await time.ask(process, serve, isSlow ? 4000 : 16);
        hasWaited = false;
        const batches = found.flatMap((batch, i) => this.#take(wanted[i]!, batch));
        if (batches.length > 0) return batches;
      } else if (time.nowMs >= untilMs || signal?.aborted) return [];
      else {
        await this.#something(wanted, untilMs, signal);
        hasWaited = true;
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #position(topic: string, partition: number): Position {
    const found = this.#positions.get(`${partition}/${topic}`);
    if (!found) throw new KafkaError('NOT_ASSIGNED', `${topic}/${partition}`);
    return found;
  }

  #has({ topic, partition, offset }: Position): boolean {
    return this.#site.broker.end(topic, partition) > offset;
  }

  #batch({ topic, partition, offset }: Position): FetchedBatch {
    const { broker, time } = this.#site;
    // Internal topics are read as far as they go: what comes in one answer is no matter there.
    const most =
      topic.endsWith('.snapshot') || topic.endsWith('.changes') ? time.random.pick([1, 2, 4, 12]) : 500;
    const { records, next } = broker.read(topic, partition, offset, most);
    const end = broker.end(topic, partition);
    const bytes = records.length * BYTES_OF_RECORD;
    return {
      topic,
      partition,
      records,
      firstOffset: offset,
      nextOffset: next,
      endOffset: end,
      highWatermark: end,
      bytes,
    };
  }

  /** What was sought or unassigned meanwhile is dropped; what was paused is fetched again. */
  #take(position: Position, batch: FetchedBatch): FetchedBatch[] {
    const { topic, partition } = position;
    if (this.#positions.get(`${partition}/${topic}`) !== position || position.paused) return [];
    if (batch.nextOffset === batch.firstOffset) return [];
    position.offset = batch.nextOffset;
    return [batch];
  }

  #something(wanted: readonly Position[], untilMs: number, signal: AbortSignal | undefined): Promise<void> {
    const { time, process, broker } = this.#site;
    return new Promise((resolve) => {
      const away = wanted.map(({ topic }) =>
        broker.wait(topic, () => time.at(time.random.between(0, 16), process, end)),
      );
      const timer = time.at(untilMs - time.nowMs, process, () => end());
      const end = () => {
        timer.cancelled = true;
        for (const take of away) take();
        signal?.removeEventListener('abort', end);
        resolve();
      };
      this.#wake = end;
      signal?.addEventListener('abort', end, { once: true });
    });
  }
}
