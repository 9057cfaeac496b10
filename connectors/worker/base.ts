import { systemClock } from '../clock.ts';
import type { WorkerSettings } from '../config/settings.ts';
import { tlsOptions } from '../config/tls-options.ts';
import { KafkaClient } from '../kafka/client.ts';
import type { SaslOptions } from '../kafka/kafkajs.ts';
import { KeyedLog } from '../kafka/keyed-log.ts';
import { PlainProducer } from '../kafka/plain-producer.ts';
import { saslOf } from '../kafka/sasl/sasl.ts';
import type { Logger } from '../log.ts';
import type { PluginsModule } from '../plugins.ts';
import { OffsetStore } from '../runtime/offset-store.ts';
import { StatusWriter } from '../runtime/status-log.ts';
import { Catalogs } from './catalogs.ts';

/** What all that runs in one thread of a worker shares: the cluster, and the group's internal topics as they stand. */
export class WorkerBase implements AsyncDisposable {
  readonly kafka: KafkaClient;
  readonly configs: KeyedLog;
  readonly offsets: KeyedLog;
  readonly status: KeyedLog;
  /** Status, and what is told of numbers of tasks. */
  readonly producer: PlainProducer;
  /** Dead letters: a topic that cannot be written must not hold up what tasks say of themselves. */
  readonly letters: PlainProducer;
  readonly statusWriter: StatusWriter;
  readonly catalogs: Catalogs;
  readonly log: Logger;
  readonly #offsetStores = new Map<string, OffsetStore>();
  readonly #opened: KeyedLog[] = [];

  private constructor(kafka: KafkaClient, settings: WorkerSettings, logs: readonly KeyedLog[], log: Logger) {
    this.kafka = kafka;
    [this.configs, this.offsets, this.status] = logs as [KeyedLog, KeyedLog, KeyedLog];
    this.#opened.push(...logs);
    this.log = log;
    this.producer = new PlainProducer(kafka, { codec: 'none' });
    this.letters = new PlainProducer(kafka, { codec: 'none' });
    this.catalogs = new Catalogs(kafka);
    const { topic, partitions } = settings.topics.status;
    this.statusWriter = new StatusWriter(this.producer, topic, partitions, systemClock, this.status);
  }

  /** The internal topics must be there. */
  static async open(kafka: KafkaClient, settings: WorkerSettings, log: Logger): Promise<WorkerBase> {
    const { configs, offsets, status } = settings.topics;
    const logs = await Promise.all(
      [configs, offsets, status].map(({ topic }) => KeyedLog.open(kafka, topic)),
    );
    return new WorkerBase(kafka, settings, logs, log);
  }

  offsetsOf(connector: string): OffsetStore {
    let store = this.#offsetStores.get(connector);
    if (!store) this.#offsetStores.set(connector, (store = new OffsetStore(this.offsets, connector)));
    return store;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.producer.close(), this.letters.close(), this.catalogs[Symbol.asyncDispose]()]);
    await Promise.all(this.#opened.map((log) => log.close()));
    await this.kafka.close();
  }
}

/** How a worker logs in to its brokers; undefined: it does not. */
export function loginOf(
  { kafka: { sasl } }: WorkerSettings,
  awsCredentials: PluginsModule['awsCredentials'],
): SaslOptions | undefined {
  if (sasl === null) return undefined;
  return sasl.mechanism === 'aws-iam' ? saslOf(sasl, () => awsCredentials(sasl.region)) : saslOf(sasl);
}

/** A client for the worker's cluster; nothing is contacted yet. */
export function kafkaOf(settings: WorkerSettings, sasl: SaslOptions | undefined, log: Logger): KafkaClient {
  const { bootstrapServers, clientId, kafka } = settings;
  return new KafkaClient({
    brokers: bootstrapServers,
    clientId,
    ssl: tlsOptions(kafka),
    ...(sasl !== undefined && { sasl }),
    log: (level, message, detail) => log[level === 'error' ? 'warn' : level]({ ...detail }, message),
  });
}
