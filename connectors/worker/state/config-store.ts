import { randomUUID } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { FlatConfig } from '../../config/flat/flat-config.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import { asKafkaError } from '../../kafka/errors.ts';
import type { KeyedLog } from '../../kafka/keyed-log.ts';
import { TransactionalProducer } from '../../kafka/producer.ts';
import type { TargetState } from '../herder.ts';
import {
  type ConfigRecord,
  configKeys,
  propertiesOf,
  type RestartWish,
  readRestart,
  targetOf,
  taskCountOf,
} from './config-records.ts';

/** A connector as the configs topic has it. */
export interface StoredConnector {
  readonly name: string;
  readonly config: FlatConfig;
  readonly target: TargetState;
  /** Configurations of its tasks; empty before the connector was started, or when it is stopped. */
  readonly tasks: readonly FlatConfig[];
}

/** What a change is: the records to write, and what it tells whoever asked for it. */
export interface Decision<T> {
  readonly records: readonly ConfigRecord[];
  readonly result: T;
}

/** Fenced this often in a row, somebody else never lets us write. */
const TRIES_MAX = 10;
const TRY_PAUSE_MS = 20;
/**
 * What a broker says in place of "fenced" to whose transaction is being rolled back for a newer owner in that very moment: it
 * finds its own state illegal (TransactionCoordinator: PrepareEpochFence).
 */
const TAKEN_OVER: ReadonlySet<string> = new Set(['UNKNOWN_SERVER_ERROR', 'INVALID_TXN_STATE']);

/**
 * The connectors of a worker group, in its configs topic with Kafka Connect's keys and values.
 *
 * Any worker may change them. Each change is a transaction under one id for the whole group, that of Connect's leader: who
 * opens it fences whoever was about to write, so that what a change was decided on is still so when it is written.
 */
export class ConfigStore {
  readonly #kafka: KafkaClient;
  readonly #log: KeyedLog;
  readonly #transactionalId: string;
  readonly #clock: Clock;
  /** By key, as read from its value: configurations are asked for far more often than they change. */
  readonly #read = new Map<string, { readonly value: string; readonly config: FlatConfig }>();
  #changing: Promise<unknown> = Promise.resolve();

  constructor(kafka: KafkaClient, log: KeyedLog, group: string, clock: Clock) {
    this.#kafka = kafka;
    this.#log = log;
    this.#transactionalId = `connect-cluster-${group}`;
    this.#clock = clock;
  }

  /** Sorted. */
  names(): string[] {
    const names: string[] = [];
    for (const [key] of this.#log.entries()) {
      if (key.startsWith('connector-')) names.push(key.slice('connector-'.length));
    }
    return names.sort();
  }

  /** Null: there is none. Throws WORKER_RECORD for a record that cannot be read. */
  get(name: string): StoredConnector | null {
    const key = configKeys.connector(name);
    const value = this.#log.get(key);
    if (value === null) return null;
    return {
      name,
      config: this.#properties(key, value),
      target: this.#target(name),
      tasks: this.#tasks(name),
    };
  }

  all(): StoredConnector[] {
    return this.names().flatMap((name) => this.get(name) ?? []);
  }

  /** Hears of every change. @returns how to stop listening. */
  subscribe(listener: () => void): () => void {
    return this.#log.subscribe(() => listener());
  }

  onRestart(listener: (wish: RestartWish) => void): () => void {
    return this.#log.subscribe((key, value) => {
      const wish = readRestart(key, value);
      if (wish !== null) listener(wish);
    });
  }

  /** Hears of levels of loggers, of all that were ever set first. */
  onLevel(listener: (namespace: string, record: string) => void): () => void {
    const tell = (key: string, value: string | null) => {
      if (key.startsWith('logger-cluster-') && value !== null)
        listener(key.slice('logger-cluster-'.length), value);
    };
    for (const [key, value] of this.#log.entries()) {
      try {
        tell(key, value);
      } catch (error) {
        // No worker stays away for a level that cannot be read.
        this.#kafka.log('error', `passed over: ${asKafkaError(error).message}`);
      }
    }
    return this.#log.subscribe(tell);
  }

  readToEnd(): Promise<void> {
    return this.#log.readToEnd();
  }

  /**
   * Changes records, and reads them back. `decide` sees the newest state, which stays so until what it decided is
   * written; it is called again where another worker came in between.
   */
  change<T>(decide: () => Decision<T>): Promise<T> {
    const changed = this.#changing.then(() => this.#change(decide));
    this.#changing = changed.catch(() => {});
    return changed;
  }

  async #change<T>(decide: () => Decision<T>): Promise<T> {
    const mark: ConfigRecord = { key: configKeys.change, value: { id: randomUUID() } };
    let isWritten = false;
    const unsubscribe = this.#log.subscribe((key, value) => {
      if (key === mark.key && value === JSON.stringify(mark.value)) isWritten = true;
    });
    let decided: Decision<T> | null = null;
    try {
      for (let tries = 1; ; tries++) {
        await using producer = new TransactionalProducer(this.#kafka, this.#transactionalId, {
          codec: 'none',
        });
        try {
          await producer.init();
          await this.#log.readToEnd();
          if (decided !== null && isWritten) return decided.result;
          decided = decide();
          if (decided.records.length > 0) await this.#write(producer, [...decided.records, mark]);
          return decided.result;
        } catch (thrown) {
          const error = asKafkaError(thrown);
          const isTakenOver = error.fenced || TAKEN_OVER.has(error.code);
          if (!isTakenOver && !(error.retriable && tries === 1)) throw thrown;
          // Who fenced us may have waited for our commit: then it is only its acknowledgement that we did not get. What
          // stands there may be another's all the same: two may ask for the same thing, and one of them gets it.
          if (error.fenced) await this.#log.readPastOpen();
          if (decided !== null && isWritten) return decided.result;
          if (tries === TRIES_MAX) throw thrown;
          // Those who fence each other in turn get nowhere together.
          await this.#clock.sleep(Math.random() * TRY_PAUSE_MS * tries);
        }
      }
    } finally {
      unsubscribe();
    }
  }

  async #write(producer: TransactionalProducer, records: readonly ConfigRecord[]): Promise<void> {
    await producer.begin();
    await producer.send(
      this.#log.topic,
      0,
      records.map(({ key, value }) => ({
        key: Buffer.from(key),
        value: value === null ? null : Buffer.from(JSON.stringify(value)),
        timestampMs: this.#clock.now(),
      })),
    );
    await producer.commit();
    await this.#log.readToEnd();
  }

  #properties(key: string, value: string): FlatConfig {
    const known = this.#read.get(key);
    if (known?.value === value) return known.config;
    const config = propertiesOf(key, value);
    this.#read.set(key, { value, config });
    return config;
  }

  #target(name: string): TargetState {
    const key = configKeys.target(name);
    const value = this.#log.get(key);
    return value === null ? 'STARTED' : targetOf(key, value);
  }

  #tasks(name: string): FlatConfig[] {
    const key = configKeys.commit(name);
    const value = this.#log.get(key);
    const count = value === null ? 0 : taskCountOf(key, value);
    return Array.from({ length: count }, (_, task) => {
      const taskKey = configKeys.task(name, task);
      const config = this.#log.get(taskKey);
      return config === null ? {} : this.#properties(taskKey, config);
    });
  }
}
