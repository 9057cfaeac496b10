import { expect, test } from 'vitest';
import { loadItems } from '../../workload/fill.ts';
import { createMusicTable } from '../../workload/table.ts';
import { late } from '../cql/faults.ts';
import { CqlProxy } from '../cql-proxy.ts';
import { testServices } from '../services.ts';
import { expectSameSongs, type SongsLayout, songsFile, songsMapping } from './harness/mapped-songs.ts';
import { expectExit, Messina, messina, messinaHere } from './harness/messina.ts';
import { until } from './kafka-testing.ts';

/** The writes in flight are executed later than the dead process's session of ten seconds lasts. */
const LATE_MS = 14_000;
/**
 * The same statements before and after, so that they stay prepared; and of two values of equal version the larger one
 * stays, which is the old one.
 */
const before: SongsLayout = { table: 'songs', year: 'seconds' };
const after: SongsLayout = { table: 'songs', year: 'milliseconds' };

test('what a killed sink had in flight does not reach the table that a replay makes with another mapping', async () => {
  await using services = await testServices();
  const { source, credentials, cassandra } = services;
  const address = { endpoint: source.endpoint, credentials, table: 'Music' };
  await createMusicTable(address);
  await loadItems({ ...address, items: 200, seed: 61 });
  await using proxy = await CqlProxy.start(cassandra.contactPoint, { dialect: 'cassandra' });
  await using file = await songsFile(services, songsMapping(before), {
    source: { changes: 'none' },
    target: { contactPoints: [proxy.contactPoint] },
  });
  const held = proxy.faults.inject({ fault: late(LATE_MS, 'lost'), statements: /^INSERT/, after: 40 });
  await using killed = new Messina(['migrate', file.path]);
  await until('writes are in flight', () => held.hits >= 20);
  killed.kill();
  await killed.ended;
  const killedMs = performance.now();
  held.remove();

  await file.map(songsMapping(after));
  const refused = await expectExit(messinaHere('replay', file.path, '--recreate', '--yes'), 4);
  expect(refused.stderr).toContain('SINK_RUNNING');
  await until(
    'the session of the killed process has ended',
    async () => (await messinaHere('replay', file.path, '--recreate', '--yes')).code === 0,
  );
  await expectExit(messina('migrate', file.path, '--until', 'ready'), 0);
  expect(performance.now() - killedMs).toBeGreaterThan(LATE_MS);
  await proxy.settled();
  await expectSameSongs(services, after);
});
