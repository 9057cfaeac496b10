import type { Clock } from '../clock.ts';
import type { FlatConfig } from '../config/flat/flat-config.ts';
import type { TaskContext } from '../connector.ts';
import type { State } from '../connector-state.ts';
import { asConnectError, type ConnectError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { statusKeys } from '../runtime/status-log.ts';
import { traceOf } from '../runtime/trace.ts';
import type { AutoRestart } from './auto-restart.ts';
import { Wanted } from './group/wanted.ts';
import type { ConfigStore, StoredConnector } from './state/config-store.ts';
import type { SaidStatus } from './state/said-status.ts';
import { sameConfig, taskRecords } from './state/task-records.ts';

export interface ConnectorSetWorld {
  readonly store: Pick<ConfigStore, 'get' | 'change'>;
  readonly said: SaidStatus;
  readonly log: Logger;
  readonly clock: Clock;
  /** Starts a connector: what its tasks are. */
  startConnector(config: FlatConfig, context: TaskContext): Promise<readonly FlatConfig[]>;
  /** Null: what fails stays failed. */
  autoRestart(config: FlatConfig): AutoRestart | null;
  /** Keys under which something is said of a connector's tasks from a number on. */
  saidOfTasks(name: string, first: number): readonly string[];
}

interface Starting {
  readonly stopping: AbortController;
  ended: Promise<void>;
  failed: boolean;
  /** It has said what the tasks are. */
  done: boolean;
}

/** How often topics are looked for that match since. */
const FOLLOW_INTERVAL_MS = 10_000;

type WantedConnector = Pick<StoredConnector, 'name' | 'config' | 'target'>;

/** How soon a connector that could not be stopped is stopped again. */
const REST_RETRY_MS = 2000;

/**
 * The connectors that this worker owns: starts them, which says what their tasks are, and says how they are. A connector
 * holds nothing once it is started: what runs is its tasks.
 */
export class ConnectorSet {
  /** Starts since the process began. */
  readonly startups = { attempts: 0, failures: 0 };
  readonly #world: ConnectorSetWorld;
  readonly #starting = new Map<string, Starting>();
  readonly #connectors: Wanted<WantedConnector>;

  constructor(world: ConnectorSetWorld) {
    this.#world = world;
    this.#connectors = new Wanted<WantedConnector>({
      begin: (key, connector) => this.#begin(key, connector),
      end: (key) => this.#end(key),
    });
  }

  /** Makes these the connectors of this worker. */
  set(connectors: readonly (WantedConnector & Pick<StoredConnector, 'tasks'>)[]): void {
    const names = new Set(connectors.map(({ name }) => name));
    for (const name of this.#connectors.keys) if (!names.has(name)) this.#connectors.unwant(name);
    for (const { name, config, target, tasks } of connectors) {
      this.#connectors.want(name, JSON.stringify([config, target]), { name, config, target });
      // Stopped, which takes its tasks away, and started again before this worker saw the one or the other.
      const isRobbed = target === 'STARTED' && tasks.length === 0 && this.#starting.get(name)?.done === true;
      if (isRobbed) this.#connectors.again(name);
    }
  }

  restart(name: string, onlyFailed: boolean): void {
    const connector = this.#connectors.standing(name);
    if (connector === null || (onlyFailed && this.#starting.get(name)?.failed !== true)) return;
    this.#world.autoRestart(connector.config)?.forget(name);
    this.#connectors.again(name);
  }

  /** The connectors that are here, as they were last said to be. */
  states(): { readonly name: string; readonly config: FlatConfig; readonly state: State }[] {
    return this.#connectors.keys.flatMap((name) => {
      const connector = this.#connectors.standing(name);
      const state = this.#world.said.last(statusKeys.connector(name)) ?? 'UNASSIGNED';
      return connector === null ? [] : [{ name, config: connector.config, state }];
    });
  }

  close(): Promise<void> {
    return this.#connectors.close();
  }

  #begin(name: string, connector: WantedConnector): void {
    const starting: Starting = {
      stopping: new AbortController(),
      failed: false,
      done: false,
      ended: Promise.resolve(),
    };
    this.#starting.set(name, starting);
    starting.ended = this.#run(connector, starting).catch((error) => {
      if (!starting.stopping.signal.aborted) {
        this.#world.log.error({ connector: name, err: error }, 'the connector could not be started');
      }
    });
  }

  async #end(name: string): Promise<void> {
    const { store, said, log } = this.#world;
    const starting = this.#starting.get(name);
    starting?.stopping.abort(new Error('stopping'));
    await starting?.ended;
    this.#starting.delete(name);
    try {
      await said.leave(statusKeys.connector(name), store.get(name) === null);
    } catch (err) {
      log.warn({ connector: name, err }, 'status not written');
    }
  }

  async #run(connector: WantedConnector, starting: Starting): Promise<void> {
    const { name, config, target } = connector;
    const { said, log, clock, autoRestart } = this.#world;
    const { signal } = starting.stopping;
    const key = statusKeys.connector(name);
    if (target !== 'STARTED') return this.#rest(connector, target, signal);
    for (;;) {
      const error = await this.#try(connector, signal);
      if (signal.aborted) return;
      if (error === null) {
        starting.done = true;
        return this.#follow(connector, signal);
      }
      starting.failed = true;
      this.startups.failures++;
      log.error({ connector: name, code: error.code }, `the connector failed: ${error.message}`);
      await said.say(key, 'FAILED', traceOf(new Map([['', error]])));
      const delayMs = autoRestart(config)?.next(name, error) ?? null;
      if (delayMs === null) return;
      await clock.sleep(delayMs, signal);
      starting.failed = false;
    }
  }

  /** A connector that is not to run; what is stopped has no tasks. Whatever is in the way is waited out. */
  async #rest(connector: WantedConnector, target: 'PAUSED' | 'STOPPED', signal: AbortSignal): Promise<void> {
    const { name } = connector;
    const { said, log, clock } = this.#world;
    while (target === 'STOPPED') {
      try {
        await this.#setTasks(connector, []);
        break;
      } catch (err) {
        log.warn({ connector: name, err }, 'its tasks are not taken away yet');
        await clock.sleep(REST_RETRY_MS, signal);
      }
    }
    await said.say(statusKeys.connector(name), target, null);
    // Stopped and paused before anybody had it: whoever said something of its tasks is gone.
    await this.#takeBack(name);
  }

  /** @returns why it could not be started; null: it is. */
  async #try(connector: WantedConnector, signal: AbortSignal): Promise<ConnectError | null> {
    const { name, config } = connector;
    const { log, clock, said, startConnector, autoRestart } = this.#world;
    this.startups.attempts++;
    try {
      const context = { log: log.child({ connector: name }), clock, signal };
      await said.say(statusKeys.connector(name), 'RUNNING', null);
      const tasks = await startConnector(config, context);
      signal.throwIfAborted();
      await this.#setTasks(connector, tasks);
      autoRestart(config)?.succeeded(name);
      return null;
    } catch (thrown) {
      return asConnectError(thrown);
    }
  }

  /** Topics that are made later match a regular expression too, as in Kafka Connect: then its tasks are others. */
  async #follow(connector: WantedConnector, signal: AbortSignal): Promise<void> {
    const { name, config } = connector;
    if (config['topics.regex'] === undefined) return;
    const { log, clock, store, startConnector } = this.#world;
    const context = { log: log.child({ connector: name }), clock, signal };
    for (;;) {
      await clock.sleep(FOLLOW_INTERVAL_MS, signal);
      try {
        const tasks = await startConnector(config, context);
        const now = store.get(name);
        if (now !== null && taskRecords(now, tasks).length > 0) await this.#setTasks(connector, tasks);
      } catch (err) {
        if (signal.aborted) return;
        log.warn({ connector: name, err }, 'topics that match are not known for now');
      }
    }
  }

  /** Tells the group what the connector's tasks are, all of them at once. */
  async #setTasks({ name, config, target }: WantedConnector, tasks: readonly FlatConfig[]): Promise<void> {
    const { store } = this.#world;
    await store.change(() => {
      const now = store.get(name);
      // Deleted, stopped or changed meanwhile: whoever owns it says what its tasks are, once, and may have done so already.
      const isStill = now?.target === target && (target === 'STOPPED' || sameConfig(now.config, config));
      return { records: isStill ? taskRecords(now, tasks) : [], result: undefined };
    });
    await this.#takeBack(name);
  }

  /** What is said of tasks that are no more: a worker that died with one can take nothing back. */
  async #takeBack(name: string): Promise<void> {
    const { store, said, saidOfTasks } = this.#world;
    const now = store.get(name)?.tasks.length ?? 0;
    for (const key of saidOfTasks(name, now)) await said.leave(key, true);
  }
}
