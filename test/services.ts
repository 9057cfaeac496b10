import { randomBytes } from 'node:crypto';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import cassandra from 'cassandra-driver';
import { inject } from 'vitest';

/** Without a shared database DynamoDB Local keeps tables per access key and region: every test uses this region. */
export const region = 'eu-central-1';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The shared services as one test sees them: its own names, its own tables at both ends, its own bucket. */
export interface TestServices extends AsyncDisposable {
  /** Starts with a letter; fits as a migration's name, a topic prefix, a consumer group. */
  readonly name: string;
  /** Of source and target; no other test has tables under them. */
  readonly credentials: Credentials;
  readonly region: string;
  readonly kafka: { readonly bootstrap: string };
  readonly source: DynamoDbAccess;
  readonly target: DynamoDbAccess;
  readonly cassandra: CassandraAccess;
  readonly s3: S3Access;
}

export interface DynamoDbAccess {
  readonly endpoint: string;
  readonly client: DynamoDBClient;
  readonly streams: DynamoDBStreamsClient;
}

export interface CassandraAccess {
  /** `127.0.0.1:port` */
  readonly contactPoint: string;
  readonly datacenter: string;
  /** The test's own; exists already. */
  readonly keyspace: string;
  /** Uses the keyspace. For what a test does and asserts itself; closed with the services. */
  readonly client: cassandra.Client;
}

export interface S3Access {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Credentials;
  readonly client: S3Client;
  /** Exists already. */
  readonly bucket: string;
}

/** Gives a test of the e2e project its part of the services; disposing closes the clients. */
export async function testServices(): Promise<TestServices> {
  const services = inject('services');
  const name = uniqueName();
  const credentials = { accessKeyId: name, secretAccessKey: 'secret' };
  const source = accessTo(services.source, credentials);
  const target = accessTo(services.target, credentials);
  const [keyspace, s3] = await Promise.all([keyspaceOf(name), bucketOf(name)]);
  const close = async () => {
    for (const access of [source, target]) {
      access.client.destroy();
      access.streams.destroy();
    }
    s3.client.destroy();
    await keyspace.client.shutdown();
  };
  return {
    name,
    credentials,
    region,
    kafka: { bootstrap: services.kafka },
    source,
    target,
    cassandra: keyspace,
    s3,
    [Symbol.asyncDispose]: close,
  };
}

/** A name no other test has: letters and digits only, as access keys of DynamoDB Local must be. */
export function uniqueName(prefix = 't'): string {
  return `${prefix}${randomBytes(6).toString('hex')}`;
}

/** Clients for a DynamoDB endpoint, also for a proxy in front of one. */
export function accessTo(endpoint: string, credentials: Credentials, inRegion = region): DynamoDbAccess {
  // The SDK writes into the object it is given.
  const options = { endpoint, region: inRegion, credentials: { ...credentials } };
  return { endpoint, client: new DynamoDBClient(options), streams: new DynamoDBStreamsClient(options) };
}

/** Closes the open shards of the test's streams in the source; their children open. */
export async function rollOverShards(source: DynamoDbAccess): Promise<void> {
  await control(source, { ACTION: { S: 'ROLLOVER' } });
}

/** Ages the test's streams in the source: what is older than 24 h then is trimmed. */
export async function ageStreams(source: DynamoDbAccess, hours: number): Promise<void> {
  await control(source, { ACTION: { S: 'DILATE_TIME' }, HOURS: { S: String(hours) } });
}

async function control(source: DynamoDbAccess, Item: Record<string, { S: string }>): Promise<void> {
  await source.client.send(new PutItemCommand({ TableName: '[TEST_CONTROL]', Item }));
}

/** A client of a node, or of a proxy in front of one. Nobody else closes it. */
export function cassandraClient(contactPoint: string, keyspace?: string): cassandra.Client {
  const { datacenter } = inject('services').cassandra;
  return new cassandra.Client({
    contactPoints: [contactPoint],
    localDataCenter: datacenter,
    ...(keyspace === undefined ? {} : { keyspace }),
    // A node that was killed is back in seconds.
    policies: { reconnection: new cassandra.policies.reconnection.ConstantReconnectionPolicy(250) },
  });
}

async function keyspaceOf(keyspace: string): Promise<CassandraAccess> {
  const { contactPoint, datacenter } = inject('services').cassandra;
  const administrator = cassandraClient(contactPoint);
  const replication = `{'class': 'NetworkTopologyStrategy', '${datacenter}': 1}`;
  await administrator.execute(`CREATE KEYSPACE ${keyspace} WITH replication = ${replication}`);
  await administrator.shutdown();
  return { contactPoint, datacenter, keyspace, client: cassandraClient(contactPoint, keyspace) };
}

async function bucketOf(bucket: string): Promise<S3Access> {
  const { endpoint, region: s3Region, accessKeyId, secretAccessKey } = inject('services').s3;
  const credentials = { accessKeyId, secretAccessKey };
  const client = new S3Client({
    endpoint,
    region: s3Region,
    credentials: { ...credentials },
    forcePathStyle: true,
  });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  return { endpoint, region: s3Region, credentials, client, bucket };
}
