import { z } from 'zod';
import { tlsSection } from '../../connectors/tls.ts';
import { awsCredentials, count, endpoint, hostAndPort, secret, tableName, text } from './leaves.ts';

/** A piece of a topic name: what Kafka allows (Kafka: Topic.validate). */
const topicPart = () =>
  z.string().regex(/^[a-zA-Z0-9._-]{1,249}$/, {
    error: 'must be 1 to 249 of the characters a-z A-Z 0-9 . _ -',
  });

const username = text('User name.');
const password = secret('Password.');

const sasl = z
  .discriminatedUnion('mechanism', [
    z.strictObject({ mechanism: z.literal('plain').describe('SASL mechanism.'), username, password }),
    z.strictObject({ mechanism: z.literal('scram-sha-256').describe('SASL mechanism.'), username, password }),
    z.strictObject({ mechanism: z.literal('scram-sha-512').describe('SASL mechanism.'), username, password }),
    z.strictObject({
      mechanism: z.literal('oauthbearer').describe('SASL mechanism.'),
      tokenEndpoint: endpoint(
        'For oauthbearer, the https URL that gives tokens for client credentials (RFC 6749 §4.4).',
      ),
      clientId: text('For oauthbearer, the client id.'),
      clientSecret: secret('For oauthbearer, the client secret.'),
      scope: text('For oauthbearer, the scope asked for.').exactOptional(),
    }),
    z.strictObject({
      mechanism: z.literal('aws-iam').describe('SASL mechanism.'),
      region: text('For aws-iam, the region of the cluster. Default: source.region.').exactOptional(),
      credentials: awsCredentials(
        'For aws-iam, credentials for the cluster. Default: the chain of the AWS SDK.',
      ).exactOptional(),
    }),
  ])
  .describe('How to log in to the brokers. Default: no login.');

/** Section `kafka`: the cluster that keeps the original, and the names of its topics. */
export const kafkaSchema = z
  .strictObject({
    brokers: z
      .array(hostAndPort('host:port of a broker.'))
      .min(1)
      .describe('Brokers to begin with; the others are learnt from them.'),
    topicPrefix: topicPart().describe('First part of every topic name. Default: name.').exactOptional(),
    partitions: count()
      .default(12)
      .describe(
        'Partitions of each topic that is created; an existing topic with another number is refused.',
      ),
    topics: z
      .record(tableName(), topicPart().describe('What stands for the table in its topic names.'))
      .default({})
      .describe('Other names for tables whose own Kafka would refuse, inside topic names.'),
    replicationFactor: count()
      .max(32_767)
      .describe('Replicas of each topic that is created. Default: the default of the broker.')
      .exactOptional(),
    ssl: tlsSection('TLS to the brokers; {} trusts what Node trusts. Default: no TLS.').exactOptional(),
    sasl: sasl.exactOptional(),
  })
  .describe('The Kafka cluster that keeps the original, and the names of its topics.');

/** Name of the dead-letter topic; see the section `deadLetters`. */
export const deadLettersSchema = z
  .strictObject({
    topic: topicPart()
      .describe('Topic of records set aside. Default: <topicPrefix>.dead-letters.')
      .exactOptional(),
    tolerance: z
      .enum(['none', 'all'])
      .default('none')
      .describe('none: stop at the first bad record. all: set it aside and go on.'),
  })
  .describe('What happens to a record that cannot be written.');
