import { KafkaError } from '../../../connectors/kafka/errors.ts';
import type { KeyedLog, KeyedLogListener } from '../../../connectors/kafka/keyed-log.ts';

interface Entry {
  readonly key: string;
  readonly value: string | null;
  readonly transaction: { state: 'open' | 'committed' | 'aborted' } | null;
}

/** A topic of one partition with one transactional id, as everybody who reads or writes it sees it. */
export class SharedLog {
  readonly entries: Entry[] = [];
  /** How often somebody took the id. */
  epoch = 0;
  #open: { state: 'open' | 'committed' | 'aborted' } | null = null;
  /** Between a request's arrival, its work and its answer others may come. */
  turn: () => Promise<void> = () => Promise.resolve();

  write(key: string, value: object | string | null): void {
    const text = value === null || typeof value === 'string' ? value : JSON.stringify(value);
    this.entries.push({ key, value: text, transaction: null });
  }

  /** What stands under a key, committed. */
  newest(key: string): string | null {
    const found = this.entries.findLast(
      (entry) =>
        entry.key === key && entry.transaction?.state !== 'open' && entry.transaction?.state !== 'aborted',
    );
    return found?.value ?? null;
  }

  async init(): Promise<number> {
    await this.turn();
    if (this.#open) this.#open.state = 'aborted';
    this.#open = null;
    const epoch = ++this.epoch;
    await this.turn();
    return epoch;
  }

  async append(
    epoch: number,
    records: readonly { key: Buffer | null; value: Buffer | null }[],
  ): Promise<void> {
    await this.turn();
    this.#check(epoch);
    this.#open ??= { state: 'open' };
    for (const { key, value } of records) {
      this.entries.push({ key: String(key), value: value && String(value), transaction: this.#open });
    }
    await this.turn();
  }

  async commit(epoch: number): Promise<void> {
    await this.turn();
    this.#check(epoch);
    if (this.#open) this.#open.state = 'committed';
    this.#open = null;
    await this.turn();
    // As in the protocol: it is asked twice, and somebody may have taken the id in between.
    this.#check(epoch);
  }

  #check(epoch: number): void {
    if (epoch !== this.epoch) throw new KafkaError('INVALID_PRODUCER_EPOCH', 'a newer owner');
  }
}

/** As connectors/kafka/keyed-log.ts, of one worker: it knows what it has read. */
export class LogView
  implements Pick<KeyedLog, 'get' | 'entries' | 'subscribe' | 'readToEnd' | 'readPastOpen'>
{
  readonly topic = 'configs';
  readonly #log: SharedLog;
  readonly #values = new Map<string, string>();
  readonly #listeners = new Set<KeyedLogListener>();
  #applied = 0;

  constructor(log: SharedLog) {
    this.#log = log;
    this.#apply();
  }

  get(key: string): string | null {
    return this.#values.get(key) ?? null;
  }

  entries(): IterableIterator<[string, string]> {
    return this.#values.entries();
  }

  subscribe(listener: KeyedLogListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async readToEnd(): Promise<void> {
    await this.#log.turn();
    this.#apply();
    await this.#log.turn();
  }

  async readPastOpen(): Promise<void> {
    const end = this.#log.entries.length;
    while (this.#applied < end) await this.readToEnd();
  }

  #apply(): void {
    for (; this.#applied < this.#log.entries.length; this.#applied++) {
      const { key, value, transaction } = this.#log.entries[this.#applied]!;
      if (transaction?.state === 'open') return;
      if (transaction?.state === 'aborted') continue;
      if (value === null) this.#values.delete(key);
      else this.#values.set(key, value);
      for (const listener of this.#listeners) listener(key, value);
    }
  }
}

/** As connectors/kafka/producer.ts; its client is the log itself. */
export class LogProducer {
  readonly #log: SharedLog;
  #epoch = 0;

  constructor(log: SharedLog) {
    this.#log = log;
  }

  async init(): Promise<void> {
    this.#epoch = await this.#log.init();
  }

  begin(): void {}

  send(_topic: string, _partition: number, records: Parameters<SharedLog['append']>[1]): Promise<void> {
    return this.#log.append(this.#epoch, records);
  }

  commit(): Promise<void> {
    return this.#log.commit(this.#epoch);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
