import cassandra from 'cassandra-driver';
import type { TaskContext } from '../../connectors/connector.ts';
import type { Logger } from '../../connectors/log.ts';
import { AdvertisedAddresses } from './advertised-addresses.ts';
import { connectFault } from './connect-fault.ts';
import { contactPoint, DEFAULT_PORT, hostAndPort, nodeAddresses } from './contact-points.ts';
import { atCluster, isUnprepared } from './faults.ts';
import { NodeChoice } from './node-choice.ts';
import type { ClusterOptions } from './options.ts';
import { bytesOf } from './raw-cells.ts';
import type { Dialect } from './statements.ts';
import { tlsOptions } from './tls.ts';

const { consistencies, distance } = cassandra.types;
const { policies } = cassandra;

const CONNECT_TIMEOUT_MS = 5000;
/** Longer than servers wait themselves: 2 s for a write, 10 s at most for a range of rows (cassandra.yaml). */
const READ_TIMEOUT_MS = 12_000;
/** Changes of the schema take all nodes, one after the other. */
const SCHEMA_TIMEOUT_MS = 60_000;
/** v4 knows unset values; with v5 Cassandra puts several frames into one, which the driver does not. */
const PROTOCOL_VERSION = 4;
/** A connection is given up when more requests than this have no answer: nobody tells of a node that lost its power. */
const UNANSWERED_MAX = 3;
const RECONNECT_MS = 200;
const RECONNECT_MAX_MS = 5000;

/** Levels that only writes know, and what reads use in their place. */
const readLevels: Partial<Record<ClusterOptions['consistency'], ClusterOptions['consistency']>> = {
  any: 'one',
  eachQuorum: 'localQuorum',
};

/** An open road to a CQL cluster. Its client retries nothing by itself: whoever asks knows better. */
export class Cluster implements AsyncDisposable {
  readonly client: cassandra.Client;
  readonly dialect: Dialect;
  readonly keyspace: string;
  /** For writes, as the driver wants it: prepared, at the consistency level of the options. */
  readonly writes: cassandra.QueryOptions;
  /** For reading rows: prepared; {@link cellsOf} gives their cells. */
  readonly reads: cassandra.QueryOptions;

  private constructor(client: cassandra.Client, dialect: Dialect, options: ClusterOptions) {
    const { consistency } = options;
    this.client = client;
    this.dialect = dialect;
    this.keyspace = options.keyspace;
    this.writes = { prepare: true, isIdempotent: true, consistency: consistencies[consistency] };
    this.reads = { ...this.writes, consistency: consistencies[readLevels[consistency] ?? consistency] };
  }

  /** Throws TARGET_UNREACHABLE, TARGET_ACCESS_DENIED, TARGET_DATACENTER, or TARGET_REFUSED for an unreadable file. */
  static async open(options: ClusterOptions, context: TaskContext): Promise<Cluster> {
    context.signal.throwIfAborted();
    const client = await newClient(options, context.log);
    try {
      await connected(client, context.signal);
      const [found] = await rowsOf(
        client,
        `SELECT table_name FROM system_schema.tables WHERE keyspace_name = 'system_schema' AND table_name = 'scylla_tables'`,
      );
      return new Cluster(client, found === undefined ? 'cassandra' : 'scylladb', options);
    } catch (error) {
      await client.shutdown();
      throw connectFault(error, options);
    }
  }

