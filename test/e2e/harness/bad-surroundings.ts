import { CreateTableCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { freePorts } from '../../../local/ports.ts';
import { loadItems } from '../../../workload/fill.ts';
import { keyOf } from '../../../workload/keys.ts';
import { createMusicTable } from '../../../workload/table.ts';
import { type BadCase, type BadWorld, exportOf, sourceTable } from './bad-case.ts';
import { line } from './bad-exports.ts';
import { denying, startDynamoDbFront, withRecords } from './dynamodb-front.ts';
import type { FileOptions } from './migration-file.ts';
import { withAdmin } from './stock-kafka.ts';

const stream = 'NEW_AND_OLD_IMAGES';
const goodExport = { files: [{ name: 'aaaa.json.gz', lines: [line('1'), line('2')] }] };
const music: FileOptions = { tables: ['Music'] };

/** The source (or the target) behind a front that changes its answers. */
async function behind(
  { services, opened }: BadWorld,
  side: 'source' | 'target',
  change: Parameters<typeof startDynamoDbFront>[1],
): Promise<FileOptions> {
  const front = await startDynamoDbFront(services[side].endpoint, change);
  opened.push(front);
  if (side === 'source') return { ...music, source: { endpoint: front.endpoint } };
  return { ...music, target: { endpoints: [front.endpoint] } };
}

/** A streamed table with rows, whose records are changed on their way. */
function badRecords(change: Parameters<typeof withRecords>[0]): BadCase['given'] {
  return async (world) => {
    const address = sourceTable(world.services);
    await createMusicTable(address, { stream });
    await loadItems({ ...address, items: 5, seed: 51 });
    return behind(world, 'source', withRecords(change));
  };
}

/** The port of nobody. */
async function closedPort(): Promise<number> {
  const [port] = await freePorts(1);
  return port as number;
}

export const badSources: readonly BadCase[] = [
  {
    name: 'a stream of keys only',
    bare: true,
    given: async ({ services }) => {
      await createMusicTable(sourceTable(services), { stream: 'KEYS_ONLY' });
      return music;
    },
    exit: 4,
    code: 'SOURCE_STREAM_UNSUITABLE',
    place: ['table: Music', 'KEYS_ONLY'],
    after: 'nothing',
  },
  {
    name: 'a stream record of keys only',
    bare: true,
    given: badRecords(({ NewImage: _new, OldImage: _old, ...keys }) => ({
      ...keys,
      StreamViewType: 'KEYS_ONLY',
    })),
    exit: 4,
    code: 'SOURCE_STREAM_UNSUITABLE',
    place: ['table: Music', /^ {2}shard: shardId-/m, /^ {2}sequence: \d{21,40}$/m, 'KEYS_ONLY'],
    after: { changes: { published: 0 } },
    snapshot: 'none',
  },
  {
    name: 'a stream record with a number of 39 digits',
    bare: true,
    given: badRecords((record) => ({
      ...record,
      NewImage: { ...(record['Keys'] as object), Price: { N: '1'.repeat(39) } },
    })),
    exit: 1,
    code: 'RECORD_NUMBER',
    place: ['table: Music', /^ {2}shard: shardId-/m, /^ {2}sequence: \d{21,40}$/m],
    after: { changes: { published: 0 } },
    snapshot: 'none',
  },
  {
    name: 'a stream that is younger than the export needs',
    bare: true,
    given: async (world) => {
      await createMusicTable(sourceTable(world.services), { stream });
      const options = await exportOf(world, goodExport);
      return { ...options, source: { changes: 'streams' } };
    },
    exit: 4,
    code: 'SOURCE_COVERAGE_UNPROVEN',
    place: ['table: Music', 'exportTime: 2024-06-10T06:13:20.000Z', /coverageFrom: 20/],
    after: { snapshot: { files: 0, filesPublished: 0, published: 0 }, coverage: { proven: false } },
    snapshot: 'none',
  },
  {
    name: 'a table that is not there',
    bare: true,
    given: async () => music,
    exit: 4,
    code: 'SOURCE_TABLE_MISSING',
    place: ['table: Music'],
    after: 'nothing',
  },
  {
    name: 'a glob that no table matches',
    given: async () => ({ tables: ['orders-*'] }),
    exit: 4,
    code: 'SOURCE_TABLE_MISSING',
    place: ['orders-*'],
    after: 'nothing',
  },
  {
    name: 'no permission to describe the table',
    given: (world) => behind(world, 'source', denying('DescribeTable')),
    exit: 4,
    code: 'SOURCE_ACCESS_DENIED',
    place: ['table: Music', 'not authorized to perform: dynamodb:DescribeTable'],
    after: 'nothing',
  },
  {
    name: 'no permission to read the stream',
    bare: true,
    given: async (world) => {
      await createMusicTable(sourceTable(world.services), { stream });
      return behind(world, 'source', denying('GetRecords', 'GetShardIterator'));
    },
    exit: 4,
    code: 'SOURCE_ACCESS_DENIED',
    place: ['table: Music', 'not authorized to perform'],
    after: { changes: { published: 0 } },
    snapshot: 'none',
  },
  {
    name: 'a source that nobody answers for',
    given: async () => ({ ...music, source: { endpoint: `http://127.0.0.1:${await closedPort()}` } }),
    exit: 1,
    code: 'SOURCE_UNREACHABLE',
    place: ['ECONNREFUSED'],
    after: 'nothing',
  },
];

export const badTargets: readonly BadCase[] = [
  {
    name: 'a target table with other keys',
    given: async (world) => {
      const input = {
        TableName: 'Music',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'Artist', AttributeType: 'N' }],
        KeySchema: [{ AttributeName: 'Artist', KeyType: 'HASH' }],
      } as const;
      const { AttributeDefinitions, KeySchema, ...rest } = input;
      const lists = { AttributeDefinitions: [...AttributeDefinitions], KeySchema: [...KeySchema] };
      await world.services.target.client.send(new CreateTableCommand({ ...rest, ...lists }));
      return exportOf(world, goodExport);
    },
    exit: 4,
    code: 'TARGET_KEY_SCHEMA',
    place: ['table: Music', '"Artist" N', '"SongTitle" S'],
    after: 'nothing',
  },
  {
    name: 'a target table that holds rows',
    given: async (world) => {
      const { target, credentials } = world.services;
      await createMusicTable({ endpoint: target.endpoint, credentials, table: 'Music' });
      await target.client.send(new PutItemCommand({ TableName: 'Music', Item: keyOf(1) }));
      return exportOf(world, goodExport);
    },
    exit: 4,
    code: 'TARGET_NOT_EMPTY',
    place: ['table: Music', 'existing: keep'],
    after: 'nothing',
  },
  {
    name: 'a source that is its own target',
    given: async ({ services }) => ({ ...music, target: { endpoints: [services.source.endpoint] } }),
    exit: 4,
    code: 'SOURCE_IS_TARGET',
    place: ['table: Music'],
    after: 'nothing',
  },
  {
    name: 'no permission to describe a target table',
    given: (world) => behind(world, 'target', denying('DescribeTable')),
    exit: 4,
    code: 'TARGET_ACCESS_DENIED',
    place: ['table: Music', 'not authorized to perform: dynamodb:DescribeTable'],
    after: 'nothing',
  },
  {
    name: 'no permission to write to the target',
    given: async (world) => ({
      ...(await exportOf(world, goodExport)),
      ...(await behind(world, 'target', denying('BatchWriteItem'))),
      tables: ['Music'],
    }),
    exit: 4,
    code: 'TARGET_ACCESS_DENIED',
    place: ['table: Music', 'not authorized to perform: dynamodb:BatchWriteItem'],
    after: { snapshot: { published: 2, written: 0 } },
    snapshot: 'complete',
  },
  {
    name: 'a target that nobody answers for',
    given: async () => ({ ...music, target: { endpoints: [`http://127.0.0.1:${await closedPort()}`] } }),
    exit: 1,
    code: 'TARGET_UNREACHABLE',
    place: ['Nobody answers at http://127.0.0.1:'],
    after: 'nothing',
  },
];

