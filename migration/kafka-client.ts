import { KafkaClient } from '../connectors/kafka/client.ts';
import type { SaslOptions } from '../connectors/kafka/kafkajs.ts';
import { saslOf } from '../connectors/kafka/sasl/sasl.ts';
import type { Logger } from '../connectors/log.ts';
import { readTls } from '../connectors/tls.ts';
import { type CredentialsOptions, credentialProvider } from '../dynamodb/credentials.ts';
import type { Migration } from './config/defaults.ts';

/** A client for the migration's brokers; reaches one of them, or throws KAFKA_UNREACHABLE. */
export async function connectKafka(migration: Migration, log: Logger): Promise<KafkaClient> {
  const { brokers, ssl } = migration.kafka;
  const client = new KafkaClient({
    brokers,
    clientId: `messina-${migration.name}`,
    ssl: ssl === undefined ? undefined : await readTls(ssl, 'kafka.ssl', 'KAFKA_REFUSED'),
    sasl: saslOptions(migration),
    log: (level, message, detail) => log[level === 'error' ? 'warn' : level]({ ...detail }, message),
  });
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.close();
    throw error;
  }
}

type AwsIam = Extract<Migration['kafka']['sasl'], { readonly mechanism: 'aws-iam' }>;

function saslOptions({ kafka, source }: Migration): SaslOptions | undefined {
  const { sasl } = kafka;
  if (sasl?.mechanism !== 'aws-iam') return sasl === undefined ? undefined : saslOf(sasl);
  const region = sasl.region ?? source.region;
  return saslOf({ mechanism: 'aws-iam', region }, credentialProvider(awsCredentials(sasl), region));
}

function awsCredentials({ credentials }: Pick<AwsIam, 'credentials'>): CredentialsOptions | undefined {
  const { roleArn, accessKeyId, secretAccessKey, ...more } = credentials ?? {};
  if (roleArn !== undefined) return { roleArn, accessKeyId, secretAccessKey, ...more };
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { accessKeyId, secretAccessKey, ...more };
}
