import { DeleteItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { loadItems } from '../../workload/fill.ts';
import { keyOf } from '../../workload/keys.ts';
import type { Mix } from '../../workload/operations.ts';
import { createMusicTable } from '../../workload/table.ts';
import { startWorkload } from '../../workload/workload.ts';
import { type TestServices, testServices } from '../services.ts';
import { itemsOf } from './harness/cql-rows.ts';
import {
  compareSongs,
  expectSameSongs,
  type SongsLayout,
  songsFile,
  songsMapping,
} from './harness/mapped-songs.ts';
import { expectExit, Messina, messina, messinaHere } from './harness/messina.ts';
import { expectSums } from './harness/sums.ts';
import { until } from './kafka-testing.ts';

const TableName = 'Music';
const ITEMS = 300;
/** The workload writes to keys below, and to a few beyond them. */
const WRITTEN = 250;
const QUIET_FROM = 280;
/** Of this item no record tells. */
const GONE = 9000;
const ready = { lagSeconds: 2 };
const byYear: SongsLayout = { table: 'songs', byYear: true };
/** A put gives another year; a replacement leaves an item without one, which has no row. */
const MOVING: Mix = ['put', 'put', 'put', 'update', 'replace', 'delete'];

interface Report {
  readonly equal: boolean;
  readonly tables: readonly object[];
}

const addressOf = ({ source, credentials }: TestServices) => ({
  endpoint: source.endpoint,
  credentials,
  table: TableName,
});

test.concurrent('rows under another key move with their items over a kill, and one that was left behind is mended', async () => {
  await using services = await testServices();
  const address = addressOf(services);
  await createMusicTable(address);
  await loadItems({ ...address, items: ITEMS, seed: 71 });
  await using file = await songsFile(services, songsMapping(byYear), {
    rest: { deadLetters: { tolerance: 'all' }, ready },
  });
  await using workload = startWorkload({
    ...address,
    items: WRITTEN,
    seed: 72,
    rate: 40,
    hotKeys: 20,
    mix: MOVING,
  });
  await using killed = new Messina(['migrate', file.path]);
  await until('changes are written', async () => (await changedRows(services)) > 20);
  await move(services, 0, [1, 2]);
  killed.kill();
  await killed.ended;
  await move(services, 1, [1, 3]);
  await using going = new Messina(['migrate', file.path]);
  await until('changes are written again', () => holdsYear(services, 3));
  await move(services, 2, [2, 1, 2]);
  await workload.stop();
  await until('the last changes are written', () => isSame(services));
  expect(await giveYears(services)).toBeGreaterThan(0);
  await until('those that had no row have one', () => isSame(services));
  going.kill('SIGINT');
  await expectExit(going.ended, 0);
  // Also what changes nothing that can be seen.
  await expectExit(messina('migrate', file.path, '--until', 'ready'), 0);
  await expectSums(file.path);

  await plantStaleRow(services);
  const { extra } = await compareSongs(services, byYear);
  expect(extra).toHaveLength(1);
  const mended = await expectExit(messinaHere('verify', file.path, '--repair', '--json'), 0);
  expect(reportOf(mended.stdout)).toMatchObject({ equal: true, tables: [{ repaired: 1 }] });
  await expectSameSongs(services, byYear);
});

test.concurrent('a new snapshot halts a table under another key, which is then written anew', async () => {
  await using services = await testServices();
  const address = addressOf(services);
  await createMusicTable(address);
  await loadItems({ ...address, items: ITEMS, seed: 73 });
  await using file = await songsFile(services, songsMapping(byYear), { rest: { ready } });
  await expectExit(messina('migrate', file.path, '--until', 'ready'), 0);
  await move(services, 0, [1, 2]);
  const renewed = ['--new-snapshot', TableName, '--until', 'ready'];
  const halted = await expectExit(messina('migrate', file.path, ...renewed), 4);
  expect(halted.stderr).toMatch(/SINK_EPOCH[\s\S]*replay FILE --recreate/);
  // Not said of the table alone, but before anything is begun.
  const refused = await expectExit(messina('migrate', file.path), 4);
  expect(refused.stderr).toContain('SINK_EPOCH');
  await expectExit(messinaHere('replay', file.path, '--recreate', '--yes'), 0);
  await expectExit(messina('migrate', file.path, '--until', 'ready'), 0);
  await expectSameSongs(services, byYear);
  await expectSums(file.path);
});

test.concurrent('items that meet in one row, though the mapping says that none do, are found by verify', async () => {
  await using services = await testServices();
  await createMusicTable(addressOf(services));
  for (const [i, Label] of ['a', 'b', 'b', 'c'].entries()) await put(services, i, { Label: { S: Label } });
  await using file = await songsFile(
    services,
    {
      table: TableName,
      into: { table: 'songs' },
      key: { partition: ['label'], unique: true },
      columns: [
        { column: 'label', type: 'text', attribute: 'Label' },
        { column: 'artist', type: 'text', attribute: 'Artist' },
      ],
      leftovers: { column: 'other' },
    },
    { source: { changes: 'none' }, rest: { ready } },
  );
  await expectExit(messina('migrate', file.path, '--until', 'ready'), 0);
  const { rows } = await services.cassandra.client.execute('SELECT label, other FROM songs');
  expect(rows.map((row) => String(row['label'])).sort()).toEqual(['a', 'b', 'c']);
  const { stdout } = await expectExit(messinaHere('verify', file.path, '--json', '--show-keys'), 3);
  expect(reportOf(stdout)).toMatchObject({ equal: false, tables: [{ equal: 3, missing: 1 }] });
  // What mended the one would take the other's row away.
  const repaired = await expectExit(messinaHere('verify', file.path, '--repair', '--json'), 3);
  expect(reportOf(repaired.stdout)).toMatchObject({
    tables: [{ equal: 3, missing: 1, repaired: 0, refused: 1 }],
  });
});

const reportOf = (stdout: string) => JSON.parse(stdout) as Report;

const put = ({ source }: TestServices, index: number, more: PutItemCommand['input']['Item']) =>
  source.client.send(new PutItemCommand({ TableName, Item: { ...keyOf(index), ...more } }));

/** Takes quiet items from year to year; one of them is deleted at the end, and one of those made again. */
async function move(services: TestServices, round: number, years: readonly number[]): Promise<void> {
  for (let n = 0; n < 6; n++) {
    const index = QUIET_FROM + n;
    for (const year of years) await put(services, index, { Year: { N: String(year) } });
    if (n % 3 !== round) continue;
    await services.source.client.send(new DeleteItemCommand({ TableName, Key: keyOf(index) }));
    if (n % 2 === 0) await put(services, index, { Year: { N: '4' }, Round: { N: String(round) } });
  }
}

/** Rows that were written by a change; 0 while there is no table. */
async function changedRows({ cassandra: { client } }: TestServices): Promise<number> {
  const rows = await client.execute('SELECT "Revision" FROM songs').then(
    (result) => result.rows,
    () => [],
  );
  return rows.filter((row) => row['Revision'] !== null).length;
}

async function holdsYear({ cassandra: { client } }: TestServices, year: number): Promise<boolean> {
  const result = await client.execute('SELECT title FROM songs WHERE year = ?', [year], { prepare: true });
  return result.rows.length > 0;
}

async function isSame(services: TestServices): Promise<boolean> {
  const { missing, different, extra } = await compareSongs(services, byYear);
  return missing.length + different.length + extra.length === 0;
}

/** @returns how many items had none, and so no row */
async function giveYears({ source: { client } }: TestServices): Promise<number> {
  let given = 0;
  for (const { Artist, SongTitle, Year } of await itemsOf(client, TableName)) {
    if (Year !== undefined) continue;
    const Key = { Artist: Artist!, SongTitle: SongTitle! };
    await client.send(
      new UpdateItemCommand({
        TableName,
        Key,
        UpdateExpression: 'SET #year = :year',
        ExpressionAttributeNames: { '#year': 'Year' },
        ExpressionAttributeValues: { ':year': { N: '1' } },
      }),
    );
    given++;
  }
  return given;
}

/** A row at a place that an item has left long ago, as if the delete had been lost. */
async function plantStaleRow({ cassandra: { client } }: TestServices): Promise<void> {
  const { Artist, SongTitle } = keyOf(GONE);
  await client.execute(
    'INSERT INTO songs (year, artist, title, other) VALUES (1, ?, ?, {}) USING TIMESTAMP 1',
    [Artist?.S, SongTitle?.S],
    { prepare: true },
  );
}
