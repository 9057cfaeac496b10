import { z } from 'zod';
import { replicationFactor } from '../replication-factor.ts';

const INT_MAX = 2_147_483_647;

const text = (description: string) => z.string().min(1).describe(description);
const secret = (description: string) => z.string().min(1).meta({ description, secret: true });
const milliseconds = (least: number) => z.int().min(least).max(INT_MAX);
const replicas = (what: string) =>
  replicationFactor.describe(
    `Replicas of that topic when it is created; -1: the default of the broker. ${what}`.trim(),
  );

const topicName = (description: string) =>
  z
    .string()
    .regex(/^[a-zA-Z0-9._-]{1,249}$/, { error: 'must be 1 to 249 of the characters a-z A-Z 0-9 . _ -' })
    .exactOptional()
    .describe(description);

const hostAndPort = z.string().regex(/^([A-Z_]+:\/\/)?([\w.-]+|\[[\da-fA-F:.]+\]):\d{1,5}$/i, {
  error: 'must be host:port, such as 127.0.0.1:9092',
});

const host = (description: string) =>
  z
    .string()
    .regex(/^([\w.-]+|\[?[\da-f:.]+\]?)$/i, { error: 'must be the name or the address of a host' })
    .describe(description);

const listener = z.string().regex(/^https?:\/\/([\w.-]*|\[[\da-fA-F:.]+\]):\d{1,5}\/?$/i, {
  error: 'must be http://host:port or https://host:port, with commas between several',
});

/** PEM material of TLS; `whose` it is stands in the descriptions. */
const tlsKeys = (prefix: string, whose: string) => ({
  [`${prefix}ssl.keystore.location`]: text(
    `PEM file with the certificate chain and the private key of ${whose}.`,
  ).exactOptional(),
  [`${prefix}ssl.keystore.certificate.chain`]: text(
    `Certificate chain of ${whose} as PEM text.`,
  ).exactOptional(),
  [`${prefix}ssl.keystore.key`]: secret(
    `Private key of ${whose} as PEM text, not encrypted.`,
  ).exactOptional(),
  [`${prefix}ssl.keystore.type`]: z
    .string()
    .default('PEM')
    .describe('Only PEM. JKS and PKCS12 are converted once: `keytool`, `openssl pkcs12 -nodes`.'),
  [`${prefix}ssl.truststore.location`]: text(
    'PEM file of the certificate authorities to trust. Default: those of Node.',
  ).exactOptional(),
  [`${prefix}ssl.truststore.certificates`]: text(
    'Certificate authorities to trust, as PEM text.',
  ).exactOptional(),
  [`${prefix}ssl.truststore.type`]: z.string().default('PEM').describe('Only PEM.'),
});

/** Connection and group. */
const clusterKeys = {
  'bootstrap.servers': z
    .array(hostAndPort)
    .min(1)
    .describe('host:port of brokers to begin with, with commas between; the others are learnt from them.'),
  'group.id': z
    .string()
    .regex(/^[a-zA-Z0-9._-]{1,200}$/, { error: 'must be 1 to 200 of the characters a-z A-Z 0-9 . _ -' })
    .describe('Group of workers that share connectors and tasks.'),
  'client.id': text('Name of this worker towards the brokers. Default: messina-<group.id>.').exactOptional(),
  'session.timeout.ms': milliseconds(1)
    .default(10_000)
    .describe('Milliseconds without a heartbeat after which the tasks of a worker are given to others.'),
  'heartbeat.interval.ms': milliseconds(1).default(1000).describe('Milliseconds between heartbeats.'),
  'rebalance.timeout.ms': milliseconds(1)
    .default(60_000)
    .describe('Milliseconds that workers have to give tasks up when tasks are spread anew.'),
};

/** The topics that a group of workers keeps its state in. */
const topicKeys = {
  'config.storage.topic': topicName(
    'Topic of connectors and their configurations. Default: <group.id>-configs.',
  ),
  'config.storage.replication.factor': replicas(''),
  'config.storage.partitions': z.int().min(1).max(1).default(1).describe('Always one partition.'),
  'offset.storage.topic': topicName('Topic of the positions of sources. Default: <group.id>-offsets.'),
  'offset.storage.replication.factor': replicas(''),
  'offset.storage.partitions': z.int().min(1).max(INT_MAX).default(25).describe('Partitions of that topic.'),
  'status.storage.topic': topicName('Topic of states. Default: <group.id>-status.'),
  'status.storage.replication.factor': replicas(''),
  'status.storage.partitions': z.int().min(1).max(INT_MAX).default(5).describe('Partitions of that topic.'),
  'slots.storage.topic': topicName(
    'Topic whose partitions are the slots that tasks are spread over. Default: <group.id>-slots.',
  ),
  'slots.storage.replication.factor': replicas(''),
  'slots.storage.partitions': z
    .int()
    .min(1)
    .max(INT_MAX)
    .default(24)
    .describe('Slots: at most so many workers have tasks at the same time.'),
};

