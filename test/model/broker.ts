import { KafkaError } from '../../connectors/kafka/errors.ts';
import type { OutRecord } from '../../connectors/kafka/wire/record-batch.ts';
import type { InRecord } from '../../connectors/kafka/wire/record-decode.ts';
import { isOff } from './naive.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface Appended {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly OutRecord[];
}

export interface Transaction {
  readonly id: string;
  state: 'open' | 'committed' | 'aborted';
  readonly appended: (Appended & { readonly base: number })[];
}

interface Entry {
  /** Null: a control record. */
  readonly record: InRecord | null;
  readonly transaction: Transaction | null;
}

const TRANSACTION_TIMEOUT_MS = 60_000;

/** Kafka's logs and its transaction coordinator, as read_committed readers and transactional producers see them. */
export class Broker {
  readonly #time: VirtualTime;
  readonly #topics = new Map<string, Entry[][]>();
  readonly #epochs = new Map<string, number>();
  readonly #open = new Map<string, Transaction>();
  readonly #waiting = new Map<string, Set<() => void>>();
  /** Hears each transaction when it is committed, before any reader sees it. */
  onCommit: (transaction: Transaction) => void = () => {};

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  create(topic: string, partitions: number): void {
    this.#topics.set(
      topic,
      Array.from({ length: partitions }, () => []),
    );
  }

  /** Gives a topic more partitions. */
  enlarge(topic: string, partitions: number): void {
    const logs = this.#topics.get(topic) ?? [];
    while (logs.length < partitions) logs.push([]);
  }

  partitions(topic: string): number {
    return this.#topics.get(topic)?.length ?? 0;
  }

  /** The last stable offset. */
  end(topic: string, partition: number): number {
    let end = this.#log(topic, partition).length;
    for (const { state, appended } of this.#open.values()) {
      if (state !== 'open') continue;
      for (const one of appended) {
        if (one.topic === topic && one.partition === partition) end = Math.min(end, one.base);
      }
    }
    return end;
  }

  /** The log's end, open transactions included. */
  highWatermark(topic: string, partition: number): number {
    return this.#log(topic, partition).length;
  }

  /** Offset of the last marker; −1 without one. */
  lastWithoutKey(topic: string, partition: number): number {
    return this.#log(topic, partition).findLastIndex(({ record }) => record !== null && record.key === null);
  }

  /** The first offset whose timestamp is at or after the time; the end where there is none. */
  offsetForTime(topic: string, partition: number, timeMs: number): number {
    const end = this.end(topic, partition);
    const found = this.#log(topic, partition).findIndex(
      ({ record }) => record !== null && record.timestampMs >= timeMs,
    );
    return found === -1 ? end : Math.min(found, end);
  }

  /** Committed records from an offset on, at most `recordsMax`, and where to go on. */
  read(
    topic: string,
    partition: number,
    from: number,
    recordsMax: number,
  ): { records: InRecord[]; next: number } {
    const log = this.#log(topic, partition);
    const records: InRecord[] = [];
    let next = from;
    for (; next < log.length && records.length < recordsMax; next++) {
      const { record, transaction } = log[next]!;
      if (transaction?.state === 'open') break;
      if (record && transaction?.state !== 'aborted') records.push(record);
    }
    return { records, next };
  }

  /** Calls once when the topic changes. @returns takes the listener away */
  wait(topic: string, wake: () => void): () => void {
    let waiting = this.#waiting.get(topic);
    if (!waiting) this.#waiting.set(topic, (waiting = new Set()));
    waiting.add(wake);
    return () => waiting.delete(wake);
  }

  /** Fences older owners of the id and rolls back what they left open. */
  initProducer(id: string): number {
    const epoch = (this.#epochs.get(id) ?? -1) + 1;
    this.#epochs.set(id, epoch);
    if (!isOff('C3.fencing')) this.#end(id, 'aborted');
    return epoch;
  }

  append(id: string | null, epoch: number, entries: readonly Appended[]): number[] {
    if (id !== null) this.#check(id, epoch);
    return entries.map((entry) => {
      const apart = id === null || (isOff('C3.transaction') && entry.topic.endsWith('-offsets'));
      const transaction = apart ? null : this.#transaction(id);
      const base = this.#write(entry, transaction);
      transaction?.appended.push({ ...entry, base });
      if (!transaction) this.#wake(entry.topic);
      if (apart && id !== null) {
        this.onCommit({ id, state: 'committed', appended: [{ ...entry, base }] });
      }
      return base;
    });
  }

  endTransaction(id: string, epoch: number, state: 'committed' | 'aborted'): void {
    this.#check(id, epoch);
    this.#end(id, state);
  }

  #transaction(id: string): Transaction {
    const found = this.#open.get(id);
    if (found) return found;
    const transaction: Transaction = { id, state: 'open', appended: [] };
    this.#open.set(id, transaction);
    this.#time.at(TRANSACTION_TIMEOUT_MS, null, () => {
      // The coordinator rolls back and raises the epoch: the writer is fenced.
      if (transaction.state === 'open') this.initProducer(id);
    });
    return transaction;
  }

  #end(id: string, state: 'committed' | 'aborted'): void {
    const transaction = this.#open.get(id);
    if (!transaction) return;
    this.#open.delete(id);
    transaction.state = state;
    if (state === 'committed') this.onCommit(transaction);
    const ended = new Set(transaction.appended.map(({ topic, partition }) => `${partition}/${topic}`));
    for (const place of ended) {
      const topic = place.slice(place.indexOf('/') + 1);
      this.#log(topic, Number.parseInt(place, 10)).push({ record: null, transaction: null });
      this.#wake(topic);
    }
  }

  #check(id: string, epoch: number): void {
    if (isOff('C3.fencing') || this.#epochs.get(id) === epoch) return;
    throw new KafkaError('INVALID_PRODUCER_EPOCH', `"${id}" has a newer owner`);
  }

  #write({ topic, partition, records }: Appended, transaction: Transaction | null): number {
    const log = this.#log(topic, partition);
    const base = log.length;
    for (const { key, value, timestampMs, headers = [] } of records) {
      const read = headers.map(([name, text]) => [name, Buffer.from(text)] as const);
      log.push({ record: { offset: log.length, timestampMs, key, value, headers: read }, transaction });
    }
    return base;
  }

  #wake(topic: string): void {
    const waiting = [...(this.#waiting.get(topic) ?? [])];
    this.#waiting.get(topic)?.clear();
    for (const wake of waiting) wake();
  }

  #log(topic: string, partition: number): Entry[] {
    const log = this.#topics.get(topic)?.[partition];
    if (!log) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `${topic}/${partition}`);
    return log;
  }
}
