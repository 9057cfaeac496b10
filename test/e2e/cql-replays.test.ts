import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { enableStream } from '../../cli/demo/table-stream.ts';
import { loadItems } from '../../workload/fill.ts';
import { createMusicTable } from '../../workload/table.ts';
import { startWorkload } from '../../workload/workload.ts';
import { testServices } from '../services.ts';
import { expectSameRows, itemsOf, rowClient } from './harness/cql-rows.ts';
import { changeByHand, expectHandmade, loadHandmade } from './harness/handmade-songs.ts';
import { expectExit, Messina, messina, messinaHere, messinaJson } from './harness/messina.ts';
import { migrationFile } from './harness/migration-file.ts';
import { witness } from './harness/scene.ts';
import { expectSums } from './harness/sums.ts';
import { SONG_COLUMNS, SONGS_MAPPING, songOfItem, songOfRow } from './harness/typed-songs.ts';
import { until } from './kafka-testing.ts';

const ITEMS = 600;
const REPLAYS = 3;
const LASTING_SECONDS = 1_000_000;

test('rows that are replayed three times over what is newer, while the table changes, end as the items are', async () => {
  await using services = await testServices();
  const { source, credentials, cassandra } = services;
  const { contactPoint, keyspace } = cassandra;
  const address = { endpoint: source.endpoint, credentials, table: 'Music' };
  await createMusicTable(address);
  await loadItems({ ...address, items: ITEMS, seed: 71 });
  await loadHandmade(source.client, REPLAYS);
  const nowSeconds = Math.floor(Date.now() / 1000);
  for (const [title, Expires] of [
    ['over', nowSeconds - 1000],
    ['lasting', nowSeconds + LASTING_SECONDS],
  ] as const) {
    const Item = { Artist: { S: 'ttl' }, SongTitle: { S: title }, Expires: { N: String(Expires) } };
    await source.client.send(new PutItemCommand({ TableName: 'Music', Item }));
  }
  await enableStream(address);
  await using workload = startWorkload({ ...address, items: ITEMS, seed: 72, rate: 60, hotKeys: 20 });
  const target = { type: 'cql', contactPoints: [contactPoint], keyspace, mapping: 'songs.yaml' };
  await using file = await migrationFile(services, { tables: ['Music'], target });
  await writeFile(join(file.directory, 'songs.yaml'), `${SONGS_MAPPING}ttl: {attribute: Expires}\n`);
  await expectExit(messina('migrate', file.path, '--until', 'loaded'), 0);
  await using seen = await witness(file.path, 'Music');

  for (let replay = 0; replay < REPLAYS; replay++) {
    await expectExit(messinaHere('replay', file.path), 0);
    expect(await seen.look()).toMatchObject({ rowsDone: 0, changesDone: 0 });
    await using again = new Messina(['migrate', file.path]);
    await changeByHand(source.client, replay);
    // The next replay comes in the middle of this one's changes.
    await until('rows are written again', async () => (await seen.look()).changesDone > 0);
    again.kill('SIGINT');
    await expectExit(again.ended, 0);
  }

  await workload.stop();
  await expectExit(messina('migrate', file.path, '--until', 'ready'), 0);
  expect(await messinaJson('verify', file.path)).toMatchObject({ equal: true });
  await expectSums(file.path);
  await using reading = rowClient(cassandra);
  const songs = await reading.rows(`${SONG_COLUMNS}, TTL(other) AS ttl`, `${keyspace}.songs`);
  expectSameRows((await itemsOf(source.client, 'Music')).map(songOfItem), songs.map(songOfRow));
  expectHandmade(songs, REPLAYS);
  const expiring = songs.filter(({ ttl }) => ttl !== null);
  expect(expiring).toMatchObject([{ artist: 'ttl', title: 'lasting' }]);
  const ttl = Number(expiring[0]?.['ttl']);
  expect(ttl).toBeGreaterThan(LASTING_SECONDS - 600);
  expect(ttl).toBeLessThanOrEqual(LASTING_SECONDS);
});
