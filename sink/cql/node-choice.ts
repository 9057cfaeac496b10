import cassandra from 'cassandra-driver';
import { ConnectError } from '../../connectors/errors.ts';

type Host = cassandra.Host;

/** Which nodes are written to: those of one data centre that may be used, in turn. */
export class NodeChoice extends cassandra.policies.loadBalancing.LoadBalancingPolicy {
  readonly #wanted: string | undefined;
  readonly #mayUse: (address: string) => boolean;
  #hosts: cassandra.HostMap | null = null;
  #nodes: readonly Host[] | null = null;
  #dataCenter = '';
  #turn = 0;

  /**
   * @param dataCenter undefined: that of the node that answered first.
   * @param mayUse says whether the node at an address may be used.
   */
  constructor(dataCenter: string | undefined, mayUse: (address: string) => boolean) {
    super();
    this.#wanted = dataCenter;
    this.#mayUse = mayUse;
  }

  override init(
    _client: cassandra.Client,
    hosts: cassandra.HostMap,
    callback: cassandra.EmptyCallback,
  ): void {
    this.#hosts = hosts;
    for (const change of ['add', 'remove']) hosts.on(change, () => (this.#nodes = null));
    try {
      // The driver learns of the node that answers first before all others.
      this.#dataCenter = this.#wanted ?? hosts.values()[0]?.datacenter ?? '';
      this.#checkReach(hosts.values());
    } catch (error) {
      callback(error as Error);
      return;
    }
    (callback as (error?: Error) => void)();
  }

  override getDistance(host: Host): cassandra.types.distance {
    const { local, ignored } = cassandra.types.distance;
    return host.datacenter === this.#dataCenter && this.#mayUse(host.address) ? local : ignored;
  }

  override newQueryPlan(
    _keyspace: string,
    _options: cassandra.ExecutionOptions | null,
    callback: (error: Error, plan: Iterator<Host>) => void,
  ): void {
    this.#nodes ??= (this.#hosts?.values() ?? []).filter((host) => this.#isLocal(host));
    const nodes = this.#nodes;
    const from = (this.#turn = (this.#turn + 1) % Math.max(nodes.length, 1));
    let taken = 0;
    // One per request: no list is made for it.
    const plan: Iterator<Host> = {
      next: () =>
        taken < nodes.length
          ? { value: nodes[(from + taken++) % nodes.length]!, done: false }
          : { value: undefined, done: true },
    };
    (callback as (error: unknown, plan: Iterator<Host>) => void)(null, plan);
  }

  #isLocal(host: Host): boolean {
    return this.getDistance(host) === cassandra.types.distance.local;
  }

  #checkReach(hosts: readonly Host[]): void {
    if (hosts.some((host) => this.#isLocal(host))) return;
    const found = [...new Set(hosts.map(({ datacenter }) => datacenter))].sort();
    const message = found.includes(this.#dataCenter)
      ? `No contact point is in data centre "${this.#dataCenter}", and target.discovery: off allows no other nodes`
      : `There is no data centre "${this.#dataCenter}": the cluster has ${found.map((name) => `"${name}"`).join(', ')}`;
    throw new ConnectError('TARGET_DATACENTER', message, { detail: { datacenter: this.#dataCenter } });
  }
}
