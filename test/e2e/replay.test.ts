import {
  type AttributeValue,
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  PutItemCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { loadItems } from '../../workload/fill.ts';
import { createMusicTable } from '../../workload/table.ts';
import { startWorkload } from '../../workload/workload.ts';
import { type TestServices, testServices } from '../services.ts';
import { compareTables, expectEqualTables } from './harness/compare.ts';
import { expectExit, Messina, messina, messinaHere } from './harness/messina.ts';
import { type FileOptions, type MigrationFile, migrationFile } from './harness/migration-file.ts';
import { expectSums, statusOf } from './harness/sums.ts';
import { until } from './kafka-testing.ts';

const ITEMS = 300;
const TABLES = ['Music', 'Songs'];
const SECOND = { name: 'second', tables: { Music: 'Music_2', Songs: 'Songs_2' } };

test('a sink is replayed table by table, from a time and from the start, while another target follows', async () => {
  await using services = await testServices();
  const { source, credentials } = services;
  const address = (table: string) => ({ endpoint: source.endpoint, credentials, table });
  for (const table of TABLES) {
    // Its stream comes later: no row but those that change stands in the changes.
    await createMusicTable(address(table));
    await loadItems({ ...address(table), items: ITEMS, seed: 41 });
  }
  await using first = await migrationFile(services, { tables: TABLES });
  await using second = await migrationFile(services, { tables: TABLES, target: SECOND });
  await expectExit(messina('migrate', first.path, '--until', 'ready'), 0);
  await using following = new Messina(['migrate', second.path]);
  await using workload = startWorkload({ ...address('Music'), items: ITEMS, seed: 42, rate: 50 });
  await expectExit(messinaHere('status', second.path, '--wait', 'loaded', '--timeout', '240'), 0);

  const refused = await expectExit(messinaHere('replay', second.path), 4);
  expect(refused.stderr).toMatch(/is being run by messina-\S+ at [\d.:a-f]+ \(SINK_RUNNING\)/);

  // One table, with nothing of the source to be had on this machine.
  await first.write(unreachable);
  const damaged = await damage(services, TABLES);
  const timeMs = Date.now();
  const changed = { ...damaged, Planted: { S: 'in the source' } };
  await source.client.send(new PutItemCommand({ TableName: 'Songs', Item: changed }));
  const before = await tableOf(first, 'Songs');
  await expectExit(messinaHere('replay', first.path, '--table', 'Music'), 0);
  expect(await tableOf(first, 'Songs')).toMatchObject({
    snapshot: before!.snapshot,
    changes: { written: before!.changes.written, superseded: before!.changes.superseded },
  });
  await workload.stop();
  for (const table of TABLES) {
    await until('the other target has followed', async () => isSame(services, table, `${table}_2`));
  }
  await expectExit(messina('migrate', first.path, '--sinks-only', '--until', 'ready'), 0);
  await expectEqual(services, 'Music');
  expect(await differences(services, 'Songs')).toEqual({ missing: 1, different: 0, extra: 0 });

  // From a time: only what changed since is written again, and what is damaged besides stays so.
  await services.target.client.send(new DeleteItemCommand({ TableName: 'Songs', Key: keyOf(changed) }));
  expect(await differences(services, 'Songs')).toEqual({ missing: 2, different: 0, extra: 0 });
  await expectExit(messinaHere('replay', first.path, '--table', 'Songs', '--from', String(timeMs)), 0);
  await expectExit(messina('migrate', first.path, '--sinks-only', '--until', 'ready'), 0);
  expect(await differences(services, 'Songs')).toEqual({ missing: 1, different: 0, extra: 0 });
  await expectExit(messinaHere('replay', first.path, '--from', 'earliest'), 0);
  await expectExit(messina('migrate', first.path, '--sinks-only', '--until', 'ready'), 0);
  await expectEqual(services, 'Songs');
  await expectEqual(services, 'Songs', 'Songs_2');

  // The source goes for good while it is followed: at the topics' ends that does not matter.
  await source.client.send(new DeleteTableCommand({ TableName: 'Songs' }));
  await until('its capture halts', async () => /gap|failed/.test((await tableOf(second, 'Songs'))!.phase));
  await recreateKilled(services, first);
  await expectEqual(services, 'Music');
  await expectEqual(services, 'Music', 'Music_2');
  const { client } = services.target;
  await expectEqualTables({ client, table: 'Songs_2' }, { client, table: 'Songs' });
  await expectSums(first.path);
  following.kill('SIGINT');
  await expectExit(following.ended, 0);
  await expectSums(second.path);
});

/** The source is gone for good, and was never known here. */
const unreachable: FileOptions = {
  tables: TABLES,
  source: {
    endpoint: 'http://127.0.0.1:9',
    credentials: { accessKeyId: '${env:NOT_SET_HERE}', secretAccessKey: '${env:NOT_SET_HERE}' },
  },
};

/** Killed between two tables, or about there: the same command goes on. */
async function recreateKilled(services: TestServices, file: MigrationFile): Promise<void> {
  await using killed = new Messina(['replay', file.path, '--recreate', '--yes']);
  await until('the first table is dropped', () => isGone(services, 'Music'));
  killed.kill();
  await killed.ended;
  await expectExit(messinaHere('replay', file.path, '--recreate', '--yes'), 0);
  for (const table of TABLES) expect(await isGone(services, table)).toBe(true);
  await expectExit(messina('migrate', file.path, '--sinks-only', '--until', 'ready'), 0);
}

async function isGone({ target }: TestServices, table: string): Promise<boolean> {
  return target.client.send(new DescribeTableCommand({ TableName: table })).then(
    () => false,
    () => true,
  );
}

type SdkItem = Record<string, AttributeValue>;

const keyOf = ({ Artist, SongTitle }: SdkItem): SdkItem => ({ Artist: Artist!, SongTitle: SongTitle! });

/** Of each target table a row is lost and another changed. Gives the item whose row was changed. */
async function damage({ source, target }: TestServices, tables: readonly string[]): Promise<SdkItem> {
  let changed: SdkItem = {};
  for (const TableName of tables) {
    const { Items = [] } = await source.client.send(new ScanCommand({ TableName, Limit: 2 }));
    const [lost, other] = Items as [SdkItem, SdkItem];
    await target.client.send(new DeleteItemCommand({ TableName, Key: keyOf(lost) }));
    await target.client.send(
      new PutItemCommand({ TableName, Item: { ...keyOf(other), Planted: { N: '1' } } }),
    );
    changed = other;
  }
  return changed;
}

const sides = ({ source, target }: TestServices, table: string, targetTable = table) =>
  [
    { client: source.client, table },
    { client: target.client, table: targetTable },
  ] as const;

const expectEqual = (services: TestServices, table: string, targetTable?: string) =>
  expectEqualTables(...sides(services, table, targetTable));

async function isSame(services: TestServices, table: string, targetTable: string): Promise<boolean> {
  const { missing, different, extra } = await compareTables(...sides(services, table, targetTable));
  return missing.length + different.length + extra.length === 0;
}

async function differences(services: TestServices, table: string) {
  const { missing, different, extra } = await compareTables(...sides(services, table));
  return { missing: missing.length, different: different.length, extra: extra.length };
}

const tableOf = async ({ path }: MigrationFile, name: string) =>
  (await statusOf(path)).tables.find(({ table }) => table === name);