/** What the worker runs, and how. */
const runKeys = {
  'key.converter': text(
    'Accepted for Kafka Connect: the converter of values writes keys too.',
  ).exactOptional(),
  'value.converter': text('Converter of data topics: AvroConverter or JsonConverter.').default(
    'AvroConverter',
  ),
  'header.converter': text('Accepted for Kafka Connect.').exactOptional(),
  'offset.flush.interval.ms': z
    .int()
    .min(0)
    .default(60_000)
    .describe('Accepted for Kafka Connect: positions are stored in the transaction of their records.'),
  'task.shutdown.graceful.timeout.ms': milliseconds(0)
    .default(5000)
    .describe('Milliseconds that tasks have to finish what is in flight when the worker ends.'),
  'plugin.path': z
    .array(z.string())
    .default([])
    .describe(
      'Folders, or files of modules, with connectors, transforms and converters by others, with commas between.',
    ),
  'connectors.dir': text(
    'Folder of JSON files, each with a connector or a list of them, put in place at start; those of classes that only other workers have are left to them. Default: none.',
  ).exactOptional(),
  'worker.threads': z
    .int()
    .min(0)
    .max(1024)
    .default(0)
    .describe('Threads that tasks run in; 0: the main thread.'),
  'topic.tracking.enable': z
    .boolean()
    .default(true)
    .describe('Whether the topics that each connector uses are noted.'),
  'topic.tracking.allow.reset': z
    .boolean()
    .default(true)
    .describe('Whether those notes may be reset by a request.'),
  'config.providers': z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Names of placeholders’ providers; config.providers.<name>.class says which: EnvVarConfigProvider, FileConfigProvider or DirectoryConfigProvider. env, file and directory work without it.',
    ),
};

/** The REST API. */
const restKeys = {
  listeners: z
    .array(listener)
    .min(1)
    .exactOptional()
    .describe(
      'Where the REST API listens; port 0 is a free one, no host every address. Default: http://127.0.0.1:8083.',
    ),
  'rest.host.name': host('Old name: host of the only listener.').exactOptional(),
  'rest.port': z.int().min(0).max(65_535).exactOptional().describe('Old name: port of the only listener.'),
  'rest.advertised.host.name': host(
    'Host by which other workers reach this one. Default: that of the first listener, or the name of this machine.',
  ).exactOptional(),
  'rest.advertised.port': z
    .int()
    .min(1)
    .max(65_535)
    .exactOptional()
    .describe('Port by which other workers reach this one. Default: that of the listener.'),
  'rest.advertised.listener': z
    .enum(['http', 'https'])
    .exactOptional()
    .describe('Which listener other workers use. Default: the first.'),
  'rest.auth.token': secret('Bearer token that requests need. Default: none.').exactOptional(),
  ...tlsKeys('listeners.https.', 'https listeners'),
};

/** How the brokers are spoken to. */
const securityKeys = {
  'security.protocol': z
    .enum(['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'])
    .default('PLAINTEXT')
    .describe('How brokers are spoken to.'),
  ...tlsKeys('', 'this client, where brokers ask for one'),
  'ssl.endpoint.identification.algorithm': z
    .enum(['https', ''])
    .default('https')
    .describe(
      'https: the certificate must be for the broker’s name. Empty: it must be trusted, whatever its name.',
    ),
  'ssl.key.password': secret('Refused: private keys are given unencrypted.').exactOptional(),
  'ssl.keystore.password': secret('Refused: only PEM.').exactOptional(),
  'ssl.truststore.password': secret('Refused: only PEM.').exactOptional(),
  'sasl.mechanism': z
    .enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER', 'AWS_MSK_IAM'])
    .exactOptional()
    .describe('How to log in, where security.protocol is SASL_PLAINTEXT or SASL_SSL.'),
  'sasl.jaas.config': secret(
    'User name and password, or client id and secret, as Kafka writes them: `…PlainLoginModule required username="…" password="…";`.',
  ).exactOptional(),
  'sasl.username': text('User name for PLAIN and SCRAM, in place of sasl.jaas.config.').exactOptional(),
  'sasl.password': secret('Its password.').exactOptional(),
  'sasl.oauthbearer.token.endpoint.url': z
    .url({ protocol: /^https?$/, error: 'must be a URL such as https://id.example/token' })
    .exactOptional()
    .describe('For OAUTHBEARER, the URL that gives tokens for client credentials.'),
  'sasl.oauthbearer.client.credentials.client.id': text(
    'For OAUTHBEARER, the client id, in place of sasl.jaas.config.',
  ).exactOptional(),
  'sasl.oauthbearer.client.credentials.client.secret': secret('Its secret.').exactOptional(),
  'sasl.oauthbearer.scope': text('For OAUTHBEARER, the scope asked for.').exactOptional(),
  'sasl.aws.region': text(
    'For AWS_MSK_IAM, the region of the cluster. Default: AWS_REGION of the environment.',
  ).exactOptional(),
};

/** Every key of a worker's configuration, by section. */
export const workerSections = {
  'Kafka and the group': z.strictObject(clusterKeys),
  'Security of the connections to Kafka': z.strictObject(securityKeys),
  'REST API': z.strictObject(restKeys),
  'Internal topics': z.strictObject(topicKeys),
  'What it runs': z.strictObject(runKeys),
};

export const workerKeys = z.strictObject({
  ...clusterKeys,
  ...securityKeys,
  ...restKeys,
  ...topicKeys,
  ...runKeys,
});

export type WorkerKeys = z.output<typeof workerKeys>;
