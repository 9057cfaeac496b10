import type { Clock } from '../../clock.ts';
import { ConnectError } from '../../errors.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import type { KeyedLog } from '../../kafka/keyed-log.ts';
import type { PlainProducer } from '../../kafka/plain-producer.ts';
import { TransactionalProducer } from '../../kafka/producer.ts';
import { until } from '../wake.ts';

const commitKey = (connector: string) => `commit-${connector}`;
const fencingKey = (connector: string) => `tasks-fencing-${connector}`;
const epochKey = (table: string) => `messina-epoch-${table}`;

/**
 * Task counts of connectors and which of them may run, in the configs topic under Kafka Connect's keys; and the epoch
 * that each table is asked to be in, under a key of our own.
 *
 * When the number of tasks changes, partitions move between tasks, and a paused task of the old distribution could wake
 * up and append what another has long published. So task 0 fences the transactional ids of every task there was, says
 * so, and only then does any task of the new distribution read its positions (rule C3).
 */
export class Generation {
  readonly #kafka: KafkaClient;
  readonly #configs: KeyedLog;
  readonly #producer: PlainProducer;
  readonly #topic: string;
  readonly #group: string;
  readonly #clock: Clock;

  constructor(
    kafka: KafkaClient,
    configs: KeyedLog,
    producer: PlainProducer,
    names: { topic: string; group: string },
    clock: Clock,
  ) {
    this.#kafka = kafka;
    this.#configs = configs;
    this.#producer = producer;
    this.#topic = names.topic;
    this.#group = names.group;
    this.#clock = clock;
  }

  /** Tasks that a connector should have; null: nobody said. */
  tasks(connector: string): number | null {
    return this.#number(commitKey(connector), 'tasks');
  }

  /** Says how many tasks a connector should have; the last word counts, for all workers of the group. */
  async setTasks(connector: string, tasks: number): Promise<void> {
    if (this.tasks(connector) !== tasks) await this.#write(commitKey(connector), { tasks });
  }

  /** Number of the epoch that a table should be in (rule C11). */
  epoch(table: string): number {
    return wantedEpoch(this.#configs, table);
  }

  /** Asks for a table's epoch: the capture's task 0 begins it, now or when it runs again. */
  async setEpoch(table: string, epoch: number): Promise<void> {
    if (this.epoch(table) < epoch) await this.#write(epochKey(table), { epoch });
  }

  /**
   * Fences every other task of a connector: whoever slept through the end of an epoch must not publish into the next
   * (rule C3). Those that run begin anew by themselves.
   */
  async fenceOthers(connector: string, tasks: number, except: number): Promise<void> {
    const others = Array.from({ length: tasks }, (_, task) => task).filter((task) => task !== except);
    await TransactionalProducer.fence(
      this.#kafka,
      others.map((task) => `${this.#group}-${connector}-${task}`),
    );
  }

  subscribe(listener: () => void): () => void {
    return this.#configs.subscribe(listener);
  }

  /**
   * Resolves when every task of an earlier distribution is fenced; task 0 does the fencing.
   *
   * Throws KAFKA_FENCED for a task of an earlier distribution itself: one that slept must not fence its successors.
   */
  async fenced(connector: string, tasks: number, task: number, signal: AbortSignal): Promise<void> {
    await this.standing(connector, tasks);
    const known = this.#number(fencingKey(connector), 'task-count');
    if (known === tasks) return;
    if (task !== 0) {
      const found = () => (this.#number(fencingKey(connector), 'task-count') === tasks ? true : null);
      await until(found, this.#configs, signal);
      return;
    }
    const ids = Array.from(
      { length: Math.max(known ?? 0, tasks) },
      (_, i) => `${this.#group}-${connector}-${i}`,
    );
    await TransactionalProducer.fence(this.#kafka, ids);
    await this.#write(fencingKey(connector), { 'task-count': tasks });
  }

  /**
   * Throws KAFKA_FENCED for a task of an earlier distribution. To be asked again once a task has taken its transactional id:
   * whoever slept before it took it was not fenced with the others, but its successors were told of before that (rule C3).
   */
  async standing(connector: string, tasks: number): Promise<void> {
    await this.#configs.readToEnd();
    const wanted = this.tasks(connector);
    if (wanted === null || wanted === tasks) return;
    throw new ConnectError('KAFKA_FENCED', `${connector} has ${wanted} tasks now, not ${tasks}`);
  }

  /** Calls back when tasks of another distribution have fenced ours; returns how to stop listening. */
  onFenced(connector: string, tasks: number, listener: (error: ConnectError) => void): () => void {
    return this.#configs.subscribe(() => {
      const known = this.#number(fencingKey(connector), 'task-count');
      if (known === tasks) return;
      listener(new ConnectError('KAFKA_FENCED', `${connector} was fenced for ${known} tasks, not ${tasks}`));
    });
  }

  #number(key: string, field: string): number | null {
    return numberIn(this.#configs, key, field);
  }

  async #write(key: string, value: Record<string, number>): Promise<void> {
    const record = {
      key: Buffer.from(key),
      value: Buffer.from(JSON.stringify(value)),
      timestampMs: this.#clock.now(),
    };
    await this.#producer.send(this.#topic, 0, [record]);
    await this.#configs.readToEnd();
  }
}

/** Number of the epoch that a table should be in, as the configs topic says: 1 until a new snapshot is asked for. */
export function wantedEpoch(configs: KeyedLog, table: string): number {
  return numberIn(configs, epochKey(table), 'epoch') ?? 1;
}

/** Number of the tasks of a connector's newest distribution, all of an earlier one fenced; null: none ever ran. */
export function fencedTasks(configs: Pick<KeyedLog, 'get'>, connector: string): number | null {
  return numberIn(configs, fencingKey(connector), 'task-count');
}

/** Throws WORKER_RECORD for what is no number: to guess one could run what another runs, or begin what is begun. */
function numberIn(configs: Pick<KeyedLog, 'get'>, key: string, field: string): number | null {
  const value = configs.get(key);
  if (value === null) return null;
  let number: unknown;
  try {
    number = (JSON.parse(value) as Record<string, unknown>)[field];
  } catch {
    // As one without a number.
  }
  if (typeof number === 'number') return number;
  throw new ConnectError('WORKER_RECORD', `The record ${key} of the configs topic has no ${field}`, {
    detail: { key },
  });
}
