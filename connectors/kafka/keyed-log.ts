import type { KafkaClient } from './client.ts';
import { asKafkaError, KafkaError } from './errors.ts';
import { beginOffsets, endOffsets, highWatermarks } from './offsets.ts';
import { type FetchedBatch, TopicReader } from './reader.ts';
import { pause } from './retry.ts';

/** A change of one key; `value` is null when the key was deleted. */
export type KeyedLogListener = (key: string, value: string | null) => void;

interface Reading {
  readonly targets: readonly number[];
  readonly resolve: () => void;
  readonly reject: (error: KafkaError) => void;
}

const RETRY_PAUSE_MS = 500;
/** A broker answers at once when there is something: waiting long costs no change any time, and an idle worker little. */
const MAX_WAIT_MS = 5000;

/**
 * A compacted topic as a map: the newest value of each key, kept up to date in the background.
 *
 * Keys and values are UTF-8 text. All partitions are read, committed records only (Kafka Connect's KafkaBasedLog).
 */
export class KeyedLog {
  readonly topic: string;
  readonly #client: KafkaClient;
  readonly #reader: TopicReader;
  readonly #values = new Map<string, string>();
  readonly #listeners = new Set<KeyedLogListener>();
  readonly #faultListeners = new Set<(error: KafkaError) => void>();
  readonly #readings = new Set<Reading>();
  readonly #closing = new AbortController();
  /** By partition: everything below is in the map. The reader's own positions run ahead of it. */
  readonly #applied: number[];
  #fault: KafkaError | null = null;
  #tailing: Promise<void> = Promise.resolve();

  /** Reads the topic to its end, then keeps reading. Throws UNKNOWN_TOPIC_OR_PARTITION when it does not exist. */
  static async open(client: KafkaClient, topic: string): Promise<KeyedLog> {
    const begins = await beginOffsets(client, topic);
    const log = new KeyedLog(client, topic, begins);
    try {
      await log.readToEnd();
    } catch (error) {
      await log.close();
      throw error;
    }
    return log;
  }

  private constructor(client: KafkaClient, topic: string, begins: readonly number[]) {
    this.#client = client;
    this.topic = topic;
    this.#applied = [...begins];
    this.#reader = new TopicReader(client, { maxWaitMs: MAX_WAIT_MS });
    begins.forEach((offset, partition) => {
      this.#reader.assign(topic, partition, offset);
    });
    this.#tailing = this.#tail();
  }

  get size(): number {
    return this.#values.size;
  }

  /** The newest value read so far, or null. */
  get(key: string): string | null {
    return this.#values.get(key) ?? null;
  }

  /** A view, in the order in which keys first appeared since they were last deleted. */
  entries(): IterableIterator<[string, string]> {
    return this.#values.entries();
  }

  /** Calls `listener` for each later change, in log order per partition. @returns a function that ends that. */
  subscribe(listener: KeyedLogListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls `listener` when the topic cannot be read any more: from then on the map stays as it is. @returns how to hear no more. */
  onFault(listener: (error: KafkaError) => void): () => void {
    this.#faultListeners.add(listener);
    if (this.#fault) listener(this.#fault);
    return () => this.#faultListeners.delete(listener);
  }

  /** Resolves when everything committed before the call is in the map, but for what an open transaction holds back. */
  async readToEnd(): Promise<void> {
    await this.#readTo(await endOffsets(this.#client, this.topic));
  }

  /**
   * As {@link readToEnd}, and also waits for the transactions that are open now: a record that is committed behind the
   * begin of another's open transaction is not to be seen before that one ends. Rule C3: positions are read like this.
   */
  async readPastOpen(): Promise<void> {
    await this.#readTo(await highWatermarks(this.#client, this.topic));
  }

  async #readTo(targets: readonly number[]): Promise<void> {
    if (this.#fault) throw this.#fault;
    if (this.#closing.signal.aborted)
      throw new KafkaError('CLIENT_CLOSED', `the log of "${this.topic}" was closed`);
    await new Promise<void>((resolve, reject) => {
      this.#readings.add({ targets, resolve, reject });
      this.#settle();
    });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#reader.close();
    await this.#tailing;
    this.#fail(new KafkaError('CLIENT_CLOSED', `the log of "${this.topic}" was closed`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #tail(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        for (const batch of await this.#reader.fetch(signal)) this.#apply(batch);
        this.#settle();
      } catch (thrown) {
        if (signal.aborted) return;
        const error = asKafkaError(thrown);
        this.#client.log('warn', `tailing "${this.topic}" failed: ${error.message}`);
        if (!error.retriable) {
          this.#fault = error;
          this.#fail(error);
          for (const listener of this.#faultListeners) listener(error);
          return;
        }
        await pause(RETRY_PAUSE_MS, signal);
      }
    }
  }

  #apply(batch: FetchedBatch): void {
    this.#applied[batch.partition] = batch.nextOffset;
    for (const record of batch.records) {
      if (record.key === null) continue;
      const key = record.key.toString('utf8');
      const value = record.value === null ? null : record.value.toString('utf8');
      if (value === null) this.#values.delete(key);
      else this.#values.set(key, value);
      for (const listener of this.#listeners) this.#tell(listener, key, value);
    }
  }

  #tell(listener: KeyedLogListener, key: string, value: string | null): void {
    try {
      listener(key, value);
    } catch (error) {
      this.#client.log('error', `a listener of "${this.topic}" failed: ${asKafkaError(error).message}`);
    }
  }

  #settle(): void {
    for (const reading of this.#readings) {
      if (!this.#reached(reading.targets)) continue;
      this.#readings.delete(reading);
      reading.resolve();
    }
  }

  #reached(targets: readonly number[]): boolean {
    return this.#applied.every((applied, partition) => applied >= (targets[partition] ?? 0));
  }

  #fail(error: KafkaError): void {
    for (const reading of this.#readings) reading.reject(error);
    this.#readings.clear();
  }
}
