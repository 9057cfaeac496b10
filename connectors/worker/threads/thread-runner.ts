import type { ConnectError } from '../../errors.ts';
import type { MetricsRegistry } from '../../metrics/registry.ts';
import type { Loggers } from '../loggers.ts';
import type { TaskOrder, TaskRunner } from './task-runner.ts';
import { type LogOf, TaskThread } from './task-thread.ts';
import type { ThreadSetup } from './thread-messages.ts';

const RUNS: ReadonlyMap<string, ConnectError> = new Map();

/**
 * Runs tasks in threads, each in the one with the fewest (`worker.threads`). A thread that dies takes its tasks with it:
 * they fail, and begin in another one when they are started again.
 */
export class ThreadRunner implements TaskRunner {
  readonly #setup: ThreadSetup;
  readonly #metrics: MetricsRegistry;
  readonly #loggers: Loggers;
  readonly #logOf: LogOf;
  readonly #threads: TaskThread[];
  /** Replaced, but with tasks that were not started again. */
  readonly #dead = new Set<TaskThread>();
  readonly #merged = new Map<TaskThread, Disposable>();
  readonly #unsubscribe: () => void;

  constructor(setup: ThreadSetup, threads: number, loggers: Loggers, metrics: MetricsRegistry) {
    this.#setup = setup;
    this.#metrics = metrics;
    this.#loggers = loggers;
    const logs = new Map<string, ReturnType<LogOf>>();
    this.#logOf = (connector) => {
      const name = connector === null ? 'threads' : `connector/${connector}`;
      const log = logs.get(name) ?? loggers.logger(name, {});
      logs.set(name, log);
      return log;
    };
    this.#threads = Array.from({ length: threads }, () => this.#newThread());
    this.#unsubscribe = loggers.subscribe((logger, level) => {
      for (const thread of this.#threads) thread.setLevel(logger, level);
    });
  }

  start(order: TaskOrder): void {
    for (const [i, thread] of this.#threads.entries()) {
      if (thread.death === null) continue;
      this.#merged.get(thread)?.[Symbol.dispose]();
      this.#merged.delete(thread);
      // Tasks that nobody starts again have failed with it all the same.
      if (thread.size > 0) this.#dead.add(thread);
      this.#threads[i] = this.#newThread();
    }
    const [fewest] = [...this.#threads].sort((a, b) => a.size - b.size);
    fewest?.start(order);
  }

  async stop(key: string): Promise<void> {
    const thread = this.#threadOf(key);
    await thread?.stop(key);
    if (thread?.size === 0) this.#dead.delete(thread);
  }

  errors(key: string): ReadonlyMap<string, ConnectError> {
    return this.#threadOf(key)?.errors(key) ?? RUNS;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unsubscribe();
    for (const merged of this.#merged.values()) merged[Symbol.dispose]();
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  #threadOf(key: string): TaskThread | undefined {
    return [...this.#threads, ...this.#dead].find((thread) => thread.has(key));
  }

  #newThread(): TaskThread {
    const thread = new TaskThread(this.#setup, this.#logOf);
    this.#merged.set(
      thread,
      this.#metrics.merge(() => thread.metrics()),
    );
    for (const [name, { level, last_modified }] of Object.entries(this.#loggers.levels())) {
      if (last_modified !== null) thread.setLevel(name, level);
    }
    return thread;
  }
}
