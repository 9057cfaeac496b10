import { systemClock } from '../../clock.ts';
import type { SinkSettings, SourceSettings, WorkerSettings } from '../../config/settings.ts';
import { tablesOfTopics } from '../../config/tables-of-topics.ts';
import { asConnectError, ConnectError } from '../../errors.ts';
import type { KafkaError } from '../../kafka/errors.ts';
import { describeTopics } from '../../kafka/topics.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import { refuse } from '../../refuse.ts';
import type { Catalog } from '../../runtime/catalog.ts';
import { SinkTask } from '../../runtime/sink/sink-task.ts';
import { Generation } from '../../runtime/source/generation.ts';
import { SourceTask } from '../../runtime/source/source-task.ts';
import { topicProblems } from '../../topic-check.ts';
import { dataSpecs } from '../../topic-specs.ts';
import type { WorkerBase } from '../base.ts';
import type { HeldCatalog } from '../catalogs.ts';
import { type ConfigScope, settingsOf } from '../config-scope.ts';
import type { Loggers } from '../loggers.ts';
import {
  sinkDefinition,
  sinkWorld,
  sourceDefinition,
  sourceWorld,
  type TaskSurroundings,
  topicsOf,
} from '../worlds.ts';
import { type TaskOrder, type TaskRunner, taskKey } from './task-runner.ts';

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
  /** A task stops once, whoever asks. */
  stopped: Promise<void> | null;
  failure: ConnectError | null;
  held: HeldCatalog | null;
}

/** How often topics are looked for that a source has not made yet. */
const LOOK_INTERVAL_MS = 1000;
/** Looks for a topic until its absence is told: a source that is started at the same time needs fewer. */
const LOOKS_QUIET = 60;

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
    const running: Running = {
      stopping,
      task: null,
      stopped: null,
      failure: null,
      held: null,
      started: Promise.resolve(),
    };
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
      await Promise.all([this.#stopTask(running), running.started]);
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
    const ends = await Promise.allSettled([...this.#running.keys()].map((key) => this.stop(key)));
    // One that does not stop cleanly does not keep the others from it.
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  async #start(order: TaskOrder, running: Running): Promise<void> {
    const { signal } = running.stopping;
    const settings = settingsOf(order.config, this.#scope);
    running.held = await this.#catalogOf(topicsOf(settings).catalog, order, signal);
    const { catalog } = running.held;
    signal.throwIfAborted();
    running.held.onFault((error) => this.#deafened(order, running, error));
    if (settings.type === 'source') {
      await this.#assertPartitions(settings);
      signal.throwIfAborted();
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

  /** What it does depends on a catalog that stays as it is from now on: it begins anew, with one that is read anew. */
  #deafened(order: TaskOrder, running: Running, error: KafkaError): void {
    if (running.stopping.signal.aborted) return;
    const { connector, task } = order;
    const message = `The catalog of its topic.prefix cannot be read any more: ${error.message}`;
    running.failure = new ConnectError('KAFKA_UNREACHABLE', message, {
      cause: error,
      detail: { kafka: error.code },
    });
    running.stopping.abort(running.failure);
    this.#base.log.error({ connector, task, kafka: error.code }, `the task fails: ${message}`);
    this.#stopTask(running)?.catch((err: unknown) => {
      this.#base.log.warn({ connector, task, err }, 'the task did not stop cleanly');
    });
  }

  #stopTask(running: Running): Promise<void> | undefined {
    running.stopped ??= running.task?.stop(this.#settings.shutdownTimeoutMs) ?? null;
    return running.stopped ?? undefined;
  }

  /**
   * Rule C4: a key's partition follows from their number. Topics were made where the connector was started, and a placeholder
   * may stand for something else here.
   */
  async #assertPartitions(settings: SourceSettings): Promise<void> {
    const { tables, partitions } = settings;
    const specs = dataSpecs(topicsOf(settings), tables, partitions, null);
    const names = specs.map(({ topic }) => topic);
    const problems = topicProblems(specs, await describeTopics(this.#base.kafka, names));
    refuse(problems.filter(({ error }) => error.code === 'KAFKA_TOPIC_PARTITIONS'));
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
  async #catalogOf(topic: string, { connector, task }: TaskOrder, signal: AbortSignal): Promise<HeldCatalog> {
    for (let looks = 1; ; looks++) {
      const held = await this.#base.catalogs.hold(topic);
      if (held !== null) return held;
      if (looks === LOOKS_QUIET) {
        const message = `the task waits for topic ${topic}, which a source of that topic.prefix makes`;
        this.#base.log.warn({ connector, task, topic }, message);
      }
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
