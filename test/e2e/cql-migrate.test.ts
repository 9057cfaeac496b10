import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { enableStream } from '../../cli/demo/table-stream.ts';
import { loadItems } from '../../workload/fill.ts';
import { createMusicTable } from '../../workload/table.ts';
import { startWorkload } from '../../workload/workload.ts';
import { testServices } from '../services.ts';
import { expectSameRows, itemsOf, rowClient } from './harness/cql-rows.ts';
import { CHANGED_BY_HAND, changeByHand, expectHandmade, loadHandmade } from './harness/handmade-songs.ts';
import { expectExit, Messina, messina, messinaHere, messinaJson } from './harness/messina.ts';
import { type MigrationFile, migrationFile } from './harness/migration-file.ts';
import { type Scene, witness } from './harness/scene.ts';
import { expectSums } from './harness/sums.ts';
import { SONG_COLUMNS, SONGS_MAPPING, songKey, songOfItem, songOfRow } from './harness/typed-songs.ts';
import { until } from './kafka-testing.ts';

const ITEMS = 2_000;
/** Of the songs that the test changes itself. */
const PARTS = 2;

test('a table that changes all the while arrives typed, over two kills, and with the source away', async () => {
  await using services = await testServices();
  const { source, credentials, cassandra } = services;
  const { contactPoint, keyspace } = cassandra;
  const address = { endpoint: source.endpoint, credentials, table: 'Music' };
  await createMusicTable(address);
  await loadItems({ ...address, items: ITEMS, seed: 61 });
  await loadHandmade(source.client, PARTS);
  // After the load: a stream that begins with megabytes is read for long.
  await enableStream(address);
  await using workload = startWorkload({ ...address, items: ITEMS, seed: 62, rate: 50 });

  const target = { type: 'cql', contactPoints: [contactPoint], keyspace, mapping: 'songs.yaml' };
  const options = { tables: ['Music'], target, snapshot: { segments: 2 } };
  // So slow that a kill hits the middle of it.
  const slow = { ...options, snapshot: { ...options.snapshot, readCapacity: 80 } };
  await using file = await migrationFile(services, slow);
  await writeFile(join(file.directory, 'songs.yaml'), SONGS_MAPPING);
  await killedWhen('rows are being written', file, ({ gatesClosed, rowsPublished }) => {
    return gatesClosed > 0 && rowsPublished > 0;
  });
  await changeByHand(source.client, 0);
  await file.write(options);
  await expectExit(messina('migrate', file.path, '--until', 'loaded'), 0);

  // What has been captured is written with nothing of the source to be had.
  await file.write({ ...options, source: { endpoint: 'http://127.0.0.1:9' } });
  await expectExit(messina('migrate', file.path, '--sinks-only', '--until', 'ready'), 0);
  await file.write(options);
  await killedWhen('changes are being written', file, ({ changesDone, changesWaiting }, before) => {
    return changesDone > before.changesDone && changesWaiting > 0;
  });

  await changeByHand(source.client, 1);
  const { c, u, d } = (await workload.stop()).byEffect;
  await expectExit(messina('migrate', file.path, '--until', 'ready'), 0);
  expect(await messinaJson('verify', file.path)).toMatchObject({ equal: true });
  const [table] = (await expectSums(file.path)).tables;
  const byOperation = {
    c: c + PARTS * CHANGED_BY_HAND.c,
    u: u + PARTS * CHANGED_BY_HAND.u,
    d: d + PARTS * CHANGED_BY_HAND.d,
  };
  // Rule C6: nothing is compared with what is there, so nothing is ever found superseded.
  expect(table).toMatchObject({ snapshot: { superseded: 0 }, changes: { superseded: 0, byOperation } });

  await using reading = rowClient(cassandra);
  const songs = await reading.rows(SONG_COLUMNS, `${keyspace}.songs`);
  const wanted = (await itemsOf(source.client, 'Music')).map(songOfItem);
  expect(expectSameRows(wanted, songs.map(songOfRow))).toBeGreaterThan(1_500);
  expectHandmade(songs, PARTS);
  const written = new Map(songs.map((song) => [songOfRow(song)[0], String(song['written'])]));
  expect(written).toEqual(await newestVersions(file, new Set(wanted.map(([song]) => song))));
});

/** V of the newest record of each of some songs, as the topics show it. */
async function newestVersions(file: MigrationFile, songs: ReadonlySet<string>): Promise<Map<string, string>> {
  const newest = new Map<string, number>();
  for (const kind of ['snapshot', 'changes']) {
    const { stdout } = await expectExit(
      messinaHere('topic', file.path, '--table', 'Music', '--kind', kind),
      0,
    );
    for (const line of stdout.split('\n')) {
      const { key, ts_us } = (line === '' ? {} : JSON.parse(line)) as Partial<TopicLine>;
      // Markers have no key.
      if (key === undefined || ts_us === undefined) continue;
      const song = songKey(key.Artist.S, key.SongTitle.S);
      if (songs.has(song)) newest.set(song, Math.max(ts_us, newest.get(song) ?? 0));
    }
  }
  return new Map([...newest].map(([song, version]) => [song, String(version)]));
}

interface TopicLine {
  readonly key: { readonly Artist: { readonly S: string }; readonly SongTitle: { readonly S: string } };
  /** V, µs. */
  readonly ts_us: number;
}

/** Runs `migrate` until the broker shows what is aimed at, and kills it there. */
async function killedWhen(
  what: string,
  file: MigrationFile,
  isThere: (now: Scene, before: Scene) => boolean,
): Promise<void> {
  await using run = new Messina(['migrate', file.path]);
  await using seen = await witness(file.path, 'Music');
  const before = await seen.look();
  await until(what, async () => {
    if (!run.running) throw new Error(`migrate ended by itself:\n${run.stderr}`);
    return isThere(await seen.look(), before);
  });
  run.kill();
}
