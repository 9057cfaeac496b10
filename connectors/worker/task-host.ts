import { systemClock } from '../clock.ts';
import type { SinkSettings, SourceSettings, WorkerSettings } from '../config/settings.ts';
import { asConnectError, type ConnectError } from '../errors.ts';
import { describeTopics } from '../kafka/topics.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Catalog } from '../runtime/catalog.ts';
import { Generation } from '../runtime/generation.ts';
import { SinkTask } from '../runtime/sink-task.ts';
import { SourceTask } from '../runtime/source-task.ts';
import type { WorkerBase } from './base.ts';
import type { HeldCatalog } from './catalogs.ts';
import { type ConfigScope, settingsOf } from './config-scope.ts';
import type { Loggers } from './loggers.ts';
import { tablesOfTopics } from './sink-topics.ts';
import { type TaskOrder, type TaskRunner, taskKey } from './task-runner.ts';
import {
  sinkDefinition,
  sinkWorld,
  sourceDefinition,
  sourceWorld,
  type TaskSurroundings,
  topicsOf,
} from './worlds.ts';

export interface TaskHostOptions {
  readonly base: WorkerBase;
  readonly settings: WorkerSettings;
  readonly scope: ConfigScope;
  readonly workerId: string;
  readonly loggers: Loggers;
  readonly metrics: Metrics;
}

/** What runs: how it is stopped, and what has halted of it. */
interface Task {
  readonly halts: ReadonlyMap<string, ConnectError>;
  stop(deadlineMs: number): Promise<void>;
}

interface Running {
  readonly stopping: AbortController;
  readonly started: Promise<void>;
  task: Task | null;
  failure: ConnectError | null;
  held: HeldCatalog | null;
}

/** How often topics are looked for that a source has not made yet. */
const LOOK_INTERVAL_MS = 1000;

/** Runs tasks in this thread. */
export class TaskHost implements TaskRunner {
  readonly #base: WorkerBase;
  readonly #settings: WorkerSettings;
  readonly #scope: ConfigScope;
  readonly #workerId: string;
  readonly #loggers: Loggers;
  readonly #surroundings: TaskSurroundings;
  readonly #generation: Generation;
  readonly #running = new Map<string, Running>();

  constructor({ base, settings, scope, workerId, loggers, metrics }: TaskHostOptions) {
    this.#base = base;
    this.#loggers = loggers;
    this.#surroundings = { base, plugins: scope.plugins, group: settings.groupId, metrics };
    this.#settings = settings;
    this.#scope = scope;
    this.#workerId = workerId;
    const names = { topic: settings.topics.configs.topic, group: settings.groupId };
    this.#generation = new Generation(base.kafka, base.configs, base.producer, names, systemClock);
  }

  start(order: TaskOrder): void {
    const stopping = new AbortController();
    const running: Running = { stopping, task: null, failure: null, held: null, started: Promise.resolve() };
    const started = this.#start(order, running).catch((thrown) => {
      if (stopping.signal.aborted) return;
      const error = asConnectError(thrown);
      running.failure = error;
      this.#base.log.error(
        { connector: order.connector, task: order.task, code: error.code },
        `the task cannot start: ${error.message}`,
      );
    });
    this.#running.set(taskKey(order), Object.assign(running, { started }));
  }

  async stop(key: string): Promise<void> {
    const running = this.#running.get(key);
    if (!running) return;
    this.#running.delete(key);
    running.stopping.abort(new Error('stopping'));
    try {
      await Promise.all([running.task?.stop(this.#settings.shutdownTimeoutMs), running.started]);
    } finally {
      await running.held?.[Symbol.asyncDispose]();
    }
  }

  errors(key: string): ReadonlyMap<string, ConnectError> {
    const running = this.#running.get(key);
    if (running?.failure) return new Map([['', running.failure]]);
    return running?.task?.halts ?? new Map();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running.keys()].map((key) => this.stop(key)));
  }

  async #start(order: TaskOrder, running: Running): Promise<void> {
    const { signal } = running.stopping;
    const settings = settingsOf(order.config, this.#scope);
    running.held = await this.#catalogOf(topicsOf(settings).catalog, signal);
    const { catalog } = running.held;
    signal.throwIfAborted();
    if (settings.type === 'source') {
      running.task = this.#startSource(settings, order, catalog);
      return;
    }
    const { topics } = settings;
    const { tables } = tablesOfTopics(settings, topics instanceof RegExp ? [] : topics);
    const partitions = await this.#partitionsOf(settings, tables, signal);
    const definition = await sinkDefinition(settings, tables, this.#scope.plugins);
    signal.throwIfAborted();
    const world = sinkWorld(settings, catalog, partitions, this.#surroundings, this.#logOf(order));
    const task = new SinkTask(definition, world, order.task);
    // Before it joins its group: what is stopped meanwhile leaves it again.
    running.task = task;
    await task.start();
  }

  #startSource(settings: SourceSettings, order: TaskOrder, catalog: Catalog): Task {
    const { topics, groupId } = this.#settings;
    const world = sourceWorld(settings, catalog, this.#surroundings, this.#logOf(order));
    const task = new SourceTask(world, {
      definition: { ...sourceDefinition(settings, settings.tables), tasks: order.tasks },
      task: order.task,
      group: groupId,
      workerId: this.#workerId,
      generation: this.#generation,
      status: this.#base.statusWriter,
      offsetsTopic: { name: topics.offsets.topic, partitions: topics.offsets.partitions },
    });
    const ended = task.run();
    return {
      get halts() {
        return task.halts;
      },
      stop: async (deadlineMs) => {
        task.stop();
        await withinMs(ended, deadlineMs);
      },
    };
  }

  #logOf({ connector, task }: TaskOrder) {
    return this.#loggers.logger(`connector/${connector}`, { connector, task });
  }

  /** The source's side makes it: a sink may be started first. */
  async #catalogOf(topic: string, signal: AbortSignal): Promise<HeldCatalog> {
    for (;;) {
      const held = await this.#base.catalogs.hold(topic);
      if (held !== null) return held;
      await systemClock.sleep(LOOK_INTERVAL_MS, signal);
    }
  }

  /** Partitions of the data topics, once all of them are there. */
  async #partitionsOf(
    settings: SinkSettings,
    tables: readonly string[],
    signal: AbortSignal,
  ): Promise<number> {
    const names = topicsOf(settings);
    const topics = tables.flatMap((table) => [names.snapshot(table), names.changes(table)]);
    for (;;) {
      const described = [...(await describeTopics(this.#base.kafka, topics)).values()];
      if (described.every((one) => one !== null)) return described[0]?.partitions ?? 0;
      await systemClock.sleep(LOOK_INTERVAL_MS, signal);
    }
  }
}

/** Waits for an end, at most so long. */
async function withinMs(ended: Promise<void>, ms: number): Promise<void> {
  const waiting = new AbortController();
  await Promise.race([ended, systemClock.sleep(ms, waiting.signal).catch(() => {})]);
  waiting.abort();
}
