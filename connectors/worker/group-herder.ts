import { systemClock } from '../clock.ts';
import type { FlatConfig } from '../config/flat/flat-config.ts';
import type { WorkerSettings } from '../config/settings.ts';
import { connectorOf } from '../plugins.ts';
import { statusKeys } from '../runtime/status-log.ts';
import { sinkGroup } from '../topic-names.ts';
import type { WorkerBase } from './base.ts';
import type { ConfigScope } from './config-scope.ts';
import type { Peers } from './group/peers.ts';
import { slotGroups } from './group/slots.ts';
import type {
  ConnectorInfo,
  ConnectorOffset,
  ConnectorStatus,
  Herder,
  InitialState,
  Peer,
  RestartRequest,
  StateInfo,
  TargetState,
  TaskInfo,
} from './herder.ts';
import { RequestError } from './herder.ts';
import { alterOffsets, type OffsetsOf, offsetsOf, resetOffsets } from './offsets/connector-offsets.ts';
import { type ConfigRecord, configKeys, restartRecord, targetRecord } from './state/config-records.ts';
import type { ConfigStore, StoredConnector } from './state/config-store.ts';
import { taskRecords } from './state/task-records.ts';
import type { StatusView } from './status-view.ts';

/** What a herder works with once the worker has read the group's topics. */
export interface HerderWorld {
  readonly workerId: string;
  readonly settings: WorkerSettings;
  readonly base: WorkerBase;
  readonly store: ConfigStore;
  readonly status: StatusView;
  readonly peers: Peers;
  readonly kafkaClusterId: string;
  /** False once something failed that only a new start mends. */
  healthy(): boolean;
}

/** How long a look at the group may hold up an answer. */
const PEERS_WAIT_MS = 3000;

const targets: Readonly<Record<InitialState, TargetState>> = {
  RUNNING: 'STARTED',
  PAUSED: 'PAUSED',
  STOPPED: 'STOPPED',
};

/** Answers for a worker group from its internal topics, and changes them. */
export class GroupHerder implements Herder {
  readonly #scope: ConfigScope;
  #world: HerderWorld | null = null;

  constructor(scope: ConfigScope) {
    this.#scope = scope;
  }

  /** The topics are read: from here on questions are answered. */
  ready(world: HerderWorld): void {
    this.#world = world;
  }

  get workerId(): string {
    return this.#ready.workerId;
  }

  get kafkaClusterId(): string {
    return this.#ready.kafkaClusterId;
  }

