import {
  BatchWriteItemCommand,
  CreateTableCommand,
  DeleteItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import type { Epoch, TableFacts } from '../../connectors/catalog-records.ts';
import { systemClock } from '../../connectors/clock.ts';
import type { Position, SourceBatch, SourcePartition, TaskContext } from '../../connectors/connector.ts';
import { dynamoDbScanSource } from '../../source/scan/connector.ts';
import { scanOptions } from '../../source/scan/options.ts';
import { dynamoDbStreamsSource, streamsOptions } from '../../source/streams/connector.ts';
import { ageStreams, region, rollOverShards, type TestServices, testServices } from '../services.ts';
import { asked } from '../unit/source/snapshot-asked.ts';

const context: TaskContext = {
  clock: systemClock,
  log: pino({ level: 'silent' }),
  signal: new AbortController().signal,
};
const accessOf = ({ name, source }: TestServices) => ({
  region,
  endpoint: source.endpoint,
  credentials: { accessKeyId: name, secretAccessKey: 'secret' },
});

async function createMusic({ source }: TestServices): Promise<void> {
  await source.client.send(
    new CreateTableCommand({
      TableName: 'Music',
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
}

const put = ({ source }: TestServices, id: string, n: number) =>
  source.client.send(new PutItemCommand({ TableName: 'Music', Item: { id: { S: id }, n: { N: `${n}` } } }));

/** The capture of a table as the runtime does it, in short. */
class Capture {
  readonly options;
  readonly facts: TableFacts;
  readonly epoch: Epoch;
  readonly positions = new Map<string, Position>();
  readonly batches: SourceBatch[] = [];

  constructor(options: ReturnType<typeof streamsOptions.parse>, facts: TableFacts, epoch: Epoch) {
    this.options = options;
    this.facts = facts;
    this.epoch = epoch;
  }

  static async begin(services: TestServices): Promise<Capture> {
    const options = streamsOptions.parse(accessOf(services));
    const facts = await dynamoDbStreamsSource.describe(options, 'Music', context);
    const { streamArn, createdMs, serverTimeMs, roots, enabled } = await dynamoDbStreamsSource.capture(
      options,
      facts,
      context,
    );
    const version0 = (createdMs - 62_000) * 1000;
    const begun = { streamArn, createdMs, roots, begunMs: serverTimeMs, streamEnabled: enabled };
    return new Capture(options, facts, { number: 1, version0, firstOffsets: [0], ...begun });
  }

  async shards(): Promise<SourcePartition[]> {
    const found: SourcePartition[] = [];
    for await (const shard of dynamoDbStreamsSource.discover(this.options, this.facts, this.epoch, context)) {
      found.push(shard);
    }
    return found;
  }

  /** Reads a shard until its end is known, or it is drained. */
  async read(shard: SourcePartition): Promise<SourceBatch> {
    const parents = shard.after.map((id) => this.positions.get(id)).filter((one) => one !== undefined);
    const position = this.positions.get(shard.id) ?? null;
    const coverageMs = this.epoch.createdMs ?? 0;
    const from = { position, parents, table: this.facts, epoch: this.epoch, coverageMs };
    await using reader = await dynamoDbStreamsSource.open(this.options, shard, from, context);
    for (;;) {
      const batch = await reader.poll();
      this.batches.push(batch);
      this.positions.set(shard.id, batch.position);
      if (batch.done || (batch.records.length === 0 && batch.capture?.readToMs)) return batch;
    }
  }

  get records() {
    return this.batches.flatMap((batch) => batch.records);
  }
}

describe('a real stream', () => {
  test('is enabled, read through a roll-over, and its versions rise though creation times are whole minutes', async () => {
    await using services = await testServices();
    await createMusic(services);
    const capture = await Capture.begin(services);
    expect(capture.epoch.roots).toHaveLength(1);
    for (let i = 0; i < 20; i++) await put(services, 'hot', i);
    const [root] = await capture.shards();
    await capture.read(root!);
    await rollOverShards(services.source);
    for (let i = 20; i < 30; i++) await put(services, 'hot', i);
    await services.source.client.send(
      new DeleteItemCommand({ TableName: 'Music', Key: { id: { S: 'hot' } } }),
    );
    expect((await capture.read(root!)).done).toBe(true);
    await systemClock.sleep(1_100);
    const child = (await capture.shards()).find(({ after }) => after[0] === root!.id);
    await capture.read(child!);

    expect(capture.records.map(({ op }) => op)).toEqual(['c', ...new Array(29).fill('u'), 'd']);
    const numbers = capture.records.map(({ after }) => after?.attributes.get('n'));
    expect(numbers).toEqual([...Array.from({ length: 30 }, (_, i) => ({ N: `${i}` })), undefined]);
    const versions = capture.records.map(({ version }) => version);
    for (let i = 1; i < versions.length; i++) expect(versions[i]!).toBeGreaterThan(versions[i - 1]!);
  });

  test('that has dropped the place it was read to is a gap', async () => {
    await using services = await testServices();
    await createMusic(services);
    const capture = await Capture.begin(services);
    await put(services, 'a', 1);
    const [root] = await capture.shards();
    await capture.read(root!);
    await put(services, 'a', 2);
    await ageStreams(services.source, 25);
    await expect(capture.read(root!)).rejects.toMatchObject({ code: 'SOURCE_DATA_GAP' });
  });
});

describe('a real scan', () => {
  test('reads each row once, with a stop in the middle', async () => {
    await using services = await testServices();
    await createMusic(services);
    const ids = Array.from({ length: 200 }, (_, i) => `item-${i}`);
    for (let i = 0; i < ids.length; i += 25) {
      const requests = ids.slice(i, i + 25).map((id) => ({
        PutRequest: { Item: { id: { S: id }, text: { S: 'x'.repeat(20_000) } } },
      }));
      await services.source.client.send(new BatchWriteItemCommand({ RequestItems: { Music: requests } }));
    }
    const options = scanOptions.parse({ ...accessOf(services), segments: 3 });
    const facts = await dynamoDbScanSource.describe(options, 'Music', context);
    const now = await dynamoDbScanSource.serverTimeMs(options, 'Music', context);
    const [snapshot] = await dynamoDbScanSource.take(options, facts, asked(now + 1_000), context);
    expect(snapshot.exportMs).toBeGreaterThanOrEqual(now + 1_000);
    const found: unknown[] = [];
    for await (const segment of dynamoDbScanSource.discover(options, facts, snapshot, context)) {
      let position: Position | null = null;
      // A reader for each page: every stop is a start.
      for (let done = false; !done; ) {
        const from = { position, parents: [], table: facts, snapshot, version: 5 };
        await using reader = await dynamoDbScanSource.open(options, segment, from, context);
        const batch: SourceBatch = await reader.poll();
        found.push(...batch.records.map(({ after }) => after?.attributes.get('id')));
        ({ position, done } = batch);
      }
    }
    expect(found).toHaveLength(ids.length);
    expect(new Set(found.map((id) => JSON.stringify(id)))).toEqual(
      new Set(ids.map((id) => JSON.stringify({ S: id }))),
    );
  });
});
