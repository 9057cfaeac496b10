import {
  BatchWriteItemCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  ScanCommand,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { describeGroup } from '../../connectors/kafka/committed.ts';
import { loadItems } from '../../workload/fill.ts';
import { createMusicTable } from '../../workload/table.ts';
import { startWorkload } from '../../workload/workload.ts';
import { testServices } from '../services.ts';
import { compareTables, expectEqualTables } from './harness/compare.ts';
import { expectExit, Messina, messina, messinaHere } from './harness/messina.ts';
import { migrationFile } from './harness/migration-file.ts';
import { expectSums, statusOf } from './harness/sums.ts';
import { kafkaClient, until } from './kafka-testing.ts';

const ITEMS = 1200;
const KEYS_GONE = 60;

test('a gap halts its table alone, and a new snapshot mends it: deletes that left no record, killed in its middle', async () => {
  await using services = await testServices();
  const { credentials, source, target } = services;
  const address = (table: string) => ({ endpoint: source.endpoint, credentials, table });
  for (const table of ['Music', 'Songs']) {
    await createMusicTable(address(table), { stream: 'NEW_AND_OLD_IMAGES' });
    await loadItems({ ...address(table), items: ITEMS, seed: 21 });
  }
  await using file = await migrationFile(services, { tables: ['Music', 'Songs'] });
  const both = (table: string) =>
    [
      { client: source.client, table },
      { client: target.client, table },
    ] as const;

  await using following = new Messina(['migrate', file.path]);
  await expectExit(messinaHere('status', file.path, '--wait', 'ready', '--timeout', '240'), 0);

  // Nothing of these deletes is in any stream.
  await setStream(source.client, 'Music', false);
  await deleteSome(source.client, 'Music');
  await setStream(source.client, 'Music', true);
  await until('the gap is seen', async () => (await phases(file.path))['Music'] === 'gap');
  const waited = await expectExit(messinaHere('status', file.path, '--wait', 'ready', '--timeout', '1'), 4);
  expect(waited.stderr + waited.stdout).toMatch(/--new-snapshot/);
  await deleteSome(source.client, 'Songs');
  await until('the other table goes on', async () => {
    const { extra, missing } = await compareTables(...both('Songs'));
    return extra.length + missing.length === 0;
  });
  expect((await compareTables(...both('Music'))).extra).toHaveLength(KEYS_GONE);

  const refused = await expectExit(messina('migrate', file.path, '--new-snapshot', 'Music'), 4);
  expect(refused.stderr).toMatch(/SOURCE_RUNNING.*|.*sources of .* are being run by .*/s);
  following.kill('SIGINT');
  await following.ended;

  await using workload = startWorkload({ ...address('Music'), items: ITEMS, seed: 22, rate: 60 });
  await using begun = new Messina(['migrate', file.path, '--new-snapshot', 'Music', '--until', 'ready']);
  await until('rows of the new snapshot are published', () => /snapshot begins/.test(begun.stderr));
  begun.kill();
  await begun.ended;
  // The epoch that was asked for goes on without being asked for again.
  await using going = new Messina(['migrate', file.path]);
  await expectExit(messinaHere('status', file.path, '--wait', 'loaded', '--timeout', '240'), 0);
  await workload.stop();
  going.kill('SIGINT');
  await expectExit(going.ended, 0);
  await expectExit(messina('migrate', file.path, '--until', 'ready'), 0);
  await expectEqualTables(...both('Music'));
  await expectEqualTables(...both('Songs'));
  const { tables } = await expectSums(file.path);
  const music = tables.find(({ table }) => table === 'Music');
  expect(music?.coverage.proven).toBe(true);
  expect(music?.snapshot).toMatchObject({ files: 4, filesPublished: 4 });
  await expectDeletedRows(file.path);
});

test('a second snapshot within an unbroken capture, while the sink still lags behind the first', async () => {
  await using services = await testServices();
  const { credentials, source, target } = services;
  const address = { endpoint: source.endpoint, credentials, table: 'Music' };
  await createMusicTable(address, { stream: 'NEW_AND_OLD_IMAGES' });
  await loadItems({ ...address, items: ITEMS, seed: 31 });
  const kafka = kafkaClient(services.kafka.bootstrap);
  const slow = { tables: ['Music'], target: { writesPerSecond: 40 } };
  await using file = await migrationFile(services, slow);
  await using workload = startWorkload({ ...address, items: ITEMS, seed: 32, rate: 40 });
  // Killed in the middle of their first batch: the sink has committed none of the rows.
  await killedWhenPublished('migrate', file.path);
  // Who was killed counts as running until its session ends.
  await until(
    'the group is empty',
    async () => (await describeGroup(kafka, services.name)).members.length === 0,
  );
  await killedWhenPublished('migrate', file.path, '--new-snapshot', 'Music');
  const [before] = (await statusOf(file.path)).tables;
  expect(before!.snapshot.written).toBeLessThan(ITEMS);

  await workload.stop();
  await file.write({ tables: ['Music'] });
  await expectExit(messina('migrate', file.path, '--until', 'ready'), 0);
  await expectEqualTables(
    { client: source.client, table: 'Music' },
    { client: target.client, table: 'Music' },
  );
  const { tables } = await expectSums(file.path);
  expect(tables[0]!.snapshot.superseded).toBeGreaterThan(0);
  await kafka.close();
});

async function killedWhenPublished(...args: string[]): Promise<void> {
  await using run = new Messina(args);
  await until('the snapshot stands in the topic', () => /snapshot complete/.test(run.stderr));
  run.kill();
  await run.ended;
}

const phases = async (path: string): Promise<Record<string, string>> =>
  Object.fromEntries((await statusOf(path)).tables.map(({ table, phase }) => [table, phase]));

async function setStream(client: DynamoDBClient, table: string, isEnabled: boolean): Promise<void> {
  const StreamSpecification = isEnabled
    ? { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' as const }
    : { StreamEnabled: false };
  await client.send(new UpdateTableCommand({ TableName: table, StreamSpecification }));
  await until('the table is active', async () => {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
    return Table?.TableStatus === 'ACTIVE';
  });
}

async function deleteSome(client: DynamoDBClient, table: string): Promise<void> {
  const { Items = [] } = await client.send(new ScanCommand({ TableName: table, Limit: KEYS_GONE }));
  for (let i = 0; i < Items.length; i += 20) {
    const requests = Items.slice(i, i + 20).map((item) => ({
      DeleteRequest: { Key: { Artist: item['Artist']!, SongTitle: item['SongTitle']! } },
    }));
    await client.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }));
  }
}

/** Rule C11 in the topic: rows that say what is gone, between the markers of the second snapshot. */
async function expectDeletedRows(path: string): Promise<void> {
  const { stdout } = await expectExit(
    messinaHere('topic', path, '--table', 'Music', '--kind', 'snapshot', '--json'),
    0,
  );
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { op?: string; marker?: string; rows?: number | null; rank?: number });
  const deletes = lines.filter(({ op }) => op === 'd').length;
  expect(deletes).toBeGreaterThanOrEqual(KEYS_GONE);
  const complete = lines.filter(({ marker }) => marker === 'complete');
  const rows = complete.reduce((sum, { rows: some }) => sum + (some ?? 0), 0);
  expect(rows).toBe(lines.filter(({ op }) => op !== undefined).length);
}
