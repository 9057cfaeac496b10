import type { TaskContext } from '../../connectors/connector.ts';
import { ConnectError } from '../../connectors/errors.ts';
import { readPem } from '../../connectors/tls.ts';
import { type ControlClient, createControlClient } from '../../dynamodb/control-client.ts';
import { type CredentialProvider, credentialProvider } from '../../dynamodb/credentials.ts';
import { DataClient } from '../../dynamodb/data-client.ts';
import { AlternatorNodes } from '../../dynamodb/endpoints.ts';
import { keepPolling, LocalNodes } from '../../dynamodb/local-nodes.ts';
import type { AlternatorOptions } from './options.ts';
import { recognise } from './recognise.ts';

/** Connections to one node, each with one request at a time. */
export const CONNECTIONS_MAX = 64;
/** For one answer to a read. */
const READ_TIMEOUT_MS = 60_000;

// A server without authorization reads no signature, but stand-ins ask for one.
const PLACEHOLDERS = { accessKeyId: 'none', secretAccessKey: 'none' };

/** An open road to the target: who is there, what it is, and clients for both kinds of calls. */
export class Target implements AsyncDisposable {
  readonly nodes: AlternatorNodes;
  /** ScyllaDB, with its own limits; else DynamoDB or a stand-in. */
  readonly alternator: boolean;
  readonly control: ControlClient;
  readonly #clients = new Map<string, DataClient>();
  #reading: DataClient | null = null;
  readonly #home: string;
  readonly #localNodes: LocalNodes;
  readonly #options: AlternatorOptions;
  readonly #ca: string | undefined;
  readonly #credentials: CredentialProvider;
  readonly #closing = new AbortController();

  private constructor(
    options: AlternatorOptions,
    ca: string | undefined,
    localNodes: LocalNodes,
    nodes: AlternatorNodes,
    home: { readonly endpoint: string; readonly alternator: boolean },
  ) {
    this.#options = options;
    this.#ca = ca;
    this.#localNodes = localNodes;
    this.nodes = nodes;
    this.#home = home.endpoint;
    this.alternator = home.alternator;
    this.#credentials = options.credentials
      ? credentialProvider(options.credentials, options.region)
      : () => Promise.resolve(PLACEHOLDERS);
    this.control = createControlClient({
      region: options.region,
      endpoints: { tables: home.endpoint, streams: home.endpoint },
      credentials: this.#credentials,
      ca,
    });
    nodes.onChange((live) => this.#forget(live));
  }

  /** Finds out who is there. Throws TARGET_UNREACHABLE when nobody answers. */
  static async open(options: AlternatorOptions, context: TaskContext): Promise<Target> {
    const { signal } = context;
    const ca =
      options.ca === undefined ? undefined : await readPem(options.ca, 'target.ca', 'TARGET_REFUSED');
    const { datacenter, rack } = options;
    const localNodes = new LocalNodes({ datacenter, rack, ca });
    try {
      const discovery = discovers(options) ? 'auto' : 'off';
      const nodes = new AlternatorNodes({ seeds: options.endpoints, probe: localNodes.probe, discovery });
      await nodes.poll(signal);
      for (const endpoint of nodes.live) {
        const service = await recognise(endpoint, { ca, signal });
        if (service === 'nobody') continue;
        return new Target(options, ca, localNodes, nodes, { endpoint, alternator: service === 'alternator' });
      }
      throw new ConnectError('TARGET_UNREACHABLE', `Nobody answers at ${nodes.live.join(', ')}`);
    } catch (error) {
      await localNodes[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The client of the node that answered first, for reading: a page of a Scan may take long, and nothing waits for it. */
  get data(): DataClient {
    this.#reading ??= this.#newClient(this.#home, READ_TIMEOUT_MS);
    return this.#reading;
  }

  /** A write is given up when the server has given it up (rule C7). */
  clientOf(node: string): DataClient {
    let client = this.#clients.get(node);
    if (client === undefined) {
      client = this.#newClient(node, this.#options.serverTimeoutMs);
      this.#clients.set(node, client);
    }
    return client;
  }

  #newClient(endpoint: string, timeoutMs: number): DataClient {
    return new DataClient({
      endpoint,
      region: this.#options.region,
      credentials: this.#credentials,
      connections: CONNECTIONS_MAX,
      timeoutMs,
      ca: this.#ca,
    });
  }

  /** Looks out for nodes that come and go, until the target is closed. */
  watch(context: TaskContext): void {
    if (!discovers(this.#options)) return;
    const signal = AbortSignal.any([context.signal, this.#closing.signal]);
    keepPolling(this.nodes, signal, { clock: context.clock }).catch((error: unknown) => {
      context.log.error({ error: String(error) }, 'the discovery of nodes has ended');
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.control[Symbol.dispose]();
    const clients = [...this.#clients.values(), ...(this.#reading ? [this.#reading] : [])];
    await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
    await this.#localNodes[Symbol.asyncDispose]();
  }

  /** Lets what is under way to lost nodes end, and their connections go. */
  #forget(live: readonly string[]): void {
    for (const [node, client] of this.#clients) {
      if (live.includes(node) || node === this.#home) continue;
      this.#clients.delete(node);
      void client.close();
    }
  }
}

/** Behind a load balancer the nodes are its own affair. */
function discovers(options: AlternatorOptions): boolean {
  return options.discovery === 'auto' && options.affinity === 'node';
}