  health(): 'starting' | 'healthy' | 'unhealthy' {
    if (this.#world === null) return 'starting';
    return this.#world.healthy() ? 'healthy' : 'unhealthy';
  }

  connectors(): readonly string[] {
    return this.#ready.store.names();
  }

  info(name: string): ConnectorInfo {
    return this.#info(this.#stored(name));
  }

  status(name: string): ConnectorStatus {
    const { status, store } = this.#ready;
    const stored = store.get(name);
    const connector = status.connector(name);
    if (stored === null || connector === null) {
      throw new RequestError(404, `No status found for connector ${name}`);
    }
    const tasks = stored.tasks.flatMap((_, id) => {
      const state = status.task(name, id);
      return state === null ? [] : [{ id, ...state }];
    });
    return { name, connector, tasks, type: this.#typeOf(stored.config) };
  }

  tasks(name: string): readonly TaskInfo[] {
    return this.#stored(name).tasks.map((config, task) => ({ id: { connector: name, task }, config }));
  }

  async create(name: string, config: FlatConfig, initialState: InitialState): Promise<ConnectorInfo> {
    const { store } = this.#ready;
    this.#refuseGroup(name, config);
    return store
      .change(() => {
        if (store.get(name) !== null) throw new RequestError(409, `Connector ${name} already exists`);
        const records = [connectorRecord(name, config), targetRecord(name, targets[initialState])];
        return { records, result: undefined };
      })
      .then(() => this.info(name));
  }

  async putConfig(name: string, config: FlatConfig) {
    const { store } = this.#ready;
    this.#refuseGroup(name, config);
    const created = await store.change(() => {
      const isNew = store.get(name) === null;
      const records = [connectorRecord(name, config), ...(isNew ? [targetRecord(name, 'STARTED')] : [])];
      return { records, result: isNew };
    });
    return { info: this.info(name), created };
  }

  async patchConfig(name: string, patch: Readonly<Record<string, string | null>>): Promise<ConnectorInfo> {
    const { store } = this.#ready;
    await store.change(() => {
      const config = { ...this.#stored(name).config };
      for (const [key, value] of Object.entries(patch)) {
        if (value === null) Reflect.deleteProperty(config, key);
        else config[key] = value;
      }
      return { records: [connectorRecord(name, config)], result: undefined };
    });
    return this.info(name);
  }

  async delete(name: string): Promise<void> {
    const { store, status, base } = this.#ready;
    await store.change(() => {
      const { tasks } = this.#stored(name);
      const keys = [
        configKeys.connector(name),
        configKeys.target(name),
        ...tasks.map((_, task) => configKeys.task(name, task)),
        configKeys.commit(name),
      ];
      return { records: keys.map((key): ConfigRecord => ({ key, value: null })), result: undefined };
    });
    // Also what nobody has any more who could take it back: of tasks that are stopped, or whose worker is gone.
    for (const key of status.keysOf(name)) await base.statusWriter.write(key, null);
  }

  async setTargetState(name: string, state: TargetState): Promise<void> {
    await this.#ready.store.change(() => {
      const stored = this.#stored(name);
      const changed = stored.target === state ? [] : [targetRecord(name, state)];
      // With no tasks left, one that begins anew elsewhere is sent away (rule C3), and offsets may be altered.
      const tasks = state === 'STOPPED' ? taskRecords(stored, []) : [];
      return { records: [...changed, ...tasks], result: undefined };
    });
  }

  async restart(name: string, request: RestartRequest): Promise<ConnectorStatus | null> {
    const { store, status } = this.#ready;
    // A connector alone is restarted whatever is said of it.
    const isAlone = !request.includeTasks && !request.onlyFailed;
    const isUnsaid = isAlone && status.connector(this.#stored(name).name) === null;
    const said = isUnsaid ? null : await this.#sayRestarting(name, request);
    const records = [restartRecord({ name, task: null, ...request })];
    await store.change(() => ({ records, result: undefined }));
    return said;
  }

  /** @returns the status with what restarts as RESTARTING. */
  async #sayRestarting(name: string, request: RestartRequest): Promise<ConnectorStatus> {
    const { base } = this.#ready;
    const before = this.status(name);
    const restarts = ({ state }: StateInfo) => !request.onlyFailed || state === 'FAILED';
    const restarting = <S extends StateInfo>(info: S): S => ({
      ...info,
      state: 'RESTARTING' as const,
      trace: undefined,
    });
    const connector = restarts(before.connector) ? restarting(before.connector) : before.connector;
    const tasks = before.tasks.map((task) =>
      request.includeTasks && restarts(task) ? restarting(task) : task,
    );
    if (connector !== before.connector) await this.#say(statusKeys.connector(name), connector);
    for (const [i, task] of tasks.entries()) {
      if (task !== before.tasks[i]) await this.#say(statusKeys.task(name, task.id), task);
    }
    await base.status.readToEnd();
    return { ...before, connector, tasks };
  }

  async restartTask(name: string, task: number): Promise<void> {
    const { store, status } = this.#ready;
    const { tasks } = this.#stored(name);
    const state = task < tasks.length ? status.task(name, task) : null;
    if (task >= tasks.length) throw new RequestError(404, `Unknown task: ${name}-${task}`);
    if (state) await this.#say(statusKeys.task(name, task), { ...state, state: 'RESTARTING' });
    const wish = restartRecord({ name, task, includeTasks: false, onlyFailed: false });
    await store.change(() => ({ records: [wish], result: undefined }));
  }

  activeTopics(name: string): readonly string[] | null {
    if (!this.#ready.settings.topicTracking) return null;
    this.#stored(name);
    return [...this.#ready.status.topics(name).keys()].sort();
  }

  async resetActiveTopics(name: string): Promise<void> {
    const { status, base } = this.#ready;
    if (!this.#ready.settings.topicTracking) throw new RequestError(403, 'Topic tracking is disabled.');
    if (!this.#ready.settings.topicTrackingReset) {
      throw new RequestError(403, 'Topic tracking reset is disabled.');
    }
    this.#stored(name);
    for (const key of status.topics(name).values()) await base.statusWriter.write(key, null);
    await base.status.readToEnd();
  }

  async offsets(name: string): Promise<readonly ConnectorOffset[]> {
    return offsetsOf(await this.#offsetsOf(this.#stored(name)));
  }

  async alterOffsets(name: string, offsets: readonly ConnectorOffset[]): Promise<string> {
    return alterOffsets(await this.#offsetsOf(this.#stopped(name)), offsets);
  }

  async resetOffsets(name: string): Promise<string> {
    return resetOffsets(await this.#offsetsOf(this.#stopped(name)));
  }

  async peers(): Promise<readonly Peer[]> {
    const { peers } = this.#ready;
    // What was known a moment ago is better than no answer while the coordinator is away.
    const waiting = new AbortController();
    const patience = systemClock.sleep(PEERS_WAIT_MS, waiting.signal).catch(() => {});
    await Promise.race([peers.look().catch(() => {}), patience]);
    waiting.abort(new Error('looked'));
    return peers.others;
  }

  caughtUp(): Promise<void> {
    return this.#ready.store.readToEnd();
  }

  async setClusterLogLevel(logger: string, level: string): Promise<void> {
    const record = { key: configKeys.logger(logger), value: { level } };
    await this.#ready.store.change(() => ({ records: [record], result: undefined }));
  }

  get #ready(): HerderWorld {
    if (this.#world) return this.#world;
    throw new RequestError(
      503,
      'Worker is still starting up. It reads the internal topics of its group; try again in a moment.',
    );
  }

  #stored(name: string): StoredConnector {
    const stored = this.#ready.store.get(name);
    if (stored) return stored;
    throw new RequestError(404, `Connector ${name} not found`);
  }

  #stopped(name: string): StoredConnector {
    const stored = this.#stored(name);
    if (stored.target === 'STOPPED' && stored.tasks.length === 0) return stored;
    throw new RequestError(
      400,
      'Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the specified ' +
        `connector by issuing a 'PUT' request to the '/connectors/${name}/stop' endpoint`,
    );
  }

  #info({ name, config, tasks }: StoredConnector): ConnectorInfo {
    const ids = tasks.map((_, task) => ({ connector: name, task }));
    return { name, config, tasks: ids, type: this.#typeOf(config) };
  }

  async #offsetsOf(connector: StoredConnector): Promise<OffsetsOf> {
    const { groupId, topics } = this.#ready.settings;
    const className = connector.config['connector.class'] ?? '';
    if (this.#typeOf(connector.config) === 'unknown') await this.peers();
    if (this.#typeOf(connector.config) === 'unknown') {
      const what = `No worker of the group knows the class ${className}: whether ${connector.name} is a source or a sink, and so where its offsets are, nobody can tell`;
      throw new RequestError(500, `${what}. Start a worker that has the class`);
    }
    return {
      connector,
      type: this.#typeOf(connector.config),
      base: this.#ready.base,
      placeholders: this.#scope.sources,
      offsetsTopic: topics.offsets,
      group: groupId,
    };
  }

  /** Sink tasks are members of their connector's own group, which must not be that of the workers (Kafka Connect: validateSinkConnectorGroupId). */
  #refuseGroup(name: string, config: FlatConfig): void {
    const { groupId } = this.#ready.settings;
    const group = sinkGroup(name);
    if (this.#typeOf(config) !== 'sink' || !Object.values<string>(slotGroups(groupId)).includes(group))
      return;
    throw new RequestError(
      400,
      `Consumer group for sink connector named ${name} conflicts with Connect worker group ${group}: give it another name`,
    );
  }

  #typeOf(config: FlatConfig): ConnectorInfo['type'] {
    const className = config['connector.class'] ?? '';
    const own = connectorOf(this.#scope.plugins, className);
    return own?.type ?? this.#ready.peers.typeOf(className) ?? 'unknown';
  }

  #say(key: string, { state, worker_id }: StateInfo): Promise<void> {
    return this.#ready.base.statusWriter.write(key, { state, trace: null, worker_id, generation: 0 });
  }
}

const connectorRecord = (name: string, config: FlatConfig): ConfigRecord => ({
  key: configKeys.connector(name),
  value: { properties: { ...config, name } },
});
