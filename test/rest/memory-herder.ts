import type { FlatConfig } from '../../connectors/config/flat/flat-config.ts';
import { connectorOf, type Plugins } from '../../connectors/plugins.ts';
import {
  type ConnectorInfo,
  type ConnectorOffset,
  type ConnectorStatus,
  type Herder,
  type InitialState,
  type Peer,
  RequestError,
  type RestartRequest,
  type StateInfo,
  type TargetState,
  type TaskInfo,
} from '../../connectors/worker/herder.ts';
import { readMoves } from '../../connectors/worker/offsets/sink-offsets.ts';

interface Held {
  config: FlatConfig;
  target: TargetState;
  offsets: ConnectorOffset[];
  topics: readonly string[];
}

/** A herder whose connectors do nothing, at once: what REST says can be seen without a broker. */
export class MemoryHerder implements Herder {
  readonly workerId = '127.0.0.1:8083';
  readonly kafkaClusterId = 'cluster';
  /** What a test lets it say. */
  isHealthy: ReturnType<Herder['health']> = 'healthy';
  others: readonly Peer[] = [];
  tracksTopics = true;
  /** Connectors without a status yet. */
  readonly unseen = new Set<string>();
  onClusterLevel: (logger: string, level: string) => void = () => {};
  /** In the order they came. */
  readonly patches: Readonly<Record<string, string | null>>[] = [];
  readonly #plugins: Plugins;
  readonly #held = new Map<string, Held>();

  constructor(plugins: Plugins) {
    this.#plugins = plugins;
  }

  health = () => this.isHealthy;
  peers = async () => this.others;
  caughtUp = async () => {};
  connectors = () => [...this.#held.keys()].sort();

  info(name: string): ConnectorInfo {
    const { config } = this.#of(name);
    const tasks = this.tasks(name).map(({ id }) => id);
    return { name, config, tasks, type: this.#typeOf(config) };
  }

  status(name: string): ConnectorStatus {
    if (!this.#held.has(name) || this.unseen.has(name)) {
      throw new RequestError(404, `No status found for connector ${name}`);
    }
    const { target, config } = this.#of(name);
    const state: StateInfo['state'] = target === 'STARTED' ? 'RUNNING' : target;
    const isFailing = config['client.id'] === 'failing';
    const task: StateInfo = isFailing
      ? { state: 'FAILED', worker_id: this.workerId, trace: 'It was told to fail' }
      : { state, worker_id: this.workerId };
    const connector: StateInfo = { state, worker_id: this.workerId };
    const tasks = this.tasks(name).map(({ id }) => ({ id: id.task, ...task }));
    return { name, connector, tasks, type: this.#typeOf(config) };
  }

  tasks(name: string): readonly TaskInfo[] {
    const { config, target } = this.#of(name);
    return target === 'STOPPED' ? [] : [{ id: { connector: name, task: 0 }, config }];
  }

  async create(name: string, config: FlatConfig, initial: InitialState): Promise<ConnectorInfo> {
    if (this.#held.has(name)) throw new RequestError(409, `Connector ${name} already exists`);
    const isSink = this.#typeOf(config) === 'sink';
    const partition = isSink
      ? { kafka_topic: 'p.T.changes', kafka_partition: 0 }
      : { table: 'T', shard: 's' };
    const offset = isSink ? { kafka_offset: 7 } : { sequence: '1' };
    const target = initial === 'RUNNING' ? 'STARTED' : initial;
    this.#held.set(name, { config, target, offsets: [{ partition, offset }], topics: ['p.T.changes'] });
    return this.info(name);
  }

  async putConfig(name: string, config: FlatConfig) {
    const held = this.#held.get(name);
    if (held === undefined) return { info: await this.create(name, config, 'RUNNING'), created: true };
    held.config = config;
    return { info: this.info(name), created: false };
  }

  async patchConfig(name: string, patch: Readonly<Record<string, string | null>>): Promise<ConnectorInfo> {
    this.patches.push(patch);
    const entries = Object.entries({ ...this.#of(name).config, ...patch });
    const kept = entries.filter((entry): entry is [string, string] => entry[1] !== null);
    return (await this.putConfig(name, Object.fromEntries(kept))).info;
  }

  async delete(name: string): Promise<void> {
    this.#of(name);
    this.#held.delete(name);
  }

  async setTargetState(name: string, state: TargetState): Promise<void> {
    this.#of(name).target = state;
  }

  async restart(name: string, { includeTasks, onlyFailed }: RestartRequest): Promise<ConnectorStatus> {
    const status = this.status(name);
    const restarted = <S extends StateInfo>(info: S): S =>
      onlyFailed && info.state !== 'FAILED' ? info : { ...info, state: 'RESTARTING' };
    return {
      ...status,
      connector: restarted(status.connector),
      tasks: includeTasks ? status.tasks.map(restarted) : status.tasks,
    };
  }

  async restartTask(name: string, task: number): Promise<void> {
    if (this.tasks(name)[task] === undefined) throw new RequestError(404, `No task ${task}`);
  }

  activeTopics(name: string): readonly string[] | null {
    return this.tracksTopics ? this.#of(name).topics : null;
  }

  async resetActiveTopics(name: string): Promise<void> {
    if (!this.tracksTopics) throw new RequestError(403, 'Topic tracking is disabled.');
    this.#of(name).topics = [];
  }

  async offsets(name: string): Promise<readonly ConnectorOffset[]> {
    return this.#of(name).offsets;
  }

  async alterOffsets(name: string, offsets: readonly ConnectorOffset[]): Promise<string> {
    const held = this.#stopped(name);
    if (this.#typeOf(held.config) === 'sink') readMoves(offsets);
    for (const { partition, offset } of offsets) {
      const same = (other: ConnectorOffset) => asNumbers(other.partition) === asNumbers(partition);
      const others = held.offsets.filter((other) => !same(other));
      const kept = held.offsets.find(same)?.partition ?? partition;
      held.offsets = offset === null ? others : [...others, { partition: kept, offset: numbers(offset) }];
    }
    return 'The offsets for this connector have been altered successfully';
  }

  async resetOffsets(name: string): Promise<string> {
    this.#stopped(name).offsets = [];
    return 'The offsets for this connector have been reset successfully';
  }

  async setClusterLogLevel(logger: string, level: string): Promise<void> {
    this.onClusterLevel(logger, level);
  }

  #of(name: string): Held {
    const held = this.#held.get(name);
    if (held === undefined) throw new RequestError(404, `Connector ${name} not found`);
    return held;
  }

  #stopped(name: string): Held {
    const held = this.#of(name);
    if (held.target === 'STOPPED') return held;
    throw new RequestError(
      400,
      `Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the specified connector by issuing a 'PUT' request to the '/connectors/${name}/stop' endpoint`,
    );
  }

  #typeOf(config: FlatConfig): ConnectorInfo['type'] {
    return connectorOf(this.#plugins, config['connector.class'] ?? '')?.type ?? 'unknown';
  }
}

/** `kafka_…` as numbers, also where they came as texts. */
const numbers = (of: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(of).map(([key, value]) => [
      key,
      /^kafka_(partition|offset)$/.test(key) ? Number(value) : value,
    ]),
  );

const asNumbers = (of: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(Object.entries(numbers(of)).sort());
