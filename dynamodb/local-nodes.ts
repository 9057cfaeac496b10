import { Agent, request } from 'undici';
import { type Clock, systemClock } from './clock.ts';
import type { AlternatorNodes } from './endpoints.ts';

export interface LocalNodesOptions {
  /** Only nodes of this datacenter, and of this rack in it. */
  readonly datacenter?: string | undefined;
  readonly rack?: string | undefined;
  readonly ca?: string | undefined;
  /** Default 3000. */
  readonly timeoutMs?: number;
}

/** Asks Alternator nodes for their neighbours; a probe for {@link AlternatorNodes}. */
export class LocalNodes implements AsyncDisposable {
  readonly #path: string;
  readonly #timeoutMs: number;
  readonly #agent: Agent;

  constructor(options: LocalNodesOptions = {}) {
    const { datacenter, rack, ca, timeoutMs = 3000 } = options;
    const query = new URLSearchParams();
    if (datacenter !== undefined) query.set('dc', datacenter);
    if (rack !== undefined) query.set('rack', rack);
    this.#path = query.size === 0 ? '/localnodes' : `/localnodes?${query}`;
    this.#timeoutMs = timeoutMs;
    this.#agent = new Agent({ connect: { timeout: timeoutMs, ...(ca === undefined ? {} : { ca }) } });
  }

  /**
   * `GET /localnodes`: the addresses of the live nodes of one datacenter (ScyllaDB alternator/server.cc; no signature).
   *
   * Whoever answers anything else is alive and knows no neighbours: a stand-in, or another service's API. Throws when
   * nobody answers.
   */
  readonly probe = async (endpoint: string, signal?: AbortSignal): Promise<readonly string[]> => {
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    const answer = await request(`${endpoint}${this.#path}`, {
      dispatcher: this.#agent,
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    const text = await answer.body.text();
    return answer.statusCode === 200 ? hostsOf(text) : [];
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }
}

/** Polls until the signal is aborted, then returns. The first poll comes at once. */
export async function keepPolling(
  nodes: AlternatorNodes,
  signal: AbortSignal,
  options: { readonly intervalMs?: number; readonly clock?: Clock } = {},
): Promise<void> {
  const { intervalMs = 10_000, clock = systemClock } = options;
  try {
    for (;;) {
      await nodes.poll(signal);
      await clock.sleep(intervalMs, signal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function hostsOf(text: string): string[] {
  try {
    const hosts: unknown = JSON.parse(text);
    return Array.isArray(hosts) ? hosts.filter((host) => typeof host === 'string') : [];
  } catch {
    return [];
  }
}
