import { createServer, type Server, type Socket } from 'node:net';
import { freePorts } from '../local/ports.ts';
import { Connection, type ProxyStatement, type Shared } from './cql/connection.ts';
import { cassandraDialect, scyllaDialect } from './cql/dialect.ts';
import { CqlFaults } from './cql/faults.ts';

export interface CqlProxyOptions {
  /** What it is taken for; default `scylladb`. */
  readonly dialect?: 'scylladb' | 'cassandra';
  /** Of chance in faults; default 1. */
  readonly seed?: number;
}

/**
 * A node before a Cassandra that differs from it as ScyllaDB does, where a sink can tell, and fails on demand.
 *
 * Protocol v4 without compression, as ScyllaDB speaks it. One node: what Cassandra says of addresses is held back, so that
 * clients stay with the proxy. Disposing closes it.
 */
export class CqlProxy implements AsyncDisposable {
  /** `127.0.0.1:port` */
  readonly contactPoint: string;
  readonly #port: number;
  readonly #shared: Shared;
  readonly #connections = new Map<Socket, Connection>();
  #server: Server | null = null;

  private constructor(port: number, shared: Shared) {
    this.#port = port;
    this.#shared = shared;
    this.contactPoint = `127.0.0.1:${port}`;
  }

  /** @param upstream Cassandra's `127.0.0.1:port` */
  static async start(upstream: string, options: CqlProxyOptions = {}): Promise<CqlProxy> {
    const [port] = await freePorts(1);
    const proxy = new CqlProxy(port!, {
      port: Number(upstream.split(':')[1]),
      dialect: options.dialect === 'cassandra' ? cassandraDialect : scyllaDialect(),
      faults: new CqlFaults(options.seed ?? 1),
      statements: [],
      prepared: new Map(),
      executing: new Set(),
      underWay: 0,
    });
    await proxy.up();
    return proxy;
  }

  get faults(): CqlFaults {
    return this.#shared.faults;
  }

  /** Every request with a statement, in order of arrival, as the client wrote it. */
  get statements(): readonly ProxyStatement[] {
    return this.#shared.statements;
  }

  /** Connections of clients that are open. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Breaks all connections; new ones are taken. */
  cut(): void {
    for (const connection of this.#connections.values()) connection.cut();
  }

  /** Lets nothing pass on the connections there are, as a node that has lost its power; new ones are taken. */
  silence(): void {
    for (const connection of this.#connections.values()) connection.silence();
  }

  /** Refuses connections and breaks those there are. */
  async down(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const closed = new Promise((resolve) => server.close(resolve));
    this.cut();
    await closed;
  }

  async up(): Promise<void> {
    if (this.#server !== null) return;
    const server = createServer((client) => {
      this.#connections.set(client, new Connection(this.#shared, client));
      client.on('close', () => this.#connections.delete(client));
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#server = server;
  }

  /** Resolves when nothing that was put off is waiting any more. */
  async settled(): Promise<void> {
    while (this.#shared.executing.size > 0) await Promise.allSettled(this.#shared.executing);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
    await this.settled();
  }
}
