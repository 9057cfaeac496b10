import { systemClock } from '../clock.ts';
import type { WorkerSettings } from '../config/settings.ts';
import { asConnectError, type ConnectError } from '../errors.ts';
import type { SaslOptions } from '../kafka/kafkajs.ts';
import type { Logger } from '../log.ts';
import type { MetricsRegistry } from '../metrics/registry.ts';
import type { WorkerView } from '../metrics/worker-view.ts';
import { connectorOf, simpleName } from '../plugins.ts';
import { offsetKey } from '../runtime/offset-store.ts';
import type { OwnedSlots } from '../runtime/slot-units.ts';
import { wantedEpoch } from '../runtime/source/generation.ts';
import { version } from '../version.ts';
import { AutoRestarts } from './auto-restarts.ts';
import { kafkaOf, WorkerBase } from './base.ts';
import type { ConfigScope } from './config-scope.ts';
import { ConnectorSet } from './connector-set.ts';
import { startConnector } from './connector-start.ts';
import { firstContact } from './first-contact.ts';
import { LostClasses } from './group/lost-classes.ts';
import { aboutOf, Peers } from './group/peers.ts';
import { shareOf, slotContents } from './group/share.ts';
import { Slots, slotGroups } from './group/slots.ts';
import { TwinWatch } from './group/twin-watch.ts';
import { ConfigStore, type StoredConnector } from './state/config-store.ts';
import { ensureInternalTopics } from './state/internal-topics.ts';
import { SaidStatus } from './state/said-status.ts';
import { StatusView } from './status-view.ts';
import { TaskSet } from './task-set.ts';
import type { TaskOrder, TaskRunner } from './threads/task-runner.ts';
import { TopicTracking } from './topic-tracking.ts';

export interface WorkerOptions {
  readonly settings: WorkerSettings;
  readonly scope: ConfigScope;
  /** `host:port` of its REST API. */
  readonly workerId: string;
  /** Root of its REST API as other workers reach it. */
  readonly url: string;
  readonly sasl: SaslOptions | undefined;
  readonly log: Logger;
  readonly metrics: MetricsRegistry;
  /** Ends the wait for a broker. */
  readonly signal: AbortSignal;
  /** What its tasks are run by. */
  runnerOf(base: WorkerBase, settings: WorkerSettings): TaskRunner | Promise<TaskRunner>;
  /** It cannot go on, and only a new start helps. */
  onFailed(error: ConnectError): void;
}

/** What a worker has beyond the time of its tasks to say how they are and leave its group. */
const LEAVE_GRACE_MS = 10_000;

/** A member of a worker group: runs the connectors and tasks that the group gives it. */
export class Worker implements AsyncDisposable {
  readonly base: WorkerBase;
  readonly store: ConfigStore;
  readonly status: StatusView;
  readonly peers: Peers;
  readonly #options: WorkerOptions;
  readonly #runner: TaskRunner;
  readonly #tasks: TaskSet;
  readonly #connectors: ConnectorSet;
  readonly #topics: TopicTracking;
  readonly #lost: LostClasses;
  /** Where what is lost is taken to stand, as nobody knows its kind: with the sources, if there are workers for those. */
  #lostType: 'source' | 'sink' = 'source';
  readonly #slots: ReadonlyMap<'source' | 'sink', Slots>;
  readonly #unsubscribe: (() => void)[] = [];
  #due = false;
  #stopping = false;
  #failed = false;

