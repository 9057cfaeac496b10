import { expect, test } from 'vitest';
import { loadItems } from '../../workload/fill.ts';
import { createMusicTable } from '../../workload/table.ts';
import { startWorkload } from '../../workload/workload.ts';
import { rollOverShards, testServices } from '../services.ts';
import { expectEqualTables } from './harness/compare.ts';
import { expectExit, Messina, messina } from './harness/messina.ts';
import { migrationFile } from './harness/migration-file.ts';
import { expectSums } from './harness/sums.ts';

test('a table that changes all the while arrives equal, over a shard split, and every record is counted once', async () => {
  await using services = await testServices();
  const address = { endpoint: services.source.endpoint, credentials: services.credentials, table: 'Music' };
  await createMusicTable(address, { stream: 'NEW_AND_OLD_IMAGES', localIndex: true });
  await loadItems({ ...address, items: 1500, seed: 3 });
  await using file = await migrationFile(services, { tables: ['Music'] });
  await using workload = startWorkload({ ...address, items: 1500, seed: 4, rate: 150 });
  await using loading = new Messina(['migrate', file.path, '--until', 'loaded']);
  await rollOverShards(services.source);
  await expectExit(loading.ended, 0);
  await rollOverShards(services.source);
  const counts = await workload.stop();
  const ended = await expectExit(messina('migrate', file.path, '--until', 'ready', '--json'), 0);
  expect(JSON.parse(ended.stdout)).toMatchObject({ phase: 'ready', ready: true });
  await expectEqualTables(
    { client: services.source.client, table: 'Music' },
    { client: services.target.client, table: 'Music' },
  );
  const status = await expectSums(file.path);
  const [table] = status.tables;
  const { c, u, d } = counts.byEffect;
  expect(table?.changes.byOperation).toEqual({ c: c + 1500, u, d });
  expect(table?.snapshot).toMatchObject({ files: 4, filesPublished: 4 });
});

test('with the source gone, a replay of the topics fills an empty target', async () => {
  await using services = await testServices();
  const address = { endpoint: services.source.endpoint, credentials: services.credentials, table: 'Music' };
  await createMusicTable(address, { stream: 'NEW_AND_OLD_IMAGES' });
  await loadItems({ ...address, items: 400, seed: 5 });
  await using file = await migrationFile(services, { tables: ['Music'] });
  await using workload = startWorkload({ ...address, items: 400, seed: 6, rate: 200, operations: 300 });
  await expectExit(messina('migrate', file.path, '--until', 'loaded'), 0);
  await workload.finished;
  await expectExit(messina('migrate', file.path, '--until', 'ready'), 0);
  // The same capture, another target: nothing of the source can be reached any more.
  await file.write({
    tables: ['Music'],
    source: { endpoint: 'http://127.0.0.1:9' },
    target: { name: 'second', tables: { Music: 'Music_again' } },
  });
  await expectExit(messina('migrate', file.path, '--sinks-only', '--until', 'ready'), 0);
  await expectEqualTables(
    { client: services.source.client, table: 'Music' },
    { client: services.target.client, table: 'Music_again' },
  );
  await expectSums(file.path);
});

test('a stream is enabled where there is none, and what came before it is in the snapshot', async () => {
  await using services = await testServices();
  const address = { endpoint: services.source.endpoint, credentials: services.credentials, table: 'Music' };
  await createMusicTable(address);
  await loadItems({ ...address, items: 200, seed: 8 });
  await using file = await migrationFile(services, { tables: ['Mus*'] });
  await using workload = startWorkload({ ...address, items: 200, seed: 9, rate: 100, operations: 400 });
  await expectExit(messina('migrate', file.path, '--until', 'loaded'), 0);
  await workload.finished;
  await expectExit(messina('migrate', file.path, '--until', 'ready'), 0);
  await expectEqualTables(
    { client: services.source.client, table: 'Music' },
    { client: services.target.client, table: 'Music' },
  );
});
