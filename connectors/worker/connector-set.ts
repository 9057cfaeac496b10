import type { Clock } from '../clock.ts';
import type { TaskContext } from '../connector.ts';
import { asConnectError, type ConnectError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { traceOf } from '../runtime/trace.ts';
import type { AutoRestart } from './auto-restart.ts';
import { configKeys } from './config-records.ts';
import type { ConfigStore, StoredConnector } from './config-store.ts';
import type { FlatConfig, State } from './herder.ts';
import type { SaidStatus } from './said-status.ts';
import { Wanted } from './wanted.ts';

export interface ConnectorSetWorld {
  readonly store: Pick<ConfigStore, 'get' | 'change'>;
  readonly said: SaidStatus;
  readonly log: Logger;
  readonly clock: Clock;
  /** Starts a connector: what its tasks are. */
  startConnector(config: FlatConfig, context: TaskContext): Promise<readonly FlatConfig[]>;
  /** Null: what fails stays failed. */
  autoRestart(config: FlatConfig): AutoRestart | null;
}

interface Starting {
  readonly stopping: AbortController;
  ended: Promise<void>;
  failed: boolean;
}

type WantedConnector = Pick<StoredConnector, 'name' | 'config' | 'target'>;

export const connectorStatusKey = (name: string): string => `status-connector-${name}`;

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
  set(connectors: readonly WantedConnector[]): void {
    const names = new Set(connectors.map(({ name }) => name));
    for (const name of this.#connectors.keys) if (!names.has(name)) this.#connectors.unwant(name);
    for (const { name, config, target } of connectors) {
      this.#connectors.want(name, JSON.stringify([config, target]), { name, config, target });
    }
  }

  restart(name: string, onlyFailed: boolean): void {
    if (onlyFailed && this.#starting.get(name)?.failed !== true) return;
    this.#connectors.again(name);
  }

  /** The connectors that are here, as they were last said to be. */
  states(): { readonly name: string; readonly config: FlatConfig; readonly state: State }[] {
    return this.#connectors.keys.flatMap((name) => {
      const connector = this.#connectors.standing(name);
      const state = this.#world.said.last(connectorStatusKey(name)) ?? 'UNASSIGNED';
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
      await said.leave(connectorStatusKey(name), store.get(name) === null);
    } catch (err) {
      log.warn({ connector: name, err }, 'status not written');
    }
  }

  async #run({ name, config, target }: WantedConnector, starting: Starting): Promise<void> {
    const { said, log, clock, autoRestart } = this.#world;
    const { signal } = starting.stopping;
    const key = connectorStatusKey(name);
    if (target === 'STOPPED') await this.#setTasks(name, []);
    if (target !== 'STARTED') return said.say(key, target, null);
    for (;;) {
      const error = await this.#try(name, config, signal);
      if (error === null || signal.aborted) return;
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

  /** @returns why it could not be started; null: it is. */
  async #try(name: string, config: FlatConfig, signal: AbortSignal): Promise<ConnectError | null> {
    const { log, clock, said, startConnector, autoRestart } = this.#world;
    this.startups.attempts++;
    try {
      const context = { log: log.child({ connector: name }), clock, signal };
      await said.say(connectorStatusKey(name), 'RUNNING', null);
      const tasks = await startConnector(config, context);
      signal.throwIfAborted();
      await this.#setTasks(name, tasks);
      autoRestart(config)?.succeeded(name);
      return null;
    } catch (thrown) {
      return asConnectError(thrown);
    }
  }

  /** Tells the group what the connector's tasks are, all of them at once. */
  #setTasks(name: string, tasks: readonly FlatConfig[]): Promise<void> {
    return this.#world.store.change(() => {
      const before = this.#world.store.get(name);
      // Deleted meanwhile.
      if (before === null || same(before.tasks, tasks)) return { records: [], result: undefined };
      const gone = before.tasks.slice(tasks.length);
      const records = [
        ...tasks.map((properties, task) => ({ key: configKeys.task(name, task), value: { properties } })),
        ...gone.map((_, i) => ({ key: configKeys.task(name, tasks.length + i), value: null })),
        { key: configKeys.commit(name), value: { tasks: tasks.length } },
      ];
      return { records, result: undefined };
    });
  }
}

const same = (a: readonly FlatConfig[], b: readonly FlatConfig[]): boolean =>
  a.length === b.length &&
  a.every((config, i) => {
    const other = b[i] ?? {};
    const keys = Object.keys(config);
    return keys.length === Object.keys(other).length && keys.every((key) => config[key] === other[key]);
  });
