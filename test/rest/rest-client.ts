import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Config, RestWorker } from './rest-worker.ts';

export interface RestAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body; null where it is empty. */
  readonly json: unknown;
}

export interface RestRequest {
  /** Sent as JSON; a text is sent as it is. */
  readonly body?: unknown;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a worker says while its group is rebalanced: clients ask again (Kafka UI knows the one text, kcctl both). */
const isRebalancing = /a rebalance is expected|because of a conflicting operation|due to stale configuration/;

/** One request to a worker; asked again while its group is rebalanced. */
export async function ask(
  worker: { readonly url: string },
  method: string,
  path: string,
  request: RestRequest = {},
): Promise<RestAnswer> {
  const deadline = performance.now() + 120_000;
  for (;;) {
    const answer = await askOnce(worker.url, method, path, request);
    const isBusy = [409, 500].includes(answer.status) && isRebalancing.test(answer.text);
    if (!isBusy || performance.now() > deadline) return answer;
    await pause(100);
  }
}

async function askOnce(
  url: string,
  method: string,
  path: string,
  { body, contentType = 'application/json', headers = {} }: RestRequest,
): Promise<RestAnswer> {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': contentType }) },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, json: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

/** Asserts an error with its body: code and message in JSON. */
export function expectError(answer: RestAnswer, status: number, message: string | RegExp): void {
  expect(answer.json, answer.text).toEqual({
    error_code: status,
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  });
  expect(answer.status).toBe(status);
}

/**
 * Asserts that a request was refused for what it holds. Apache Kafka Connect answers 500 where its JSON parser or a null
 * stopped it, and says so in words of Java; a client can only rely on the error and its body.
 */
export function expectRefused(answer: RestAnswer): void {
  expect([400, 500], answer.text).toContain(answer.status);
  expect(answer.json).toEqual({ error_code: answer.status, message: expect.stringMatching(/./) });
}

/** Asks again until the answer is as it should be; fails with what it last was. */
export async function eventually(assertion: () => Promise<void>, timeoutMs = 180_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await pause(50);
  }
}

export interface MadeConnector extends AsyncDisposable {
  readonly name: string;
  readonly path: string;
  readonly config: Config;
}

export const makeConnectorName = (): string => `c${randomBytes(5).toString('hex')}`;

/** Makes a connector that goes with the test. */
export async function makeConnector(
  worker: RestWorker,
  kind: 'source' | 'sink' | 'failing',
  initialState?: string,
): Promise<MadeConnector> {
  const name = makeConnectorName();
  const make = { source: worker.sourceConfig, sink: worker.sinkConfig, failing: worker.failingConfig }[kind];
  const config = await make(name);
  const request = { name, config, ...(initialState === undefined ? {} : { initial_state: initialState }) };
  const answer = await ask(worker, 'POST', '/connectors', { body: request });
  expect(answer.status, answer.text).toBe(201);
  const path = `/connectors/${name}`;
  return {
    name,
    path,
    config: { ...config, name },
    [Symbol.asyncDispose]: async () => {
      await ask(worker, 'DELETE', path);
    },
  };
}

/** Waits until the connector, and each of as many tasks, is in a state. */
export function untilState(worker: RestWorker, path: string, connector: string, tasks: readonly string[]) {
  return eventually(async () => {
    const { json } = await ask(worker, 'GET', `${path}/status`);
    expect(json).toMatchObject({ connector: { state: connector }, tasks: tasks.map((state) => ({ state })) });
  });
}
