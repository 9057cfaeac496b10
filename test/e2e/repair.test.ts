import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { loadItems } from '../../workload/fill.ts';
import { keyOf } from '../../workload/keys.ts';
import { createMusicTable } from '../../workload/table.ts';
import { startWorkload } from '../../workload/workload.ts';
import { faults, late, slow } from '../alternator/faults.ts';
import { startAlternatorProxy } from '../alternator-proxy.ts';
import { accessTo, testServices } from '../services.ts';
import { compareTables } from './harness/compare.ts';
import { expectExit, Messina, messinaHere } from './harness/messina.ts';
import { migrationFile } from './harness/migration-file.ts';
import { until } from './kafka-testing.ts';

const TableName = 'Music';
const ITEMS = 400;
/** The workload writes to keys below, and to a few beyond them. */
const WRITTEN = 300;
const QUIET_FROM = 350;
/** How far the clock of the node is ahead that somebody else writes through. */
const AHEAD_MS = 8000;

const put = (client: DynamoDBClient, Item: Record<string, AttributeValue>) =>
  client.send(new PutItemCommand({ TableName, Item }));
const drop = (client: DynamoDBClient, Key: Record<string, AttributeValue>) =>
  client.send(new DeleteItemCommand({ TableName, Key }));

/** Rows that are gone, that are other rows, and that nobody knows; @returns how many. */
async function damage(client: DynamoDBClient, ahead: DynamoDBClient): Promise<number> {
  for (let n = 0; n < 5; n++) await drop(client, keyOf(QUIET_FROM + n));
  for (let n = 5; n < 10; n++) {
    const { Item } = await client.send(new GetItemCommand({ TableName, Key: keyOf(QUIET_FROM + n) }));
    await put(client, { ...Item, ...keyOf(QUIET_FROM + n), Planted: { N: '1' } });
  }
  // Nothing but a key; and numbers in a form that Messina does not read them in.
  await put(client, keyOf(QUIET_FROM + 10));
  await put(client, { ...keyOf(QUIET_FROM + 11), Odd: { L: [{ N: '1.0' }, { M: { x: { N: '1e2' } } }] } });
  for (let n = 0; n < 3; n++) await put(client, { ...keyOf(9000 + n), Ghost: { BOOL: true } });
  for (let n = 12; n < 14; n++) await put(ahead, { ...keyOf(QUIET_FROM + n), Later: { NULL: true } });
  return 5 + 5 + 2 + 3 + 2;
}

test('a damaged target is mended while the application writes, over a kill, and for the keys asked for', async () => {
  await using services = await testServices();
  const { source, credentials } = services;
  const address = { endpoint: source.endpoint, credentials, table: TableName };
  await createMusicTable(address, {});
  await loadItems({ ...address, items: ITEMS, seed: 31 });
  await using proxy = await startAlternatorProxy({
    upstream: services.target.endpoint,
    skewsMs: [0, AHEAD_MS],
  });
  await using file = await migrationFile(services, {
    tables: [TableName],
    target: { endpoints: [proxy.endpoints[0]], discovery: 'off' },
    rest: { ready: { lagSeconds: 2 } },
  });
  const refused = await expectExit(messinaHere('verify', file.path, '--repair'), 4);
  expect(refused.stderr).toContain('NOT_MIGRATED');
  await using migrating = new Messina(['migrate', file.path]);
  await expectExit(messinaHere('status', file.path, '--wait', 'ready', '--timeout', '240'), 0);
  await using workload = startWorkload({ ...address, items: WRITTEN, seed: 32, rate: 25, hotKeys: 20 });
  const [target, ahead] = [proxy.endpoints[0]!, proxy.endpoints[1]!].map((at) => accessTo(at, credentials));
  const damaged = await damage(target!.client, ahead!.client);

  // Killed with writes under way at the target.
  const slowly = proxy.inject({ fault: slow(700), operations: ['PutItem', 'DeleteItem'] });
  await using killed = new Messina(['verify', file.path, '--repair']);
  await until('the first rows are being mended', () => slowly.hits > 0);
  killed.kill();
  await killed.ended;
  slowly.remove();

  const singles = ['PutItem', 'DeleteItem'];
  proxy.inject({ fault: faults.errorAfterApply, operations: singles, count: 2 });
  proxy.inject({ fault: faults.resetBeforeApply, operations: singles, count: 1 });
  proxy.inject({ fault: late(900, 'hang'), operations: singles, count: 1 });
  const mended = await expectExit(messinaHere('verify', file.path, '--repair', '--json'), 0);
  expect(mended.stderr).toContain('a repair was interrupted');
  const report = JSON.parse(mended.stdout);
  const nothingLeft = { missing: 0, different: 0, extra: 0, waiting: 0, immovable: 0, refused: 0 };
  expect(report).toMatchObject({ equal: true, tables: [nothingLeft] });
  const { repaired } = report.tables[0];
  expect(repaired).toBeGreaterThan(0);
  expect(repaired).toBeLessThanOrEqual(damaged);

  await workload.stop();
  const sides = [
    { client: source.client, table: TableName },
    { client: services.target.client, table: TableName },
  ] as const;
  const isEqual = async () => {
    const { missing, different, extra } = await compareTables(...sides);
    return missing.length + different.length + extra.length === 0;
  };
  await until('the last changes are written, and both sides are equal', isEqual);
  migrating.kill('SIGTERM');
  await expectExit(migrating.ended, 0);

  for (let n = 0; n < 3; n++) await drop(target!.client, keyOf(QUIET_FROM + n));
  const keys = join(file.directory, 'keys.jsonl');
  const lines = [0, 1].map((n) => JSON.stringify(keyOf(QUIET_FROM + n)));
  await writeFile(keys, `${lines.join('\n')}\n{"Artist":{"S":"x"}}\n`);
  const halfKey = await expectExit(messinaHere('verify', file.path, '--repair', '--keys', keys), 2);
  expect(halfKey.stderr).toContain('keys.jsonl:3');
  await writeFile(keys, lines.join('\n'));
  const named = await expectExit(
    messinaHere('verify', file.path, '--repair', '--json', '--keys', keys, '--against', 'topics'),
    0,
  );
  const [table] = JSON.parse(named.stdout).tables;
  expect(table).toMatchObject({ compared: 2, equal: 2, repaired: 2 });
  expect(Date.parse(table.sourceReadTo)).toBeGreaterThan(Date.now() - 300_000);
  expect(await compareTables(...sides)).toMatchObject({
    missing: [expect.anything()],
    different: [],
    extra: [],
  });
});
