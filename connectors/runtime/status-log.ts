import type { Clock } from '../clock.ts';
import type { ConnectError } from '../errors.ts';
import type { KeyedLog } from '../kafka/keyed-log.ts';
import type { PlainProducer } from '../kafka/plain-producer.ts';
import { partitionOf } from '../kafka/wire/murmur2.ts';

/** What a task last said of one of its tables. */
export interface TableReport {
  readonly phase: string | null;
  readonly error: ReportedError | null;
  /**
   * Every change of the task's share older than this, ms server time, is in the topic; null: not known, or the task's mark says it
   * (`saidOfTable` reads both).
   */
  readonly readToMs: number | null;
  /** Run of the task whose marks count for the table; null: none. */
  readonly markedBy: string | null;
  /** When it was said, ms, the worker's clock. */
  readonly atMs: number;
}

export interface ReportedError {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  /** False: it is tried again by itself. */
  readonly halted: boolean;
}

export const statusKeys = {
  connector: (name: string) => `status-connector-${name}`,
  task: (connector: string, task: number) => `status-task-${connector}-${task}`,
  /** The connector's name, which alone may have any character, comes last: no two tables have one key. */
  table: (connector: string, task: number, table: string) =>
    `messina-table-${task}-${table}:connector-${connector}`,
  /** Of a task's mark: how far it has read its tables. */
  mark: (connector: string, task: number) => `messina-read-${task}:connector-${connector}`,
};

export function reportedError(error: ConnectError, halted: boolean): ReportedError {
  return { code: error.code, message: error.message, hint: error.hint, halted };
}

/** Writes to the status topic: task states with Connect's keys and values, and reports per table beside them. */
export class StatusWriter {
  readonly #producer: PlainProducer;
  readonly #topic: string;
  readonly #partitions: number;
  readonly #clock: Clock;
  readonly #log: Pick<KeyedLog, 'readToEnd' | 'get'> | null;

  /** @param log the topic as it stands; without it {@link writeUnlessTaken} writes always. */
  constructor(
    producer: PlainProducer,
    topic: string,
    partitions: number,
    clock: Clock,
    log: Pick<KeyedLog, 'readToEnd' | 'get'> | null = null,
  ) {
    this.#log = log;
    this.#producer = producer;
    this.#topic = topic;
    this.#partitions = partitions;
    this.#clock = clock;
  }

  /** The last word of each key counts; a null value deletes. */
  async write(key: string, value: unknown): Promise<void> {
    const bytes = Buffer.from(key);
    const record = {
      key: bytes,
      value: value === null ? null : Buffer.from(JSON.stringify(value)),
      timestampMs: this.#clock.now(),
    };
    await this.#producer.send(this.#topic, partitionOf(bytes, this.#partitions), [record]);
  }

  /** Does the topic say this of a key, as far as it has been read? True where nobody reads it. */
  stands(key: string, value: unknown): boolean {
    return this.#log === null || this.#log.get(key) === JSON.stringify(value);
  }

  /** The last word of who gives a task up, which must not hide that another runs it already (Kafka Connect's putSafe). */
  async writeUnlessTaken(key: string, value: { readonly worker_id: string }): Promise<void> {
    await this.#log?.readToEnd();
    const newest = this.#log?.get(key) ?? null;
    if (newest !== null && ![value.worker_id, null].includes(workerOf(newest))) return;
    await this.write(key, value);
  }
}

/** Null: nobody can have said it. */
function workerOf(status: string): string | null {
  try {
    const said = JSON.parse(status) as { worker_id?: unknown } | null;
    return typeof said?.worker_id === 'string' ? said.worker_id : null;
  } catch {
    return null;
  }
}
