import { KafkaError } from './errors.ts';
import type { ConnectionSettings } from './kafkajs.ts';
import { Link } from './link.ts';

/**
 * A set of connections, at most one per broker address, opened on demand and replaced when lost.
 *
 * Whoever must not wait behind another's requests has a set of its own: a broker answers one connection's requests in
 * order, and a JoinGroup or a long Fetch holds up what comes after it.
 */
export class Links {
  readonly #settings: ConnectionSettings;
  readonly #links = new Map<string, Promise<Link>>();
  #closed = false;

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
  }

  /** The connection to a broker. Throws BROKER_UNREACHABLE, AUTHENTICATION_FAILED or CLIENT_CLOSED. */
  async at(host: string, port: number): Promise<Link> {
    if (this.#closed) throw new KafkaError('CLIENT_CLOSED', 'the Kafka client was closed');
    const address = `${host}:${port}`;
    const existing = this.#links.get(address);
    if (existing) {
      const link = await existing;
      if (link.alive) return link;
      if (this.#links.get(address) !== existing) return this.at(host, port);
      if (link.idle) link.close();
    }
    const opening = Link.open(this.#settings, host, port);
    this.#links.set(address, opening);
    try {
      const link = await opening;
      if (this.#closed) link.close();
      return link;
    } catch (error) {
      if (this.#links.get(address) === opening) this.#links.delete(address);
      throw error;
    }
  }

  /** Ends all connections; requests in flight fail with CONNECTION_LOST. */
  async close(): Promise<void> {
    this.#closed = true;
    const links = await Promise.allSettled(this.#links.values());
    for (const link of links) if (link.status === 'fulfilled') link.value.close();
    this.#links.clear();
  }
}
