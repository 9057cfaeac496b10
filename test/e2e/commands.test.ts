import { DeleteItemCommand, PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { describe, expect, test } from 'vitest';
import { loadItems } from '../../workload/fill.ts';
import { createMusicTable } from '../../workload/table.ts';
import { startWorkload } from '../../workload/workload.ts';
import { accessTo, type TestServices, testServices } from '../services.ts';
import { expectEqualTables } from './harness/compare.ts';
import { expectExit, messina, messinaJson } from './harness/messina.ts';
import { migrationFile } from './harness/migration-file.ts';
import { expectSums, statusOf } from './harness/sums.ts';

const ITEMS = 500;

async function musicTable(services: TestServices) {
  const { endpoint } = services.source;
  const address = { endpoint, credentials: services.credentials, region: services.region, table: 'Music' };
  await createMusicTable(address, { stream: 'NEW_AND_OLD_IMAGES' });
  await loadItems({ ...address, items: ITEMS, seed: 21 });
  return address;
}

const expectEqual = (services: TestServices) =>
  expectEqualTables(
    { client: services.source.client, table: 'Music' },
    { client: services.target.client, table: 'Music' },
  );

describe('the commands around a migration', () => {
  test('export to S3, plan, infer, migrate from its manifest, verify, read the topics, replay', async () => {
    await using services = await withS3Keys();
    const address = await musicTable(services);
    await using file = await migrationFile(services, { tables: ['Music'], snapshot: s3Of(services) });
    // Rule C1: an export is taken a slack (1 s here) after the stream began, and its time has whole seconds.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    await using workload = startWorkload({ ...address, items: ITEMS, seed: 22, rate: 100, operations: 300 });
    const to = `s3://${services.s3.bucket}/exports`;
    const exported = await messinaJson<{ manifest: string; items: number }>(
      ...['export', file.path, '--table', 'Music', '--to', to],
    );
    expect(exported.manifest).toMatch(/^s3:\/\/.*\/AWSDynamoDB\/0\d+-[0-9a-f]{8}\/manifest-summary\.json$/);
    const manifests = { Music: exported.manifest };
    await file.write({ tables: ['Music'], snapshot: { ...s3Of(services), from: 'manifest', manifests } });

    const plan = await messinaJson<{ problems: unknown[] }>('plan', file.path);
    expect(plan.problems).toEqual([]);
    await expectExit(messina('status', file.path, '--json'), 4);
    // Nothing is in a topic yet: the source is scanned.
    await expectInferred(file.path, 'source', 300);

    await workload.finished;
    await expectExit(messina('migrate', file.path, '--until', 'ready'), 0);
    await expectEqual(services);
    const status = await expectSums(file.path);
    expect(status.tables[0]).toMatchObject({
      coverage: { proven: true },
      snapshot: { published: exported.items },
    });

    for (const against of ['source', 'topics']) {
      const report = await messinaJson<object>('verify', file.path, '--against', against);
      expect(report).toMatchObject({ equal: true, tables: [{ missing: 0, different: 0, extra: 0 }] });
    }
    await readTopics(file.path, exported.items);
    const gone = { endpoint: 'http://127.0.0.1:9' };
    await file.write({
      tables: ['Music'],
      source: gone,
      snapshot: { ...s3Of(services), from: 'manifest', manifests },
    });
    await expectInferred(file.path, 'topics', 300);
    await file.write({ tables: ['Music'], snapshot: { ...s3Of(services), from: 'manifest', manifests } });

    await expectExit(messina('replay', file.path), 0);
    await expectExit(messina('migrate', file.path, '--sinks-only', '--until', 'ready'), 0);
    await expectEqual(services);
    await expectSums(file.path);
    await expectExit(messina('replay', file.path, '--recreate', '--yes'), 0);
    await expectExit(messina('migrate', file.path, '--until', 'ready'), 0);
    await expectEqual(services);
    await expectSums(file.path);
  });

  test('verify finds what is missing, different and extra, and exits 3', async () => {
    await using services = await testServices();
    await musicTable(services);
    await using file = await migrationFile(services, {
      tables: ['Music'],
      rest: { ready: { lagSeconds: 3 } },
    });
    await expectExit(messina('migrate', file.path, '--until', 'ready'), 0);
    const { client } = services.target;
    const { Items = [] } = await client.send(new ScanCommand({ TableName: 'Music', Limit: 2 }));
    const [gone, changed] = Items;
    const keyOf = (item: (typeof Items)[number] = {}) => ({
      Artist: item['Artist']!,
      SongTitle: item['SongTitle']!,
    });
    await client.send(new DeleteItemCommand({ TableName: 'Music', Key: keyOf(gone) }));
    await client.send(
      new PutItemCommand({ TableName: 'Music', Item: { ...keyOf(changed), Planted: { N: '1' } } }),
    );
    const extra = { Artist: { S: 'nobody' }, SongTitle: { S: 'nothing' } };
    await client.send(new PutItemCommand({ TableName: 'Music', Item: extra }));
    for (const against of ['source', 'topics']) {
      const ended = await expectExit(
        messina('verify', file.path, '--json', '--show-keys', '--against', against),
        3,
      );
      const report = JSON.parse(ended.stdout);
      expect(report).toMatchObject({
        migration: services.name,
        target: 'alternator',
        against,
        equal: false,
        tables: [
          { table: 'Music', compared: ITEMS + 1, equal: ITEMS - 2, missing: 1, different: 1, extra: 1 },
        ],
      });
      expect(report.tables[0].examples).toContainEqual(
        expect.objectContaining({ kind: 'missing', key: keyOf(gone) }),
      );
      expect(report.tables[0].examples).toContainEqual(
        expect.objectContaining({ kind: 'extra', key: extra }),
      );
    }
  });

  test('a renamed target, a running sink and a first load over rows are refused', async () => {
    await using services = await testServices();
    await musicTable(services);
    await using file = await migrationFile(services, { tables: ['Music'] });
    await expectExit(messina('migrate', file.path, '--until', 'loaded'), 0);
    const before = await statusOf(file.path);
    await file.write({ tables: ['Music'], target: { tables: { Music: 'Music_v2' } } });
    const renamed = await expectExit(messina('migrate', file.path, '--until', 'loaded'), 4);
    expect(renamed.stderr).toContain('SINK_FINGERPRINT');
    await file.write({ tables: ['Music'], target: { name: 'other' } });
    const occupied = await expectExit(messina('migrate', file.path, '--until', 'loaded'), 4);
    expect(occupied.stderr).toContain('TARGET_NOT_EMPTY');
    await file.write({ tables: ['Music'] });
    expect((await statusOf(file.path)).tables[0]?.snapshot).toEqual(before.tables[0]?.snapshot);
  });
});

/** A migration has one pair of keys for DynamoDB and S3, and only S3 looks at them: the region keeps tables apart. */
async function withS3Keys(): Promise<TestServices> {
  const services = await testServices();
  const { credentials } = services.s3;
  const region = `region-${services.name}`;
  const source = accessTo(services.source.endpoint, credentials, region);
  const target = accessTo(services.target.endpoint, credentials, region);
  return { ...services, credentials, region, source, target };
}

function s3Of({ s3 }: TestServices) {
  return { s3: { endpoint: s3.endpoint, region: s3.region, forcePathStyle: true } };
}

/** The same columns come out of a sample of either, those that every item of the workload has among them. */
async function expectInferred(file: string, from: 'source' | 'topics', items: number): Promise<void> {
  const inferred = await messinaJson<{ items: number; deletes: number; mapping: { columns: object[] } }>(
    ...['infer', file, '--table', 'Music', '--items', String(items)],
  );
  const mapping = { table: 'Music', key: { partition: ['Artist'], clustering: ['SongTitle'] } };
  expect(inferred).toMatchObject({ from, filtered: 0, failed: 0, mapping });
  expect(inferred.items).toBeLessThanOrEqual(items);
  expect(inferred.items).toBeGreaterThan(items / 2);
  for (const [column, type] of [
    ['SongTitle', 'text'],
    ['Price', 'decimal'],
    ['Year', 'bigint'],
    ['Tags', 'frozen<set<text>>'],
  ]) {
    expect(inferred.mapping.columns).toContainEqual(expect.objectContaining({ column, type }));
  }
}

/** Markers in every partition, and as many rows between them as were exported. */
async function readTopics(file: string, items: number): Promise<void> {
  const { stdout } = await expectExit(messina('topic', file, '--table', 'Music', '--kind', 'snapshot'), 0);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const complete = lines.filter((line) => line.marker === 'complete');
  expect(lines.filter((line) => line.marker === 'begin')).toHaveLength(4);
  expect(complete).toHaveLength(4);
  const rows = lines.filter((line) => line.op === 'r');
  expect(rows).toHaveLength(items);
  expect(complete.reduce((sum, line) => sum + line.rows, 0)).toBe(items);
  expect(rows[0]).toMatchObject({
    before: null,
    source: { table: 'Music' },
    key: { Artist: { S: expect.any(String) } },
  });
}
