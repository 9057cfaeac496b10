import { expect, test } from 'vitest';
import { startKafka } from '../../local/kafka.ts';
import { loadItems } from '../../workload/fill.ts';
import { createMusicTable } from '../../workload/table.ts';
import { startWorkload } from '../../workload/workload.ts';
import { testServices } from '../services.ts';
import { expectEqualTables } from './harness/compare.ts';
import { expectExit, Messina, messinaHere } from './harness/messina.ts';
import { migrationFile } from './harness/migration-file.ts';
import { type Scene, witness } from './harness/scene.ts';
import { expectSums } from './harness/sums.ts';
import { until } from './kafka-testing.ts';

const ITEMS = 3_000;

test('a migration outlives a broker that is restarted while it loads and killed while it follows', async () => {
  await using kafka = await startKafka();
  await using shared = await testServices();
  const services = { ...shared, kafka: { bootstrap: kafka.bootstrap } };
  const address = { endpoint: services.source.endpoint, credentials: services.credentials, table: 'Music' };
  await createMusicTable(address, { stream: 'NEW_AND_OLD_IMAGES' });
  await loadItems({ ...address, items: ITEMS, seed: 11 });
  await using file = await migrationFile(services, { tables: ['Music'] });
  await using workload = startWorkload({ ...address, items: ITEMS, seed: 12, rate: 80 });
  await using run = new Messina(['migrate', file.path]);
  await using seen = await witness(file.path, 'Music');
  const is = (what: string, isSo: (scene: Scene) => boolean) =>
    until(what, async () => {
      if (!run.running) throw new Error(`migrate ended before ${what}:\n${run.stderr}`);
      return isSo(await seen.look());
    });

  await is(
    'rows are written behind a closed gate',
    ({ rowsDone, gatesClosed }) => rowsDone > 0 && gatesClosed > 0,
  );
  await kafka.restart();
  await is('changes flow', ({ gatesOpen, changesDone }) => gatesOpen === 4 && changesDone > 0);
  await kafka.kill();
  await kafka.restart();
  const { changesDone } = await seen.look();
  await is('changes flow again', (scene) => scene.changesDone > changesDone + 100);

  const { byEffect } = await workload.stop();
  const changes = ITEMS + byEffect.c + byEffect.u + byEffect.d;
  await is('all changes are written', (scene) => scene.changesDone === changes);
  await expectExit(messinaHere('status', file.path, '--wait', 'ready', '--timeout', '240'), 0);
  expect(run.running).toBe(true);
  run.kill('SIGINT');
  await expectExit(run.ended, 0);
  await expectEqualTables(
    { client: services.source.client, table: 'Music' },
    { client: services.target.client, table: 'Music' },
  );
  await expectSums(file.path);
});
