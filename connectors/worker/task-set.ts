import type { Clock } from '../clock.ts';
import type { State } from '../connector-state.ts';
import type { ConnectError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { statusKeys } from '../runtime/status-log.ts';
import { traceOf } from '../runtime/trace.ts';
import type { AutoRestart } from './auto-restart.ts';
import { Wanted } from './group/wanted.ts';
import type { SaidStatus } from './state/said-status.ts';
import { type TaskOrder, type TaskRunner, taskKey } from './threads/task-runner.ts';

/** A task of this worker, and what should become of it. */
export interface WantedTask extends TaskOrder {
  readonly paused: boolean;
  /** Changes when the task must begin anew though its configuration is the same: numbers of its tables' epochs. */
  readonly epochs: string;
}

export interface TaskSetWorld {
  readonly runner: TaskRunner;
  readonly said: SaidStatus;
  readonly log: Logger;
  readonly clock: Clock;
  /** Null: what fails stays failed. */
  autoRestart(order: TaskOrder): AutoRestart | null;
  /** False: the connector is gone or has fewer tasks, and nothing is to be said of this one any more. */
  exists(task: Pick<TaskOrder, 'connector' | 'task'>): boolean;
}

/** How often it is looked whether tasks have failed, or run again. */
const LOOK_INTERVAL_MS = 500;

/** The tasks that this worker owns: runs and pauses them, says how they are, starts again what failed. */
export class TaskSet {
  /** Starts since the process began; one that fails later counts as failed too. */
  readonly startups = { attempts: 0, failures: 0 };
  readonly #world: TaskSetWorld;
  readonly #tasks: Wanted<WantedTask>;
  /** By task: when it is started again, ms on the monotonic clock. */
  readonly #restartAt = new Map<string, number>();
  readonly #stopping = new AbortController();
  #looking: Promise<void> = Promise.resolve();

  constructor(world: TaskSetWorld) {
    this.#world = world;
    this.#tasks = new Wanted<WantedTask>({
      begin: (_, task) => this.#begin(task),
      end: (key, task) => this.#end(key, task),
    });
  }

  start(): void {
    this.#looking = this.#look();
  }

  /** Makes these the tasks of this worker. Those that are as they were go on undisturbed. */
  set(tasks: readonly WantedTask[]): void {
    const keys = new Set(tasks.map(taskKey));
    for (const key of this.#tasks.keys) if (!keys.has(key)) this.#tasks.unwant(key);
    for (const task of tasks) {
      const { config, tasks: count, paused, epochs } = task;
      this.#tasks.want(taskKey(task), JSON.stringify([config, count, paused, epochs]), task);
    }
  }

  /** Restarts tasks of a connector that are here. */
  restart(connector: string, which: { readonly task: number | null; readonly onlyFailed: boolean }): void {
    for (const key of this.#tasks.keys) {
      const task = this.#tasks.standing(key);
      if (task?.connector !== connector) continue;
      if (which.task !== null && which.task !== task.task) continue;
      if (which.onlyFailed && this.#world.runner.errors(key).size === 0) continue;
      this.#restartAt.delete(key);
      this.#world.autoRestart(task)?.forget(key);
      this.#tasks.again(key);
    }
  }

  /** The tasks that are here, as they were last said to be. */
  states(): { readonly connector: string; readonly task: number; readonly state: State }[] {
    return this.#tasks.keys.flatMap((key) => {
      const task = this.#tasks.standing(key);
      if (task === null) return [];
      const state = this.#world.said.last(statusKeys.task(task.connector, task.task)) ?? 'UNASSIGNED';
      return [{ connector: task.connector, task: task.task, state }];
    });
  }

  async close(): Promise<void> {
    this.#stopping.abort(new Error('stopping'));
    // A look may wait for a status that cannot be written: what runs is ended meanwhile.
    await Promise.all([this.#looking, this.#tasks.close()]);
  }

  async #begin(task: WantedTask): Promise<void> {
    if (!task.paused) {
      this.startups.attempts++;
      this.#world.runner.start(task);
    }
    await this.#say(task, task.paused ? 'PAUSED' : 'RUNNING', null);
  }

  async #end(key: string, task: WantedTask): Promise<void> {
    const { runner, said, exists, log } = this.#world;
    const statusKey = statusKeys.task(task.connector, task.task);
    said.forget(statusKey);
    await runner.stop(key).catch((err) => log.warn({ task: key, err }, 'the task did not stop cleanly'));
    this.#restartAt.delete(key);
    await said.leave(statusKey, !exists(task));
  }

  async #look(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      for (const key of this.#tasks.keys) {
        const task = this.#tasks.standing(key);
        if (!task || task.paused || !this.#tasks.isSettled(key)) continue;
        await this.#check(key, task).catch((err: unknown) => {
          this.#world.log.warn({ task: key, err }, 'the task could not be looked at');
        });
      }
      await this.#world.said.affirm();
      await this.#world.clock.sleep(LOOK_INTERVAL_MS, signal).catch(() => {});
    }
  }

  async #check(key: string, task: WantedTask): Promise<void> {
    const errors = this.#world.runner.errors(key);
    const restart = this.#world.autoRestart(task);
    if (errors.size === 0) {
      restart?.succeeded(key);
      await this.#say(task, 'RUNNING', null);
      return;
    }
    await this.#say(task, 'FAILED', traceOf(errors));
    const at = this.#restartAt.get(key) ?? this.#schedule(key, restart, errors);
    if (at === null || this.#world.clock.monotonic() < at) return;
    this.#restartAt.delete(key);
    this.#world.log.info({ connector: task.connector, task: task.task }, 'the task is started again');
    this.#tasks.again(key);
  }

  /** @returns when the task is started again; null: never by itself. */
  #schedule(
    key: string,
    restart: AutoRestart | null,
    errors: ReadonlyMap<string, ConnectError>,
  ): number | null {
    const delays = [...errors.values()].map((error) => restart?.next(key, error) ?? null);
    // One that only people can mend would fail again at once: it does not keep the others from being tried.
    const [delayMs] = delays.filter((delay) => delay !== null);
    if (delayMs === undefined) return null;
    const at = this.#world.clock.monotonic() + delayMs;
    this.#restartAt.set(key, at);
    return at;
  }

  #say({ connector, task }: TaskOrder, state: State, trace: string | null): Promise<void> {
    const { said } = this.#world;
    const key = statusKeys.task(connector, task);
    if (state === 'FAILED' && said.last(key) !== 'FAILED') this.startups.failures++;
    return said.say(key, state, trace);
  }
}
