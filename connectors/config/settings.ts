import type { ConnectorPlugin } from '../plugins.ts';
import type { PredicateConfig, TransformConfig } from '../transforms/chain.ts';
import type { PlaceholderProvider } from './placeholders.ts';

/** What every connector's configuration says, read and checked; placeholders are resolved. */
interface CommonSettings {
  readonly name: string;
  /** `tasks.max` */
  readonly tasks: number;
  /** `topic.prefix`: first part of the names of its data topics, of its catalog and, by default, of its dead letters. */
  readonly topicPrefix: string;
  /** `topic.names.<table>`: what stands for a table in its topics' names, where Kafka would refuse its own. */
  readonly topicNames: Readonly<Record<string, string>>;
  /** `value.converter` (or the worker's): name of the converter of data topics. */
  readonly converter: string;
  readonly tolerance: 'none' | 'all';
  readonly deadLetters: DeadLetterSettings;
  readonly errors: ErrorSettings;
  /** The plugin's own, as its schema made them. */
  readonly options: unknown;
}

/** `errors.deadletterqueue.…`; ours for sources too, whose unreadable records are set aside. */
export interface DeadLetterSettings {
  /** Default `<topic.prefix>.dead-letters`; only used where `errors.tolerance` is all. */
  readonly topic: string;
  /** Null: the broker's default. */
  readonly replicationFactor: number | null;
  /** Default true, unlike Kafka Connect's: `messina dead-letters` works from the headers. */
  readonly contextHeaders: boolean;
}

export interface ErrorSettings {
  /** `errors.retry.timeout`, ms: a target's fault that lasts longer fails the task; −1 (default): it is waited out. */
  readonly retryTimeoutMs: number;
  /** `errors.retry.delay.max.ms`, default 60 000. */
  readonly retryDelayMaxMs: number;
  /** `errors.log.enable`, default false: each record that is set aside is logged, by its place. */
  readonly log: boolean;
  /** `errors.log.include.messages`, default false: with topic, partition, offset and timestamp; never key or value. */
  readonly logMessages: boolean;
  /** `errors.auto.restart.enabled`, default true: what failed and may work again is started again by itself. */
  readonly autoRestart: boolean;
  /** `errors.auto.restart.delay.ms`, default 10 000; doubles each time, up to… */
  readonly autoRestartDelayMs: number;
  /** …`errors.auto.restart.delay.max.ms`, default 600 000. */
  readonly autoRestartDelayMaxMs: number;
}

export interface SourceSettings extends CommonSettings {
  readonly type: 'source';
  readonly plugin: Extract<ConnectorPlugin, { type: 'source' }>['plugin'];
  /** `tables`: names, or globs over them. */
  readonly tables: readonly string[];
  /** `capture.connector`, snapshots only: the connector that captures the same tables; null: a copy, nothing is captured. */
  readonly captureConnector: string | null;
  /** `topic.creation.default.partitions`, default 12; of each data topic, existing ones must have it. */
  readonly partitions: number;
  /** `topic.creation.default.replication.factor`; null (default, or −1): the broker's. */
  readonly replicationFactor: number | null;
}

export interface SinkSettings extends CommonSettings {
  readonly type: 'sink';
  readonly plugin: Extract<ConnectorPlugin, { type: 'sink' }>['plugin'];
  /** Exactly one of `topics` and `topics.regex`: both topics of a table, `<prefix>.<table>.snapshot` and `.changes`. */
  readonly topics: readonly string[] | RegExp;
  /** `snapshots`, default true; false: events only, the changes flow at once (a migration with `snapshot.from: none`). */
  readonly snapshots: boolean;
  readonly transforms: readonly TransformConfig[];
  readonly predicates: Readonly<Record<string, PredicateConfig>>;
}

export type ConnectorSettings = SourceSettings | SinkSettings;

/** What a worker's configuration says (design: worker configuration), with Kafka Connect's names in camel case. */
export interface WorkerSettings {
  readonly bootstrapServers: readonly string[];
  readonly groupId: string;
  readonly clientId: string;
  /** `listeners`: http:// or https://, the first is what other workers are told, unless `rest.advertised.…` says else. */
  readonly listeners: readonly string[];
  /** Root of this worker's REST API as others reach it. */
  readonly advertisedUrl: string;
  /** `rest.auth.token`: bearer token that every request needs; null: none. */
  readonly restAuthToken: string | null;
  /** `listeners.https.ssl.…` or `ssl.…`: PEM texts for https listeners; null where there is none. */
  readonly restTls: { readonly cert: string; readonly key: string; readonly ca: string | null } | null;
  /** Names, partitions and replication factors of the internal topics; null: the broker's default factor. */
  readonly topics: Readonly<Record<'configs' | 'offsets' | 'status' | 'slots', InternalTopic>>;
  readonly keyConverter: string;
  readonly valueConverter: string;
  readonly shutdownTimeoutMs: number;
  readonly pluginPath: readonly string[];
  /** `connectors.dir`: folder of `*.json` (name and config, or a flat map with name) put in place at start; null: none. */
  readonly connectorsDir: string | null;
  /** `worker.threads`, default 0: tasks run in the main thread. */
  readonly threads: number;
  /** `session.timeout.ms` 10 000, `heartbeat.interval.ms` 1000, `rebalance.timeout.ms` 60 000 */
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly rebalanceTimeoutMs: number;
  /** `topic.tracking.enable`, `topic.tracking.allow.reset`; default true. */
  readonly topicTracking: boolean;
  readonly topicTrackingReset: boolean;
  readonly kafka: KafkaSettings;
  /** `config.providers`: names by which placeholders in configurations of connectors call what they are filled from. */
  readonly configProviders: Readonly<Record<string, PlaceholderProvider>>;
  /** Folder of the configuration file, or the working one: relative paths of placeholders count from it. */
  readonly folder: string;
}

export interface InternalTopic {
  readonly topic: string;
  readonly partitions: number;
  readonly replicationFactor: number | null;
}

/** `security.protocol`, `ssl.…` and `sasl.…` as the Kafka room takes them. */
export interface KafkaSettings {
  readonly tls: {
    readonly ca?: string;
    readonly cert?: string;
    readonly key?: string;
    readonly rejectUnauthorized?: boolean;
    /** False: certificates are checked, the names in them are not (`ssl.endpoint.identification.algorithm=`). Default true. */
    readonly checkHostname?: boolean;
  } | null;
  readonly sasl: SaslSettings | null;
}

export type SaslSettings =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  | {
      readonly mechanism: 'oauthbearer';
      readonly tokenEndpoint: string;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly scope?: string;
    }
  | {
      readonly mechanism: 'aws-iam';
      readonly region: string;
      /** Absent: the chain of the environment. */
      readonly credentials?: {
        readonly accessKeyId: string;
        readonly secretAccessKey: string;
        readonly sessionToken?: string;
      };
    };
