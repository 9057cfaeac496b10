import type { State } from '../connector-state.ts';
import type { KeyedLog } from '../kafka/keyed-log.ts';
import { statusKeys } from '../runtime/status-log.ts';
import type { StateInfo } from './herder.ts';

const STATES: readonly State[] = [
  'UNASSIGNED',
  'RUNNING',
  'PAUSED',
  'FAILED',
  'RESTARTING',
  'STOPPED',
  'DESTROYED',
];

/** Reads the status topic of a worker group. What cannot be read counts as never said: whoever it is of says it again. */
export class StatusView {
  readonly #log: Pick<KeyedLog, 'get' | 'entries'>;

  constructor(log: Pick<KeyedLog, 'get' | 'entries'>) {
    this.#log = log;
  }

  connector(name: string): StateInfo | null {
    return this.#state(statusKeys.connector(name));
  }

  task(connector: string, task: number): StateInfo | null {
    return this.#state(statusKeys.task(connector, task));
  }

  /** Topics that a connector has used, with the keys of their records. */
  topics(connector: string): Map<string, string> {
    const found = new Map<string, string>();
    for (const [key] of this.#log.entries()) {
      // No topic's name has a colon; a connector's may have more of them.
      const [, topic, of] = /^status-topic-([^:]*):connector-(.*)$/s.exec(key) ?? [];
      if (topic !== undefined && of === connector) found.set(topic, key);
    }
    return found;
  }

  /** Whether a topic is among those that a connector has used. */
  hasTopic(connector: string, topic: string): boolean {
    return this.#log.get(topicStatusKey(topic, connector)) !== null;
  }

  /** Keys of all that is said of a connector, of its tasks and of its topics. */
  keysOf(connector: string): string[] {
    const own = statusKeys.connector(connector);
    const ofConnector = this.#log.get(own) === null ? [] : [own];
    return [...ofConnector, ...this.keysOfTasks(connector, 0), ...this.topics(connector).values()];
  }

  /** Keys of all that is said of a connector's tasks from a number on, and by them of their tables. */
  keysOfTasks(connector: string, first: number): string[] {
    const begin = statusKeys.task(connector, 0).slice(0, -1);
    return [...this.#log.entries()].flatMap(([key]) => {
      const [, ofTable, of] = /^messina-(?:table|read)-(\d+)(?:-[^:]*)?:connector-(.*)$/s.exec(key) ?? [];
      const own = of === connector ? ofTable : key.startsWith(begin) ? key.slice(begin.length) : '';
      return /^\d+$/.test(own ?? '') && Number(own) >= first ? [key] : [];
    });
  }

  #state(key: string): StateInfo | null {
    const said = this.#read(key);
    const { state, worker_id: workerId, trace } = said ?? {};
    if (typeof workerId !== 'string' || !STATES.includes(state as State)) return null;
    const info = { state: state as State, worker_id: workerId };
    return typeof trace === 'string' && trace !== '' ? { ...info, trace } : info;
  }

  #read(key: string): Record<string, unknown> | null {
    const text = this.#log.get(key);
    if (text === null) return null;
    try {
      const value: unknown = JSON.parse(text);
      return typeof value === 'object' ? (value as Record<string, unknown> | null) : null;
    } catch {
      return null;
    }
  }
}

export const topicStatusKey = (topic: string, connector: string): string =>
  `status-topic-${topic}:connector-${connector}`;
