import type { ConnectionOptions } from 'node:tls';
import { Cluster } from './cluster.ts';
import { KafkaError } from './errors.ts';
import type { ConnectionSettings, SaslOptions } from './kafkajs.ts';
import { Links } from './links.ts';
import { retrying } from './retry.ts';

export type KafkaLog = (level: 'debug' | 'info' | 'warn' | 'error', message: string, detail?: object) => void;

export interface KafkaOptions {
  /** `host:port` of some brokers; the others are learned from them. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** TLS: true for the system's authorities, or Node's TLS options (ca, cert, key, rejectUnauthorized). */
  readonly ssl?: boolean | ConnectionOptions | undefined;
  readonly sasl?: SaslOptions | undefined;
  /** For connecting and authenticating. Default 5000. */
  readonly connectionTimeoutMs?: number | undefined;
  /** For each request beyond its own waiting time. Default 30 000. */
  readonly requestTimeoutMs?: number | undefined;
  readonly log?: KafkaLog | undefined;
}

/** How long a client that has never reached a broker tries, so that a wrong address is told quickly. */
const FIRST_CONTACT_BUDGET_MS = 4000;
const BUDGET_MS = 60_000;

/**
 * A client of one Kafka cluster: the settings and the cluster's metadata that readers, producers and group members
 * share. Costs nothing until used; `close()` ends the connections of its own, everything built on it has its own close.
 */
export class KafkaClient {
  readonly cluster: Cluster;
  /** Connections for short requests: metadata, offsets, commits, topics. */
  readonly links: Links;
  readonly requestTimeoutMs: number;
  readonly log: KafkaLog;
  readonly #settings: ConnectionSettings;
  readonly #closing = new AbortController();
  #reached = false;

  constructor(options: KafkaOptions) {
    if (options.brokers.length === 0) throw new KafkaError('INVALID_BROKER', 'no broker is configured');
    this.log = options.log ?? (() => {});
    this.requestTimeoutMs = options.requestTimeoutMs ?? 30_000;
    this.#settings = {
      clientId: options.clientId,
      ssl: options.ssl === true ? {} : options.ssl || null,
      sasl: options.sasl ?? null,
      connectionTimeoutMs: options.connectionTimeoutMs ?? 5000,
      debug: (message) => this.log('debug', `kafkajs: ${message}`),
    };
    this.cluster = new Cluster(options.brokers, this.requestTimeoutMs);
    this.links = new Links(this.#settings);
  }

  /** Aborted when the client is closed. */
  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  /** A set of connections of one's own: see `Links`. Whoever asks closes it. */
  newLinks(): Links {
    return new Links(this.#settings);
  }

  /** Reaches a broker, within a few seconds, or throws BROKER_UNREACHABLE or AUTHENTICATION_FAILED. Optional. */
  async connect(): Promise<void> {
    if (this.#reached) return;
    await retrying(() => this.cluster.anyLink(this.links), {
      budgetMs: FIRST_CONTACT_BUDGET_MS,
      signal: this.signal,
    });
    this.#reached = true;
  }

  /**
   * Retries what is retriable with a growing pause, by default for a minute, which outlasts a broker's restart. Before a
   * broker has been reached for the first time, see `connect`.
   */
  async retry<T>(attempt: () => Promise<T>, options: RetryPolicy = {}): Promise<T> {
    await this.connect();
    return retrying(attempt, { budgetMs: BUDGET_MS, ...options, signal: options.signal ?? this.signal });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.links.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

export interface RetryPolicy {
  readonly budgetMs?: number;
  readonly pauseMs?: number;
  readonly pauseMaxMs?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onRetry?: (error: KafkaError) => void | Promise<void>;
}