  private constructor(base: WorkerBase, runner: TaskRunner, options: WorkerOptions) {
    const { settings, workerId, log, scope } = options;
    this.base = base;
    this.#options = options;
    this.#runner = runner;
    this.store = new ConfigStore(base.kafka, base.configs, settings.groupId, systemClock);
    this.status = new StatusView(base.status);
    const groups = slotGroups(settings.groupId);
    const about = aboutOf(workerId, options.url, scope.plugins);
    const { sessionTimeoutMs } = settings;
    const twins = new TwinWatch({ url: options.url, sessionTimeoutMs, clock: systemClock, log });
    this.#lost = new LostClasses({ sessionTimeoutMs, clock: systemClock });
    this.peers = new Peers(base.kafka, Object.values(groups), about, twins, () => this.#looked());
    const said = new SaidStatus({ status: base.statusWriter, topic: base.status, workerId, log });
    const world = { store: this.store, said, log, clock: systemClock };
    const restarts = new AutoRestarts(this.store, scope, systemClock);
    this.#tasks = new TaskSet({
      ...world,
      runner,
      autoRestart: ({ connector }) => restarts.of(connector),
      exists: (task) => this.#exists(task),
    });
    this.#connectors = new ConnectorSet({
      ...world,
      startConnector: (config, context) => startConnector(config, base, scope, context),
      autoRestart: ({ name = '' }) => restarts.of(name),
      saidOfTasks: (name, first) => this.status.keysOfTasks(name, first),
    });
    this.#topics = new TopicTracking(base, this.status, settings.topicTracking, scope);
    const types = new Set(scope.plugins.connectors.map(({ type }) => type));
    this.#slots = new Map(
      [...types].map((type) => [
        type,
        new Slots(
          base.kafka,
          settings,
          {
            groupId: groups[type],
            about,
            type,
            contents: (count) => slotContents(this.store.all(), count),
            onOwned: () => this.#change(),
            onFailed: (error) => this.#fail(error),
          },
          log,
        ),
      ]),
    );
  }

  /** Reads the internal topics, made where they are missing, and joins the group. */
  static async start(configured: WorkerOptions): Promise<Worker> {
    const { log, signal } = configured;
    const { bootstrapServers } = configured.settings;
    const kafka = kafkaOf(configured.settings, configured.sasl, log);
    let base: WorkerBase | null = null;
    let worker: Worker | null = null;
    try {
      await firstContact(kafka, { bootstrapServers, clock: systemClock, log, signal });
      const topics = await ensureInternalTopics(kafka, configured.settings.topics);
      const options = { ...configured, settings: { ...configured.settings, topics } };
      base = await WorkerBase.open(kafka, options.settings, log);
      worker = new Worker(base, await options.runnerOf(base, options.settings), options);
      await worker.#start();
      options.metrics.show(worker.view);
      return worker;
    } catch (error) {
      // What it had begun would go on in the background.
      const closed = (worker ?? base ?? kafka)[Symbol.asyncDispose]();
      // A broker that is being tried may take seconds to say no, and who ends us does not wait.
      if (base !== null || !signal.aborted) await closed;
      throw error;
    }
  }

  /** As configured, with the internal topics as they are. */
  get settings(): WorkerSettings {
    return this.#options.settings;
  }

  get healthy(): boolean {
    return !this.#failed;
  }

  /** What it shows of itself in metrics. */
  get view(): WorkerView {
    const { plugins } = this.#options.scope;
    const started = ({ attempts, failures }: { attempts: number; failures: number }) => ({
      attempts,
      failures,
      successes: attempts - failures,
    });
    return {
      connectors: () =>
        this.#connectors.states().map(({ name, config, state }) => {
          const className = config['connector.class'] ?? '';
          const type = connectorOf(plugins, className)?.type ?? 'unknown';
          return { name, type, class: className, version: version(), state };
        }),
      tasks: () => this.#tasks.states(),
      startups: () => ({
        connectors: started(this.#connectors.startups),
        tasks: started(this.#tasks.startups),
      }),
      // Of the first kind that it has: images have one.
      rebalance: () => [...this.#slots.values()][0]!.rebalances(),
    };
  }

  /** Gives everything up: what is in flight is finished, the group is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    // A broker that is away is waited for here and there, a minute each time: who runs us would not.
    const { settings, log } = this.#options;
    const patienceMs = settings.shutdownTimeoutMs + LEAVE_GRACE_MS;
    const left = new AbortController();
    const cut = () => {
      log.warn(
        'Kafka does not answer: the group is not left, and has the tasks once the session of this worker ends',
      );
      return this.base.kafka.close();
    };
    void systemClock
      .sleep(patienceMs, left.signal)
      .then(cut)
      .catch(() => {});
    try {
      const loops = [this.#topics.close(), this.peers.close()];
      await Promise.all([...loops, this.#connectors.close(), this.#tasks.close()]);
      await Promise.all([...this.#slots.values()].map((slots) => slots.stop()));
      await this.#runner[Symbol.asyncDispose]();
    } finally {
      left.abort(new Error('left'));
    }
    await this.base[Symbol.asyncDispose]();
  }

  async #start(): Promise<void> {
    // A record that cannot be read is told before anything runs.
    this.store.all();
    const { configs, offsets, status } = this.base;
    for (const [key] of offsets.entries()) {
      if (offsetKey(key) === null) this.#options.log.warn({ key }, 'no key of an offset: passed over');
    }
    this.#unsubscribe.push(
      // A worker that hears nothing any more would run on what is long stopped.
      ...[configs, offsets, status].map((log) => log.onFault((error) => this.#fail(error))),
      this.store.subscribe(() => this.#change()),
      this.store.onRestart(({ name, task, includeTasks, onlyFailed }) => {
        if (task === null) this.#connectors.restart(name, onlyFailed);
        if (task !== null || includeTasks) this.#tasks.restart(name, { task, onlyFailed });
      }),
    );
    this.#tasks.start();
    this.#topics.start();
    this.peers.start();
    await Promise.all([...this.#slots.values()].map((slots) => slots.start()));
  }

  /** What stands in the topics, or who owns it, has changed: soon, once for all that comes together. */
  #change(): void {
    if (this.#due || this.#stopping) return;
    this.#due = true;
    setImmediate(() => {
      this.#due = false;
      if (this.#stopping) return;
      try {
        this.#reconcile();
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  #reconcile(): void {
    const { connectors, tasks } = shareOf(this.store.all(), {
      of: (connector) => this.#slotsOf(connector),
      epoch: (table) => wantedEpoch(this.base.configs, table),
    });
    this.#connectors.set(connectors);
    this.#topics.set(connectors);
    this.#tasks.set(tasks);
    for (const slots of this.#slots.values()) slots.balance();
  }

  /** Whether a task is still one of its connector's: with fewer tasks, or none, nothing is said of those that went. */
  #exists({ connector, task }: Pick<TaskOrder, 'connector' | 'task'>): boolean {
    try {
      return task < (this.store.get(connector)?.tasks.length ?? 0);
    } catch {
      // A record that cannot be read is no sign that something was deleted.
      return true;
    }
  }

  /** The group was looked at. */
  #looked(): void {
    if (this.#stopping) return;
    const { plugins } = this.#options.scope;
    const classes = this.store.all().map(({ config }) => simpleName(config['connector.class'] ?? ''));
    const isKnown = (name: string) => connectorOf(plugins, name) !== null || this.peers.typeOf(name) !== null;
    const isOther = this.#lost.seen(new Set(classes.filter((name) => !isKnown(name))));
    const type = this.peers.has('source') ? 'source' : 'sink';
    if (isOther || type !== this.#lostType) this.#change();
    this.#lostType = type;
  }

  /** Null: it is not for workers like this one. */
  #slotsOf({ config }: StoredConnector): OwnedSlots | null {
    const className = simpleName(config['connector.class'] ?? '');
    const found = connectorOf(this.#options.scope.plugins, className);
    if (found === null && !this.#lost.has(className)) return null;
    // What nobody can run fails where it would stand.
    return this.#slots.get(found?.type ?? this.#lostType)?.of(className) ?? null;
  }

  #fail(thrown: unknown): void {
    if (this.#failed || this.#stopping) return;
    this.#failed = true;
    const error = asConnectError(thrown);
    this.#options.log.error({ code: error.code }, `the worker cannot go on: ${error.message}`);
    this.#options.onFailed(error);
  }
}
