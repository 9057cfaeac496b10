import { expect, test } from 'vitest';
import { loadItems } from '../../workload/fill.ts';
import { createMusicTable } from '../../workload/table.ts';
import { startWorkload } from '../../workload/workload.ts';
import { type TestServices, testServices } from '../services.ts';
import { expectEqualTables } from './harness/compare.ts';
import {
  expectSameSongs,
  type SongsFile,
  type SongsLayout,
  songsFile,
  songsMapping,
  songsOptions,
} from './harness/mapped-songs.ts';
import { expectExit, Messina, messina, messinaJson } from './harness/messina.ts';
import { migrationFile } from './harness/migration-file.ts';
import { expectSums } from './harness/sums.ts';

const ITEMS = 300;
const songs: SongsLayout = { table: 'songs' };
const ready = { lagSeconds: 2 };
/** Nobody answers there. */
const DEAD = { endpoint: 'http://127.0.0.1:9' };

test('topics written for Alternator become a CQL table with the source down, both follow, and a changed mapping needs a new table', {
  timeout: 150_000,
}, async () => {
  await using services = await testServices();
  const { source, target, credentials } = services;
  const address = { endpoint: source.endpoint, credentials, table: 'Music' };
  await createMusicTable(address);
  await loadItems({ ...address, items: ITEMS, seed: 51 });
  await using first = await migrationFile(services, { tables: ['Music'], rest: { ready } });
  await using cql = await songsFile(services, songsMapping(songs), { source: DEAD, rest: { ready } });
  await expectExit(messina('migrate', first.path, '--until', 'ready'), 0);

  // A command that would ask the source goes on without it, and one that never asks.
  await expectExit(messina('migrate', cql.path, '--until', 'loaded'), 0);
  await expectExit(messina('migrate', cql.path, '--sinks-only', '--until', 'ready'), 0);
  await expectSameSongs(services, songs);
  const report = await messinaJson('verify', cql.path, '--against', 'topics');
  expect(report).toMatchObject({ equal: true, tables: [{ compared: ITEMS, equal: ITEMS }] });

  // One capture for both, whoever runs it.
  await cql.write(songsOptions(services, { rest: { ready } }));
  await using workload = startWorkload({ ...address, items: ITEMS, seed: 52, rate: 30 });
  await using following = new Messina(['migrate', first.path]);
  await expectExit(messina('migrate', cql.path, '--until', 'ready'), 0);
  await workload.stop();
  await expectExit(messina('migrate', cql.path, '--until', 'ready'), 0);
  following.kill('SIGINT');
  await expectExit(following.ended, 0);
  await expectExit(messina('migrate', first.path, '--sinks-only', '--until', 'ready'), 0);
  await expectSameSongs(services, songs);
  await expectEqualTables(
    { client: source.client, table: 'Music' },
    { client: target.client, table: 'Music' },
  );
  await expectSums(first.path);

  await changedMapping(services, cql);
  await expectSums(cql.path);
});

/** Rule C6: rows of two mappings would be mixed. */
async function changedMapping(services: TestServices, cql: SongsFile): Promise<void> {
  const changed: SongsLayout = { table: 'songs', year: 'seconds' };
  await cql.map(songsMapping(changed));
  for (const command of ['migrate', 'replay', 'migrate']) {
    const refused = await expectExit(messina(command, cql.path), 4);
    expect(refused.stderr).toMatch(/SINK_FINGERPRINT[\s\S]*replay FILE --recreate/);
  }
  await expectSameSongs(services, songs);

  // A second table beside it, by another sink of the same topics.
  const beside: SongsLayout = { table: 'songs_2', year: 'milliseconds' };
  await using other = await songsFile(services, songsMapping(beside), { target: { name: 'second' } });
  await expectExit(messina('migrate', other.path, '--sinks-only', '--until', 'ready'), 0);
  await expectSameSongs(services, beside);

  await expectExit(messina('replay', cql.path, '--recreate', '--yes'), 0);
  const { client, keyspace } = services.cassandra;
  const { rows } = await client.execute(
    'SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?',
    [keyspace],
  );
  expect(rows.map((row) => String(row['table_name']))).toEqual(['songs_2']);
  await expectExit(messina('migrate', cql.path, '--sinks-only', '--until', 'ready'), 0);
  await expectSameSongs(services, changed);
}