  /** How many nodes each data centre has. */
  get dataCenters(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { datacenter } of this.client.hosts.values()) {
      counts.set(datacenter, (counts.get(datacenter) ?? 0) + 1);
    }
    return counts;
  }

  /**
   * Executes a statement of one row, or of a page of them; rejects with the driver's errors.
   *
   * @param params bytes; the driver passes them on as they are.
   */
  async execute(
    text: string,
    params: unknown[],
    options: cassandra.QueryOptions,
  ): Promise<cassandra.types.ResultSet> {
    try {
      return await this.client.execute(text, params, options);
    } catch (error) {
      // Nodes forget what was prepared; where the table is gone it cannot be prepared again, and the driver hides why.
      if (!isUnprepared(error)) throw error;
      return await this.client.execute(text, params, { ...options, prepare: false });
    }
  }

  /** Rows of the server's own tables, decoded. */
  query(text: string, params: readonly string[] = []): Promise<cassandra.types.Row[]> {
    return atCluster(null, () => rowsOf(this.client, text, params));
  }

  /**
   * Executes a statement that changes the schema.
   *
   * @returns false: nodes did not agree on the schema in time.
   */
  async changeSchema(text: string): Promise<boolean> {
    const result = await atCluster(null, () =>
      this.client.execute(text, [], { prepare: false, readTimeout: SCHEMA_TIMEOUT_MS }),
    );
    // Missing in the driver's types (cassandra-driver lib/types/result-set.js).
    return (result.info as { isSchemaInAgreement?: boolean }).isSchemaInAgreement !== false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.shutdown();
  }
}

async function newClient(options: ClusterOptions, log: Logger): Promise<cassandra.Client> {
  const { contactPoints, username, password } = options;
  const addresses = new AdvertisedAddresses(options.addressTranslation);
  const ssl = await tlsOptions(options);
  const client = new cassandra.Client({
    contactPoints: contactPoints.map(contactPoint),
    ...(username !== undefined && {
      authProvider: new cassandra.auth.PlainTextAuthProvider(username, password ?? ''),
    }),
    ...(ssl !== undefined && { sslOptions: ssl }),
    encoding: bytesOf(options.keyspace),
    policies: {
      addressResolution: addresses,
      loadBalancing: await loadBalancing(options, addresses),
      reconnection: new policies.reconnection.ExponentialReconnectionPolicy(RECONNECT_MS, RECONNECT_MAX_MS),
      retry: new policies.retry.FallthroughRetryPolicy(),
      speculativeExecution: new policies.speculativeExecution.NoSpeculativeExecutionPolicy(),
    },
    pooling: {
      coreConnectionsPerHost: { [distance.local]: 2, [distance.remote]: 0, [distance.ignored]: 0 },
      maxRequestsPerConnection: 2048,
    },
    // Nodes tell each other's addresses without ports.
    protocolOptions: {
      maxVersion: PROTOCOL_VERSION,
      port: hostAndPort(contactPoints[0]!, DEFAULT_PORT).port,
    },
    socketOptions: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      readTimeout: READ_TIMEOUT_MS,
      defunctReadTimeoutThreshold: UNANSWERED_MAX,
    },
    queryOptions: { isIdempotent: true },
    monitorReporting: { enabled: false },
  });
  client.on('log', (level: string, part: string, message: string) => {
    // The server's warnings repeat statements with their values.
    if (level !== 'verbose' && !message.startsWith('Received warning')) log.debug({ part }, message);
  });
  return client;
}

async function loadBalancing(
  { contactPoints, discovery, localDataCenter }: ClusterOptions,
  advertised: AdvertisedAddresses,
): Promise<cassandra.policies.loadBalancing.LoadBalancingPolicy> {
  const named = discovery === 'off' ? await nodeAddresses(contactPoints) : null;
  // A node that no other has told of was reached through a contact point.
  const mayUse = (address: string) => named === null || named.has(address) || !advertised.has(address);
  return new policies.loadBalancing.TokenAwarePolicy(new NodeChoice(localDataCenter, mayUse));
}

/** Connects, or throws the signal's reason: then the connection is closed as soon as it stands. */
async function connected(client: cassandra.Client, signal: AbortSignal): Promise<void> {
  const connecting = client.connect();
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    await Promise.race([connecting, aborted]);
  } catch (error) {
    connecting.then(
      () => client.shutdown(),
      () => {},
    );
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

async function rowsOf(
  client: cassandra.Client,
  text: string,
  params: readonly string[] = [],
): Promise<cassandra.types.Row[]> {
  // DESCRIBE, which has no parameters, is not prepared on all servers.
  const options = { prepare: params.length > 0, consistency: consistencies.localOne };
  const { rows } = await client.execute(text, [...params], options);
  return rows;
}
