import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { enableStream } from '../../cli/demo/table-stream.ts';
import { loadItems } from '../../workload/fill.ts';
import { createMusicTable } from '../../workload/table.ts';
import { startWorkload } from '../../workload/workload.ts';
import { type TestServices, testServices } from '../services.ts';
import { canonical, type SdkItem } from './harness/compare.ts';
import { attributesIn, type CqlRow, expectSameRows, itemsOf, rowClient } from './harness/cql-rows.ts';
import { expectExit, messina, messinaHere, messinaJson } from './harness/messina.ts';
import { type FileOptions, type MigrationFile, migrationFile } from './harness/migration-file.ts';
import { createOddTable, ODD_COLUMNS, ODD_TABLE, oddKey, oddOfItem, oddOfRow } from './harness/odd-items.ts';
import { expectSums } from './harness/sums.ts';

const ITEMS = 300;
const TABLES = ['Music', ODD_TABLE];

test('without a mapping every value arrives exactly, and what infer proposes then needs no editing', async () => {
  await using services = await testServices();
  const { source, credentials, cassandra } = services;
  const address = { endpoint: source.endpoint, credentials, table: 'Music' };
  await createMusicTable(address);
  await loadItems({ ...address, items: ITEMS, seed: 81 });
  await createOddTable(source.client);
  for (const table of TABLES) await enableStream({ ...address, table });
  await using workload = startWorkload({ ...address, items: ITEMS, seed: 82, rate: 50 });
  await using file = await migrationFile(services, optionsOf(services, {}));
  await expectExit(messina('migrate', file.path, '--until', 'loaded'), 0);
  const [item] = await itemsOf(source.client, ODD_TABLE);
  // One that was there is gone, one is made anew with what another held.
  await source.client.send(new DeleteItemCommand({ TableName: ODD_TABLE, Key: oddKey(1) }));
  await source.client.send(new DeleteItemCommand({ TableName: ODD_TABLE, Key: oddKey(2) }));
  await source.client.send(new PutItemCommand({ TableName: ODD_TABLE, Item: { ...item, ...oddKey(2) } }));

  await workload.stop();
  // Proposed while it runs.
  const migrating = messina('migrate', file.path, '--until', 'ready');
  const mapping = await inferred(file);
  await expectExit(migrating, 0);
  expect(await messinaJson('verify', file.path)).toMatchObject({ equal: true });
  await expectSums(file.path);
  await using reading = rowClient(cassandra);
  const songs = await reading.rows('"Artist", "SongTitle", attributes', `${cassandra.keyspace}."Music"`);
  const items = await itemsOf(source.client, 'Music');
  expectSameRows(items.map(songText), songs.map(songTextOfRow));
  const things = await reading.rows(ODD_COLUMNS, `${cassandra.keyspace}."${ODD_TABLE}"`);
  const odd = await itemsOf(source.client, ODD_TABLE);
  expect(expectSameRows(odd.map(oddOfItem), things.map(oddOfRow))).toBe(20);

  // A second target beside the first; the source is gone meanwhile.
  const keyspace = `${cassandra.keyspace}_inferred`;
  await cassandra.client.execute(
    `CREATE KEYSPACE ${keyspace} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
  );
  const target = { name: 'inferred', keyspace, mapping };
  await file.write(optionsOf(services, { target, source: { endpoint: 'http://127.0.0.1:9' } }));
  await expectExit(messina('migrate', file.path, '--sinks-only', '--until', 'ready'), 0);
  await file.write(optionsOf(services, { target }));
  expect(await messinaJson('verify', file.path)).toMatchObject({
    equal: true,
    tables: [{ equal: items.length }, { equal: 20 }],
  });
});

/** A mapping file of what is proposed for both tables, one document behind the other. */
async function inferred(file: MigrationFile): Promise<string> {
  const mapping = 'inferred.yaml';
  const output = join(file.directory, mapping);
  await expectExit(messinaHere('infer', file.path, '--table', 'Music', '-o', output), 0);
  const { stdout } = await expectExit(messinaHere('infer', file.path, '--table', ODD_TABLE), 0);
  await appendFile(output, stdout);
  return mapping;
}

function optionsOf(
  { cassandra }: TestServices,
  { target, ...more }: Omit<FileOptions, 'tables'>,
): FileOptions {
  const { contactPoint, keyspace } = cassandra;
  return {
    tables: TABLES,
    target: { type: 'cql', contactPoints: [contactPoint], keyspace, ...target },
    ...more,
  };
}

function songText(item: SdkItem): readonly [string, string] {
  return [JSON.stringify([item['Artist']?.S, item['SongTitle']?.S]), canonical({ M: item })];
}

function songTextOfRow({ Artist, SongTitle, attributes }: CqlRow): readonly [string, string] {
  const key = { Artist: { S: String(Artist) }, SongTitle: { S: String(SongTitle) } };
  return songText({ ...attributesIn(attributes), ...key });
}
