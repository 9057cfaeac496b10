import type { FlatConfig } from '../../config/flat/flat-config.ts';
import { ConnectError } from '../../errors.ts';
import type { RestartRequest, TargetState } from '../herder.ts';

/** Keys of the configs topic, as Kafka Connect has them (KafkaConfigBackingStore). */
export const configKeys = {
  connector: (name: string) => `connector-${name}`,
  target: (name: string) => `target-state-${name}`,
  task: (name: string, task: number) => `task-${name}-${task}`,
  /** Written after the task records: makes them visible together. */
  commit: (name: string) => `commit-${name}`,
  restart: (name: string) => `restart-connector-${name}`,
  /** Ours: a single task. Kafka Connect asks the worker that has it, over REST. */
  restartTask: (name: string, task: number) => `messina-restart-task-${name}-${task}`,
  logger: (namespace: string) => `logger-cluster-${namespace}`,
  /** Ours: stands in each change, and says whose it is. */
  change: 'messina-change',
} as const;

/** A record of the configs topic, or its deletion. */
export interface ConfigRecord {
  readonly key: string;
  /** Null deletes. */
  readonly value: object | null;
}

export const targetRecord = (name: string, state: TargetState): ConfigRecord => ({
  key: configKeys.target(name),
  // Workers before 3.5 know no STOPPED (KIP-875): to them it is a pause.
  value: { state: state === 'STOPPED' ? 'PAUSED' : state, 'state.v2': state },
});

/** What a REST call asked to be restarted. */
export interface RestartWish extends RestartRequest {
  readonly name: string;
  /** Null: the connector, and its tasks as the request says. */
  readonly task: number | null;
}

export const restartRecord = ({ name, task, includeTasks, onlyFailed }: RestartWish): ConfigRecord =>
  task === null
    ? {
        key: configKeys.restart(name),
        value: { 'include-tasks': includeTasks, 'only-failed': onlyFailed },
      }
    : { key: configKeys.restartTask(name, task), value: {} };

/** The wish that a record holds; null: it is another record, or a deletion. */
export function readRestart(key: string, value: string | null): RestartWish | null {
  if (value === null) return null;
  const connector = /^restart-connector-(.+)$/s.exec(key)?.[1];
  if (connector !== undefined) {
    const said = objectOf(key, value);
    const { 'include-tasks': includeTasks, 'only-failed': onlyFailed } = said;
    return {
      name: connector,
      task: null,
      includeTasks: includeTasks === true,
      onlyFailed: onlyFailed === true,
    };
  }
  const [, name, task] = /^messina-restart-task-(.+)-(\d+)$/s.exec(key) ?? [];
  if (name === undefined) return null;
  return { name, task: Number(task), includeTasks: false, onlyFailed: false };
}

export function propertiesOf(key: string, value: string): FlatConfig {
  const { properties } = objectOf(key, value);
  if (!isObject(properties)) throw corrupt(key, 'has no properties');
  return Object.fromEntries(Object.entries(properties).map(([name, text]) => [name, String(text)]));
}

export function targetOf(key: string, value: string): TargetState {
  const { state, 'state.v2': second } = objectOf(key, value);
  const said = second ?? state;
  if (said === 'STARTED' || said === 'PAUSED' || said === 'STOPPED') return said;
  throw corrupt(key, 'has no state that is known');
}

export function taskCountOf(key: string, value: string): number {
  const { tasks } = objectOf(key, value);
  if (typeof tasks === 'number' && Number.isInteger(tasks) && tasks >= 0) return tasks;
  throw corrupt(key, 'has no number of tasks');
}

export function levelOf(key: string, value: string): string {
  return String(objectOf(key, value)['level'] ?? 'INFO');
}

function objectOf(key: string, value: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(value);
    if (isObject(parsed)) return parsed;
  } catch (cause) {
    throw corrupt(key, 'is no JSON', cause);
  }
  throw corrupt(key, 'is no JSON object');
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** To guess what it said could start what somebody has stopped: nothing goes on before it is mended. */
function corrupt(key: string, what: string, cause?: unknown): ConnectError {
  return new ConnectError('WORKER_RECORD', `The record ${key} of the configs topic ${what}`, {
    cause,
    detail: { key },
  });
}
