import { test } from 'vitest';
import { loadItems } from '../../workload/fill.ts';
import { createMusicTable } from '../../workload/table.ts';
import { startWorkload } from '../../workload/workload.ts';
import { testServices } from '../services.ts';
import { expectSameSongs, type SongsLayout, songsFile, songsMapping } from './harness/mapped-songs.ts';
import { expectExit, Messina, messina, messinaHere } from './harness/messina.ts';
import { expectSums } from './harness/sums.ts';

const ITEMS = 200;
const REPLAYS = 3;
const songs: SongsLayout = { table: 'songs' };

test('two sinks write one table while it changes, one of them all of it three times over, and it ends as the source is', async () => {
  await using services = await testServices();
  const { source, credentials } = services;
  const address = { endpoint: source.endpoint, credentials, table: 'Music' };
  await createMusicTable(address);
  await loadItems({ ...address, items: ITEMS, seed: 53 });
  const rest = { ready: { lagSeconds: 2 } };
  const target = { existing: 'keep' };
  await using following = await songsFile(services, songsMapping(songs), { target, rest });
  await using again = await songsFile(services, songsMapping(songs), {
    target: { ...target, name: 'twin' },
    rest,
  });
  await using migrating = new Messina(['migrate', following.path]);
  await using workload = startWorkload({ ...address, items: ITEMS, seed: 54, rate: 30, hotKeys: 20 });
  await expectExit(messinaHere('status', following.path, '--wait', 'loaded', '--timeout', '240'), 0);
  for (let times = 0; times < REPLAYS; times++) {
    await expectExit(messina('migrate', again.path, '--sinks-only', '--until', 'loaded'), 0);
    // The last one goes on to the end.
    await expectExit(messinaHere('replay', again.path), 0);
  }
  await workload.stop();
  await expectExit(messinaHere('status', following.path, '--wait', 'ready', '--timeout', '240'), 0);
  migrating.kill('SIGINT');
  await expectExit(migrating.ended, 0);
  await expectExit(messina('migrate', following.path, '--until', 'ready'), 0);
  await expectSameSongs(services, songs);
  await expectExit(messina('migrate', again.path, '--sinks-only', '--until', 'ready'), 0);
  await expectSameSongs(services, songs);
  for (const { path } of [following, again]) await expectSums(path);
});
