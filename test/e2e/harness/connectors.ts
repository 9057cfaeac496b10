import { expect } from 'vitest';
import { ask, eventually } from '../../rest/rest-client.ts';
import { messinaJson } from './messina.ts';
import type { Worker } from './worker.ts';

export interface Connector {
  readonly name: string;
  readonly config: Readonly<Record<string, string>>;
}

interface State {
  readonly state: string;
  readonly worker_id: string;
  readonly trace?: string;
}

export interface ConnectorStatus {
  readonly connector: State;
  readonly tasks: readonly (State & { readonly id: number })[];
}

export interface Offset {
  readonly partition: Readonly<Record<string, unknown>>;
  readonly offset: Readonly<Record<string, unknown>> | null;
}

/** What `plan --connectors` prints: the connectors that a migration file stands for. */
export const printedConnectors = (file: string): Promise<readonly Connector[]> =>
  messinaJson<readonly Connector[]>('plan', file, '--connectors');

/** A request that must be answered so; the answer's JSON. */
export async function request<T>(
  worker: Worker,
  [method, path]: readonly [string, string],
  status: number,
  body?: unknown,
): Promise<T> {
  const answer = await ask(worker, method, path, body === undefined ? {} : { body });
  expect(answer.status, `${method} ${path}: ${answer.text}`).toBe(status);
  return answer.json as T;
}

export async function post(worker: Worker, connectors: readonly Connector[]): Promise<void> {
  for (const connector of connectors) await request(worker, ['POST', '/connectors'], 201, connector);
}

export const statusAt = (worker: Worker, connector: string): Promise<ConnectorStatus> =>
  request(worker, ['GET', `/connectors/${connector}/status`], 200);

export async function offsetsAt(worker: Worker, connector: string): Promise<readonly Offset[]> {
  const path = `/connectors/${connector}/offsets`;
  const { offsets } = await request<{ offsets: readonly Offset[] }>(worker, ['GET', path], 200);
  return offsets;
}

/** Waits until the connector, and each of so many tasks, is in a state. */
export function untilStates(
  worker: Worker,
  connector: string,
  state: string,
  tasks: readonly string[],
): Promise<void> {
  return eventually(async () => {
    const status = await statusAt(worker, connector);
    expect({ connector: status.connector.state, tasks: status.tasks.map((task) => task.state) }).toEqual({
      connector: state,
      tasks,
    });
  });
}

/** Waits until the connector and so many tasks run. */
export const untilRunning = (worker: Worker, connector: string, tasks: number): Promise<void> =>
  untilStates(worker, connector, 'RUNNING', Array<string>(tasks).fill('RUNNING'));
