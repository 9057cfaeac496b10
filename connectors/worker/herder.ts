import type { FlatConfig } from '../config/flat/flat-config.ts';
import type { ConnectorType, State } from '../connector-state.ts';

/**
 * What the REST API asks of a worker. Any worker of a group answers any question: what it says comes from the group's
 * internal topics, and what it changes is written there (Kafka Connect: Herder).
 */

export type TargetState = 'STARTED' | 'PAUSED' | 'STOPPED';
export type InitialState = 'RUNNING' | 'PAUSED' | 'STOPPED';

export interface TaskId {
  readonly connector: string;
  readonly task: number;
}

export interface ConnectorInfo {
  readonly name: string;
  readonly config: FlatConfig;
  readonly tasks: readonly TaskId[];
  readonly type: ConnectorType;
}

/** `trace` is there only where something failed. */
export interface StateInfo {
  readonly state: State;
  /** `host:port` of the REST API of the worker that has it. */
  readonly worker_id: string;
  readonly trace?: string;
}

export interface ConnectorStatus {
  readonly name: string;
  readonly connector: StateInfo;
  readonly tasks: readonly (StateInfo & { readonly id: number })[];
  readonly type: ConnectorType;
}

export interface TaskInfo {
  readonly id: TaskId;
  readonly config: FlatConfig;
}

/** A partition and where it is read up to, as Kafka Connect shows them; a null offset (alter only) resets the partition. */
export interface ConnectorOffset {
  readonly partition: Readonly<Record<string, unknown>>;
  readonly offset: Readonly<Record<string, unknown>> | null;
}

export interface RestartRequest {
  readonly includeTasks: boolean;
  readonly onlyFailed: boolean;
}

/** A worker of the group as the group's coordinator knows it. */
export interface Peer {
  readonly workerId: string;
  /** Root of its REST API, e.g. `http://127.0.0.1:8083`. */
  readonly url: string;
  /** Class names of the connectors that it can run, with what kind of connector each makes. */
  readonly classes: Readonly<Record<string, ConnectorType>>;
}

/**
 * A request that cannot be done, with the HTTP status that Kafka Connect gives it: 400 invalid, 404 no such thing,
 * 409 in conflict with what is there, 500 something failed on the way.
 */
export class RequestError extends Error {
  readonly status: 400 | 403 | 404 | 409 | 500 | 503;

  constructor(status: RequestError['status'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/** Each method throws {@link RequestError}: 404 where the connector, or its task, is not there. */
export interface Herder {
  readonly workerId: string;
  readonly kafkaClusterId: string;
  /** starting: the internal topics are not read yet. */
  health(): 'starting' | 'healthy' | 'unhealthy';

  /** Names, sorted. */
  connectors(): readonly string[];
  info(name: string): ConnectorInfo;
  /** Throws 404 `No status found for connector n` too. */
  status(name: string): ConnectorStatus;
  tasks(name: string): readonly TaskInfo[];

  /** Validates, stores; resolves when the worker has read back what it wrote. Throws 409 where the name is taken. */
  create(name: string, config: FlatConfig, initialState: InitialState): Promise<ConnectorInfo>;
  /** Stores a connector's configuration. `created`: there was none of this name. */
  putConfig(
    name: string,
    config: FlatConfig,
  ): Promise<{ readonly info: ConnectorInfo; readonly created: boolean }>;
  /** Changes single keys; null removes one. */
  patchConfig(name: string, patch: Readonly<Record<string, string | null>>): Promise<ConnectorInfo>;
  delete(name: string): Promise<void>;
  setTargetState(name: string, state: TargetState): Promise<void>;

  /**
   * @returns the status with what restarts as RESTARTING; null: nothing was said of the connector yet. Throws 404 then where
   * it depends on the states what restarts.
   */
  restart(name: string, request: RestartRequest): Promise<ConnectorStatus | null>;
  restartTask(name: string, task: number): Promise<void>;

  /** Topics that the connector has used since it was made, or since the last reset; sorted. Null: not tracked. */
  activeTopics(name: string): readonly string[] | null;
  resetActiveTopics(name: string): Promise<void>;

  offsets(name: string): Promise<readonly ConnectorOffset[]>;
  /** Both throw 400 unless the connector is STOPPED. @returns the message for the client. */
  alterOffsets(name: string, offsets: readonly ConnectorOffset[]): Promise<string>;
  resetOffsets(name: string): Promise<string>;

  /** The other workers. */
  peers(): Promise<readonly Peer[]>;
  /** Resolves when what they have stored until now is known here too. */
  caughtUp(): Promise<void>;

  /** Sets a level on every worker, through the configs topic. */
  setClusterLogLevel(logger: string, level: string): Promise<void>;
}
