import { Worker } from 'node:worker_threads';
import { ConnectError } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { MetricSnapshot } from '../../metrics/instruments.ts';
import type { TaskOrder } from './task-runner.ts';
import { taskKey } from './task-runner.ts';
import { type Command, fromPlain, type Report, type ThreadSetup } from './thread-messages.ts';

/** Where log lines of a connector go. */
export type LogOf = (connector: string | null) => Logger;

const levels: Readonly<Record<number, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

/** What a thread has beyond the time of a task to say that it is stopped; less than the worker itself has. */
const STOP_GRACE_MS = 5000;
/** What a thread has beyond the time of its tasks to leave groups and say so. */
const CLOSE_GRACE_MS = 10_000;

/** A thread of this process that runs tasks, as the main thread sees it. */
export class TaskThread {
  readonly #thread: Worker;
  readonly #logOf: LogOf;
  readonly #shutdownTimeoutMs: number;
  readonly #tasks = new Map<string, ReadonlyMap<string, ConnectError>>();
  readonly #stopping = new Map<string, () => void>();
  readonly #asked: ((snapshot: readonly MetricSnapshot[]) => void)[] = [];
  readonly #ended: Promise<void>;
  #death: ConnectError | null = null;
  #closing = false;

  constructor(setup: ThreadSetup, logOf: LogOf) {
    this.#logOf = logOf;
    this.#shutdownTimeoutMs = setup.settings.shutdownTimeoutMs;
    this.#thread = new Worker(new URL('./thread-main.js', import.meta.url), { workerData: setup });
    this.#thread.on('message', (report: Report) => this.#hear(report));
    this.#thread.on('error', (error) => this.#die(error.message));
    this.#ended = new Promise((settle) => {
      this.#thread.on('exit', () => {
        this.#die('it ended');
        settle();
      });
    });
  }

  /** Why it runs nothing any more; null: it lives. */
  get death(): ConnectError | null {
    return this.#death;
  }

  get size(): number {
    return this.#tasks.size;
  }

  has(key: string): boolean {
    return this.#tasks.has(key);
  }

  start(order: TaskOrder): void {
    this.#tasks.set(taskKey(order), new Map());
    this.#tell({ type: 'start', order });
  }

  /** A thread that does not answer in time (a transform that loops for ever) is ended, with all that it runs. */
  async stop(key: string): Promise<void> {
    if (this.#death === null) {
      const patience = setTimeout(() => this.#giveUp(key), this.#shutdownTimeoutMs + STOP_GRACE_MS);
      await new Promise<void>((settle) => {
        this.#stopping.set(key, settle);
        this.#tell({ type: 'stop', key });
      });
      clearTimeout(patience);
    }
    this.#tasks.delete(key);
  }

  errors(key: string): ReadonlyMap<string, ConnectError> {
    return this.#death === null ? (this.#tasks.get(key) ?? new Map()) : new Map([['', this.#death]]);
  }

  setLevel(logger: string, level: string): void {
    this.#tell({ type: 'level', logger, level });
  }

  metrics(): Promise<readonly MetricSnapshot[]> {
    if (this.#death !== null) return Promise.resolve([]);
    return new Promise((settle) => {
      this.#asked.push(settle);
      this.#tell({ type: 'metrics' });
    });
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#tell({ type: 'close' });
    const patience = setTimeout(
      () => void this.#thread.terminate(),
      this.#shutdownTimeoutMs + CLOSE_GRACE_MS,
    );
    await this.#ended;
    clearTimeout(patience);
  }

  #tell(command: Command): void {
    this.#thread.postMessage(command);
  }

  #hear(report: Report): void {
    switch (report.type) {
      case 'errors':
        if (!this.#tasks.has(report.key)) return;
        this.#tasks.set(
          report.key,
          new Map(report.errors.map(([table, error]) => [table, fromPlain(error)])),
        );
        return;
      case 'stopped':
        this.#stopping.get(report.key)?.();
        this.#stopping.delete(report.key);
        return;
      case 'metrics':
        this.#asked.shift()?.(report.snapshot);
        return;
      case 'log':
        this.#log(report.line);
        return;
      case 'failed':
        this.#death = fromPlain(report.error);
    }
  }

  /** Its lines are written by this thread, with what its tasks gave them. */
  #log(line: string): void {
    const { level, time: _, msg, ...facts } = JSON.parse(line) as Record<string, unknown>;
    const { connector } = facts;
    const log = this.#logOf(typeof connector === 'string' ? connector : null);
    log[levels[Number(level)] ?? 'info'](facts, String(msg ?? ''));
  }

  #giveUp(key: string): void {
    const message = `The thread of ${this.#tasks.size} tasks did not stop ${key} in time, and was ended`;
    this.#death ??= new ConnectError('WORKER_THREAD', message);
    this.#logOf(null).error({ task: key, code: 'WORKER_THREAD' }, message);
    void this.#thread.terminate();
  }

  #die(why: string): void {
    if (!this.#closing) {
      this.#death ??= new ConnectError('WORKER_THREAD', `The thread that ran the task is gone: ${why}`);
    }
    for (const settle of this.#stopping.values()) settle();
    this.#stopping.clear();
    for (const settle of this.#asked.splice(0)) settle([]);
  }
}
