import { freePorts } from '../local/ports.ts';
import { type Cluster, handle, type ProxyNode } from './alternator/cluster.ts';
import type { Manners, Store } from './alternator/execute.ts';
import { AlternatorFaults, type FaultRule } from './alternator/faults.ts';
import { listenAt } from './alternator/node.ts';
import type { ProxyEvent } from './alternator/proxy-event.ts';
import { watchForStandstill } from './alternator/standstill.ts';
import { tablesOf } from './alternator/tables.ts';
import { upstreamAt } from './alternator/upstream.ts';
import { writeOrder } from './alternator/write-order.ts';
import type { ActiveRule } from './fault-rules.ts';

export interface ProxyOptions {
  /** DynamoDB Local's endpoint. */
  readonly upstream: string;
  /** One per node: how far its clock is ahead, negative: behind. Default one node with a true clock. */
  readonly skewsMs?: readonly number[];
  /** Of chance in faults; default 1. */
  readonly seed?: number;
  readonly manners?: Manners;
  /** Named by `/localnodes?dc=`; default `datacenter1`. */
  readonly datacenter?: string;
  /** Default `rack1`. */
  readonly rack?: string;
}

/** Several Alternator nodes over one DynamoDB Local. Disposing closes them. */
export interface AlternatorProxy extends AsyncDisposable {
  readonly nodes: readonly [ProxyNode, ...ProxyNode[]];
  readonly endpoints: readonly string[];
  /** Every call, in order of arrival. */
  readonly log: readonly ProxyEvent[];
  /** Makes calls go wrong from now on. */
  inject(rule: FaultRule): ActiveRule;
  clearFaults(): void;
  /** Writes that arrived while another of the same key had no answer yet. */
  readonly overlaps: number;
  /** Resolves when nothing is being executed any more, also of what was put off. */
  settled(): Promise<void>;
}

/**
 * Starts a stand-in for a ScyllaDB cluster that differs from DynamoDB Local as Alternator does, where a sink can tell.
 *
 * Up to 100 items in a batch and never an unprocessed one; duplicate keys refuse a batch; bodies up to 16 MiB; the
 * operations, tags, limits and errors of Alternator; `/localnodes`; and above all: the node that executes a write stamps
 * it with its own clock, and the highest stamp of a key stays.
 */
export async function startAlternatorProxy(options: ProxyOptions): Promise<AlternatorProxy> {
  const { skewsMs = [0], manners = 'alternator' } = options;
  const upstream = upstreamAt(options.upstream);
  const store: Store = { manners, upstream, order: writeOrder(), tables: tablesOf(upstream) };
  const cluster: Cluster = {
    store,
    faults: new AlternatorFaults(options.seed ?? 1),
    log: [],
    nodes: [],
    listeners: [],
    executing: new Set(),
    waiting: new Map(),
    overlaps: 0,
    standstill: watchForStandstill(),
    place: { dc: options.datacenter ?? 'datacenter1', rack: options.rack ?? 'rack1' },
  };
  const addresses = skewsMs.map((_, number) => `127.0.0.${number + 1}`);
  const [port] = await freePorts(1, addresses);
  for (const [number, skewMs] of skewsMs.entries()) {
    const address = addresses[number]!;
    const listener = await listenAt(address, port!, (request, response) =>
      handle(cluster, number, request, response),
    );
    cluster.listeners.push(listener);
    const endpoint = `http://${address}:${port}`;
    cluster.nodes.push({ endpoint, address, skewMs, down: listener.down, up: listener.up });
  }
  const [first, ...others] = cluster.nodes;
  if (first === undefined) throw new Error('A proxy needs at least one node');
  const settled = async () => {
    while (cluster.executing.size > 0) await Promise.allSettled(cluster.executing);
  };
  return {
    nodes: [first, ...others],
    endpoints: cluster.nodes.map((node) => node.endpoint),
    log: cluster.log,
    inject: (rule) => cluster.faults.inject(rule),
    clearFaults: () => cluster.faults.clear(),
    get overlaps() {
      return cluster.overlaps;
    },
    settled,
    [Symbol.asyncDispose]: async () => {
      for (const listener of cluster.listeners) await listener.down();
      await settled();
      cluster.standstill[Symbol.dispose]();
      upstream.close();
    },
  };
}
