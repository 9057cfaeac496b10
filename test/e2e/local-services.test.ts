import { DescribeTableCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import {
  type _Record,
  DescribeStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import cassandra from 'cassandra-driver';
import { expect, test } from 'vitest';
import { startCassandra } from '../../local/cassandra.ts';
import { startKafka } from '../../local/kafka.ts';
import { kafkaAnswers } from '../../local/kafka-ready.ts';
import { loadItems } from '../../workload/fill.ts';
import { createMusicTable } from '../../workload/table.ts';
import { startWorkload } from '../../workload/workload.ts';
import { ageStreams, rollOverShards, type TestServices, testServices } from '../services.ts';
import { until } from './kafka-testing.ts';

function music(services: TestServices) {
  const { credentials, source } = services;
  return { endpoint: source.endpoint, credentials, table: 'Music' };
}

async function shardsOf(services: TestServices) {
  const { Table } = await services.source.client.send(new DescribeTableCommand({ TableName: 'Music' }));
  const StreamArn = Table?.LatestStreamArn;
  const { StreamDescription } = await services.source.streams.send(new DescribeStreamCommand({ StreamArn }));
  return { StreamArn, shards: StreamDescription?.Shards ?? [] };
}

/** Every record of the table's stream, in order. */
async function recordsOf(services: TestServices): Promise<_Record[]> {
  const { StreamArn, shards } = await shardsOf(services);
  const records: _Record[] = [];
  for (const { ShardId } of shards) {
    const first = new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' });
    let iterator = (await services.source.streams.send(first)).ShardIterator;
    while (iterator !== undefined) {
      const page = await services.source.streams.send(new GetRecordsCommand({ ShardIterator: iterator }));
      records.push(...(page.Records ?? []));
      iterator = page.Records?.length ? page.NextShardIterator : undefined;
    }
  }
  return records;
}

test('a broker is reachable at the same address after a crash and after a restart', async () => {
  await using kafka = await startKafka();
  const port = Number(kafka.bootstrap.split(':')[1]);
  await kafka.kill();
  expect(await kafkaAnswers(port)).toBe(false);
  await kafka.restart();
  await until('it answers', () => kafkaAnswers(port));
  await kafka.restart();
  await until('it answers', () => kafkaAnswers(port));
});

test('Cassandra keeps what it acknowledged through a crash, and lets in whom the password lets in', async () => {
  await using node = await startCassandra({ authenticator: true });
  const contactPoints = [node.contactPoint];
  const reconnection = new cassandra.policies.reconnection.ConstantReconnectionPolicy(100);
  const clientWith = (password: string) =>
    new cassandra.Client({
      contactPoints,
      localDataCenter: node.datacenter,
      credentials: { username: 'cassandra', password },
      policies: { reconnection },
    });
  const stranger = clientWith('wrong');
  await expect(stranger.connect()).rejects.toThrow(/password are incorrect/);
  await stranger.shutdown();
  const client = clientWith('cassandra');
  await client.execute(
    `CREATE KEYSPACE k WITH replication = {'class': 'NetworkTopologyStrategy', '${node.datacenter}': 1}`,
  );
  await client.execute('CREATE TABLE k.t (id int PRIMARY KEY)');
  for (let id = 0; id < 20; id++) await client.execute(`INSERT INTO k.t (id) VALUES (${id})`);
  await node.kill();
  await node.restart();
  const countOf = async () => (await client.execute('SELECT id FROM k.t')).rows.length;
  await expect.poll(countOf, { timeout: 60_000 }).toBe(20);
  await client.shutdown();
});

test('each test has a keyspace of its own', async () => {
  await using services = await testServices();
  await using others = await testServices();
  await services.cassandra.client.execute('CREATE TABLE t (id int PRIMARY KEY)');
  await expect(others.cassandra.client.execute('SELECT id FROM t')).rejects.toThrow(/does not exist/);
});

test('a workload counts what the stream of the table shows', async () => {
  await using services = await testServices();
  await createMusicTable(music(services), { stream: 'NEW_AND_OLD_IMAGES' });
  await loadItems({ ...music(services), items: 300, seed: 1 });
  await using workload = startWorkload({
    ...music(services),
    rate: 1_000,
    seed: 2,
    items: 300,
    operations: 400,
  });
  const { byEffect } = await workload.finished;
  const names = (await recordsOf(services)).map((record) => record.eventName);
  const count = (name: string) => names.filter((given) => given === name).length;
  expect([count('INSERT') - 300, count('MODIFY'), count('REMOVE')]).toEqual([
    byEffect.c,
    byEffect.u,
    byEffect.d,
  ]);
  expect(byEffect.d).toBeGreaterThan(0);
});

test('two workloads of one seed leave the same items', async () => {
  const itemsAfter = async () => {
    await using services = await testServices();
    await createMusicTable(music(services), { localIndex: true });
    await loadItems({ ...music(services), items: 100, seed: 1 });
    await using workload = startWorkload({
      ...music(services),
      rate: 2_000,
      seed: 2,
      items: 100,
      operations: 200,
    });
    await workload.finished;
    const { Items } = await services.source.client.send(new ScanCommand({ TableName: 'Music' }));
    return new Map(Items?.map((item) => [item['SongTitle']?.S, item]));
  };
  expect(await itemsAfter()).toEqual(await itemsAfter());
});

test('a test can close the shards of its stream', async () => {
  await using services = await testServices();
  await createMusicTable(music(services), { stream: 'NEW_IMAGE' });
  await loadItems({ ...music(services), items: 10, seed: 1 });
  await rollOverShards(services.source);
  const { shards } = await shardsOf(services);
  expect(shards.map((shard) => shard.ParentShardId)).toEqual([undefined, shards[0]?.ShardId]);
});

test('a test can age its stream until its records are trimmed', async () => {
  await using services = await testServices();
  await createMusicTable(music(services), { stream: 'NEW_IMAGE' });
  await loadItems({ ...music(services), items: 10, seed: 1 });
  expect(await recordsOf(services)).toHaveLength(10);
  await ageStreams(services.source, 25);
  await expect(recordsOf(services)).rejects.toMatchObject({ name: 'TrimmedDataAccessException' });
});

test('a bucket keeps objects, and a wrong signature is refused', async () => {
  await using services = await testServices();
  const { client, bucket } = services.s3;
  await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'a/b', Body: 'content' }));
  const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: 'a/b' }));
  expect(await Body?.transformToString()).toBe('content');
  expect((await fetch(`${services.s3.endpoint}/${bucket}/a/b`)).status).toBe(403);
});