export const badKafka: readonly BadCase[] = [
  {
    name: 'a broker that is down at the start',
    given: async () => ({ ...music, kafka: { brokers: [`127.0.0.1:${await closedPort()}`] } }),
    exit: 1,
    code: 'KAFKA_UNREACHABLE',
    place: [/127\.0\.0\.1:\d+/],
    after: 'nothing',
  },
  {
    name: 'a topic with another number of partitions',
    given: async ({ services: { kafka, name } }) => {
      const topic = `${name}.Music.changes`;
      await withAdmin(kafka.bootstrap, (admin) =>
        admin.createTopics({ topics: [{ topic, numPartitions: 3 }] }),
      );
      return music;
    },
    exit: 4,
    code: 'KAFKA_TOPIC_PARTITIONS',
    place: [/topic: .*\.Music\.changes/, 'partitions: 3', '4 are needed'],
    after: 'nothing',
  },
  {
    name: 'tables of a glob whose topic names Kafka cannot tell apart',
    bare: true,
    given: async ({ services }) => {
      for (const table of ['a.b', 'a_b']) await createMusicTable({ ...sourceTable(services), table });
      return { tables: ['a*'] };
    },
    exit: 4,
    code: 'KAFKA_TOPIC_NAME',
    place: ['cannot tell from', 'kafka.topics'],
    after: 'nothing',
  },
];
