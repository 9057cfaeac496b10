import { expect, test } from 'vitest';
import { loadItems } from '../../workload/fill.ts';
import { createMusicTable } from '../../workload/table.ts';
import { startWorkload } from '../../workload/workload.ts';
import { type TestServices, testServices } from '../services.ts';
import { compareTables, expectEqualTables } from './harness/compare.ts';
import {
  compareSongs,
  expectSameSongs,
  type SongsFile,
  type SongsLayout,
  songsFile,
  songsMapping,
  songsOptions,
} from './harness/mapped-songs.ts';
import { expectExit, Messina, messina, messinaHere, messinaJson } from './harness/messina.ts';
import { migrationFile } from './harness/migration-file.ts';
import { expectSums } from './harness/sums.ts';
import { until } from './kafka-testing.ts';

const ITEMS = 300;
const songs: SongsLayout = { table: 'songs' };
const beside: SongsLayout = { table: 'songs_2', year: 'milliseconds' };
const rest = { ready: { lagSeconds: 2 } };
/** Nobody answers there. */
const DEAD = { endpoint: 'http://127.0.0.1:9' };

test('topics written for Alternator become CQL tables with the source down, targets follow together, and a changed mapping needs a new table', async () => {
  await using services = await testServices();
  const { source, credentials } = services;
  const address = { endpoint: source.endpoint, credentials, table: 'Music' };
  await createMusicTable(address);
  await loadItems({ ...address, items: ITEMS, seed: 51 });
  await using first = await migrationFile(services, { tables: ['Music'], rest });
  await expectExit(messina('migrate', first.path, '--until', 'ready'), 0);

  await using cql = await songsFile(services, songsMapping(songs), { source: DEAD, rest });
  await using second = await songsFile(services, songsMapping(beside), {
    source: DEAD,
    target: { name: 'second' },
    rest,
  });
  await withoutSource(services, cql, second);

  // One capture for both, whoever runs it.
  await cql.write(songsOptions(services, { rest }));
  await using workload = startWorkload({ ...address, items: ITEMS, seed: 52, rate: 40, operations: 200 });
  await using one = new Messina(['migrate', first.path]);
  await using other = new Messina(['migrate', cql.path]);
  await workload.finished;
  await until('both have followed', async () => {
    const { missing, different, extra } = await compareTables(...sides(services));
    return missing.length + different.length + extra.length === 0 && isSame(services, songs);
  });
  for (const running of [one, other]) running.kill('SIGINT');
  for (const { ended } of [one, other]) await expectExit(ended, 0);
  const ready = ['--sinks-only', '--until', 'ready'];
  await Promise.all([first, cql].map(({ path }) => expectExit(messina('migrate', path, ...ready), 0)));
  await Promise.all([first, cql].map(({ path }) => expectSums(path)));
  await expectEqualTables(...sides(services));
  await expectSameSongs(services, songs);

  await changedMapping(services, cql);
});

/** One command would ask the source, and goes on without it; the other never asks. */
async function withoutSource(services: TestServices, cql: SongsFile, second: SongsFile): Promise<void> {
  await using going = new Messina(['migrate', cql.path]);
  await expectExit(messina('migrate', second.path, '--sinks-only', '--until', 'ready'), 0);
  await expectSameSongs(services, beside);
  await until('the rows are written', () => isSame(services, songs));
  going.kill('SIGINT');
  await expectExit(going.ended, 0);
  const report = await messinaJson('verify', cql.path, '--against', 'topics');
  expect(report).toMatchObject({ equal: true, tables: [{ compared: ITEMS, equal: ITEMS }] });
}

/** Rule C6: rows of two mappings would be mixed. */
async function changedMapping(services: TestServices, cql: SongsFile): Promise<void> {
  const changed: SongsLayout = { table: 'songs', year: 'seconds' };
  await cql.map(songsMapping(changed));
  for (const command of ['replay', 'migrate']) {
    const refused = await expectExit(messina(command, cql.path), 4);
    expect(refused.stderr).toMatch(/SINK_FINGERPRINT[\s\S]*replay FILE --recreate/);
  }
  await expectSameSongs(services, songs);
  await expectExit(messinaHere('replay', cql.path, '--recreate', '--yes'), 0);
  const { client, keyspace } = services.cassandra;
  const { rows } = await client.execute(
    'SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?',
    [keyspace],
  );
  expect(rows.map((row) => String(row['table_name']))).toEqual(['songs_2']);
  await expectExit(messina('migrate', cql.path, '--sinks-only', '--until', 'ready'), 0);
  await expectSameSongs(services, changed);
  await expectSums(cql.path);
}

const sides = ({ source, target }: TestServices) =>
  [
    { client: source.client, table: 'Music' },
    { client: target.client, table: 'Music' },
  ] as const;

async function isSame(services: TestServices, layout: SongsLayout): Promise<boolean> {
  const compared = await compareSongs(services, layout).catch(() => null);
  return (
    compared !== null && compared.missing.length + compared.different.length + compared.extra.length === 0
  );
}
