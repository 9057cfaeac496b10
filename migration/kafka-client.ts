import { ConnectError } from '../connectors/errors.ts';
import { KafkaClient } from '../connectors/kafka/client.ts';
import type { SaslOptions } from '../connectors/kafka/kafkajs.ts';
import type { Logger } from '../connectors/log.ts';
import type { Migration } from './config/defaults.ts';
import { readPem } from './pem.ts';

/** A client for the migration's brokers; reaches one of them, or throws KAFKA_UNREACHABLE. */
export async function connectKafka(migration: Migration, log: Logger): Promise<KafkaClient> {
  const { brokers, ssl } = migration.kafka;
  const client = new KafkaClient({
    brokers,
    clientId: `messina-${migration.name}`,
    ssl: ssl === undefined ? undefined : await tlsOptions(ssl),
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

type Tls = NonNullable<Migration['kafka']['ssl']>;

async function tlsOptions(tls: Tls) {
  const { ca, cert, key, rejectUnauthorized } = tls;
  return {
    ...(ca === undefined ? {} : { ca: await readPem(ca) }),
    ...(cert === undefined ? {} : { cert: await readPem(cert) }),
    ...(key === undefined ? {} : { key: await readPem(key) }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  };
}

function saslOptions(migration: Migration): SaslOptions | undefined {
  const { sasl } = migration.kafka;
  if (sasl === undefined) return undefined;
  if (sasl.mechanism === 'oauthbearer' || sasl.mechanism === 'aws-iam') {
    throw new ConnectError('KAFKA_REFUSED', `kafka.sasl.mechanism ${sasl.mechanism} is not in this version`);
  }
  return { mechanism: sasl.mechanism, username: sasl.username, password: sasl.password };
}
