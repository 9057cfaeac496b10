import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Call } from './call.ts';
import {
  answerOf,
  type Execution,
  execute,
  keysOf,
  type Store,
  tablesOfCall,
  unreachable,
} from './execute.ts';
import type { AlternatorFaults } from './faults.ts';
import { type Listener, sendAnswer } from './node.ts';
import type { ProxyEvent } from './proxy-event.ts';
import { requestBody } from './request-body.ts';
import type { Standstill } from './standstill.ts';
import { callerOf } from './upstream.ts';

export interface ProxyNode {
  /** `http://127.0.0.n:port`, the same port for all nodes, as `/localnodes` names addresses alone. */
  readonly endpoint: string;
  readonly address: string;
  /** May be changed at any time. */
  skewMs: number;
  /** Refuses connections and breaks those there are; what was accepted is executed all the same. */
  down(): Promise<void>;
  up(): Promise<void>;
}

/** The nodes and what they share. */
export interface Cluster {
  readonly store: Store;
  readonly faults: AlternatorFaults;
  readonly log: ProxyEvent[];
  readonly nodes: ProxyNode[];
  readonly listeners: Listener[];
  readonly executing: Set<Promise<unknown>>;
  /** Unanswered writes by key. */
  readonly waiting: Map<string, number>;
  overlaps: number;
  readonly standstill: Standstill;
  readonly place: { readonly dc: string; readonly rack: string };
}

/** Treats one request as the node with this number. */
export async function handle(
  cluster: Cluster,
  number: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method === 'GET') return answerGet(cluster, number, request, response);
  const received = await requestBody(request);
  if ('refusal' in received) return sendAnswer(response, received.refusal);
  const target = String(request.headers['x-amz-target'] ?? '');
  const call: Call = {
    node: number,
    get skewMs() {
      return cluster.nodes[number]?.skewMs ?? 0;
    },
    caller: callerOf(request.headers.authorization),
    target,
    operation: target.slice(target.indexOf('.') + 1),
    body: received.body,
  };
  const event = await arrive(cluster, call);
  if (response.closed) leave(cluster, event);
  else response.once('close', () => leave(cluster, event));
  await answer(cluster, call, event, response);
}

async function arrive(cluster: Cluster, call: Call): Promise<ProxyEvent> {
  const tables = tablesOfCall(call);
  const keys = await keysOf(call, cluster.store.tables).catch(() => []);
  const fault = cluster.faults.faultFor({ node: call.node, operation: call.operation, tables });
  const event: ProxyEvent = {
    node: call.node,
    operation: call.operation,
    tables,
    keys,
    arrivedAt: performance.now(),
    ...(fault === null ? {} : { fault }),
  };
  // After a standstill the end of the earlier one may lie behind it, unread.
  if (keys.some((key) => cluster.waiting.has(key)) && !cluster.standstill.isRecent) cluster.overlaps++;
  for (const key of keys) cluster.waiting.set(key, (cluster.waiting.get(key) ?? 0) + 1);
  cluster.log.push(event);
  return event;
}

function leave(cluster: Cluster, event: ProxyEvent): void {
  event.answeredAt = performance.now();
  for (const key of event.keys) {
    const rest = (cluster.waiting.get(key) ?? 1) - 1;
    if (rest === 0) cluster.waiting.delete(key);
    else cluster.waiting.set(key, rest);
  }
}

/** Executes a call and answers it, in the way that its fault says. */
async function answer(
  cluster: Cluster,
  call: Call,
  event: ProxyEvent,
  response: ServerResponse,
): Promise<void> {
  const { fault } = event;
  if (fault?.latencyMs !== undefined) await sleep(fault.latencyMs);
  const apply = fault?.apply ?? 'now';
  let execution: Execution | undefined;
  if (typeof apply === 'object')
    track(
      cluster,
      sleep(apply.afterMs).then(() => perform(cluster, call, event, 'all')),
    );
  else if (apply !== 'never') {
    execution = await track(cluster, perform(cluster, call, event, apply === 'half' ? 'half' : 'all'));
  }
  if (fault?.answer === 'hang') return;
  if (fault?.answer === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  const given = answerOf(call, fault, execution);
  event.status = given.status;
  if (!response.destroyed) sendAnswer(response, given);
}

async function perform(
  cluster: Cluster,
  call: Call,
  event: ProxyEvent,
  part: 'all' | 'half',
): Promise<Execution> {
  const execution = await execute(call, part, cluster.store).catch((error: unknown) => ({
    answer: unreachable(error),
    written: undefined,
  }));
  event.executedAt = performance.now();
  if (execution.written !== undefined) Object.assign(event, execution.written);
  return execution;
}

function track<T>(cluster: Cluster, work: Promise<T>): Promise<T> {
  cluster.executing.add(work);
  const done = () => cluster.executing.delete(work);
  work.then(done, done);
  return work;
}

/** `/localnodes`: addresses of the nodes that are up; anything else: the health check. */
function answerGet(
  cluster: Cluster,
  number: number,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const url = new URL(request.url ?? '/', 'http://node');
  const { dc, rack } = cluster.place;
  if (url.pathname !== '/localnodes') {
    response.end(`healthy: ${cluster.nodes[number]?.address ?? ''}`);
    return;
  }
  const here =
    [null, dc].includes(url.searchParams.get('dc')) && [null, rack].includes(url.searchParams.get('rack'));
  const up = cluster.nodes.filter((_, index) => cluster.listeners[index]?.isUp).map((node) => node.address);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(here ? up : []));
}
