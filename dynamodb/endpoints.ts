import { isIP } from 'node:net';
import { rendezvous, seedOf } from './rendezvous.ts';

export interface AlternatorNodesOptions {
  /** URLs of some nodes; their scheme and port are those of all. */
  readonly seeds: readonly string[];
  /** Asks one node who else is there; see `probeNode`. Throws when the node does not answer. */
  readonly probe: (endpoint: string, signal?: AbortSignal) => Promise<readonly string[]>;
  /** `off`: the seeds are all there is, and nobody is asked. */
  readonly discovery?: 'auto' | 'off';
  /** Failed polls in a row after which a node counts as lost; default 2. */
  readonly failuresMax?: number;
}

type Listener = (nodes: readonly string[]) => void;

/**
 * The live nodes of an Alternator cluster, and which of them a key belongs to.
 *
 * Live are the seeds and what they discover, as far as they answer. A seed with a host *name* only counts while no
 * discovered address answers: a name may stand for several nodes, and a key must stick to one (rule C7). If nobody answers, the
 * list stays: an empty one helps nobody. The list is sorted, and the node of a key depends on it and on the key alone.
 */
export class AlternatorNodes {
  readonly #options: AlternatorNodesOptions;
  readonly #seeds: readonly string[];
  /** Failed polls in a row, of each node that was ever asked. */
  readonly #failures = new Map<string, number>();
  readonly #discovered = new Set<string>();
  readonly #listeners = new Set<Listener>();
  #nodes: readonly string[];
  #hashes: Uint32Array;

  constructor(options: AlternatorNodesOptions) {
    if (options.seeds.length === 0) throw new RangeError('at least one endpoint is needed');
    this.#options = options;
    this.#seeds = sorted(options.seeds.map((seed) => new URL(seed).origin));
    this.#nodes = this.#seeds;
    this.#hashes = hashesOf(this.#nodes);
  }

  /** Origins, sorted; never empty. */
  get live(): readonly string[] {
    return this.#nodes;
  }

  /** @param key any bytes that are the same for the same key */
  nodeForKey(key: Buffer): string {
    return this.#nodes[rendezvous(key, this.#hashes)]!;
  }

  /**
   * Called with the new list after each change, before any key goes to its new node. Whoever writes stops for the skew
   * bound (rule C7). @returns takes the listener away
   */
  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Asks every known node once. Never throws for a node that does not answer; throws the signal's reason. */
  async poll(signal?: AbortSignal): Promise<void> {
    if (this.#options.discovery === 'off') return;
    const known = sorted([...this.#seeds, ...this.#failures.keys()]);
    const found = await this.#ask(known, signal);
    for (const node of found) this.#discovered.add(node);
    // Who was found just now has not been asked yet.
    const strangers = found.filter((node) => !known.includes(node));
    await this.#ask(strangers, signal);
    this.#forgetLost();
    this.#replace(this.#liveNow());
  }

  async #ask(nodes: readonly string[], signal: AbortSignal | undefined): Promise<string[]> {
    const answers = await Promise.all(
      nodes.map(async (node) => {
        try {
          const hosts = await this.#options.probe(node, signal);
          this.#failures.set(node, 0);
          return hosts.map((host) => sameService(node, host));
        } catch {
          this.#failures.set(node, (this.#failures.get(node) ?? this.#failuresMax - 1) + 1);
          return [];
        }
      }),
    );
    signal?.throwIfAborted();
    return sorted(answers.flat());
  }

  get #failuresMax(): number {
    return this.#options.failuresMax ?? 2;
  }

  #liveNow(): string[] {
    const answering = [...this.#failures].filter(([, failures]) => failures < this.#failuresMax);
    const nodes = answering.map(([node]) => node);
    if (!nodes.some((node) => this.#discovered.has(node))) return nodes;
    return nodes.filter((node) => isIP(hostOf(node)) !== 0);
  }

  #forgetLost(): void {
    for (const [node, failures] of this.#failures) {
      if (failures < this.#failuresMax || this.#seeds.includes(node)) continue;
      this.#failures.delete(node);
      this.#discovered.delete(node);
    }
  }

  #replace(live: readonly string[]): void {
    const nodes = sorted(live);
    if (nodes.length === 0 || nodes.join(' ') === this.#nodes.join(' ')) return;
    this.#nodes = nodes;
    this.#hashes = hashesOf(nodes);
    for (const listener of this.#listeners) listener(nodes);
  }
}

function hashesOf(nodes: readonly string[]): Uint32Array {
  return Uint32Array.from(nodes, seedOf);
}

function sorted(nodes: readonly string[]): string[] {
  return [...new Set(nodes)].sort();
}

/** The same scheme and port on another host. */
function sameService(endpoint: string, host: string): string {
  const url = new URL(endpoint);
  url.hostname = isIP(host) === 6 ? `[${host}]` : host;
  return url.origin;
}

function hostOf(endpoint: string): string {
  return new URL(endpoint).hostname.replace(/^\[|\]$/g, '');
}
