import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'vitest';
import { loadItems } from '../../workload/fill.ts';
import { createMusicTable } from '../../workload/table.ts';
import { startWorkload } from '../../workload/workload.ts';
import { testServices } from '../services.ts';
import { expectEqualTables } from './harness/compare.ts';
import { expectExit, Messina } from './harness/messina.ts';
import { migrationFile } from './harness/migration-file.ts';
import { type Witness, witness } from './harness/scene.ts';
import { expectSums } from './harness/sums.ts';
import { until } from './kafka-testing.ts';

const ITEMS = 2_000;
/** Longer than a session of ten seconds, so that what it owns is given to others. */
const FROZEN_MS = 15_000;

/** Processes that run a source task now. */
const pidsOf = async (seen: Witness) =>
  new Set([...(await seen.workers()).values()].map((worker) => Number(/:(\d+)-/.exec(worker)?.[1])));

const runTasks = async (seen: Witness, ...processes: readonly Messina[]) => {
  const pids = await pidsOf(seen);
  return processes.every(({ child }) => pids.has(child.pid ?? 0));
};

/** Whether a process runs task 0 of a connector: of the others, a sleeping one may still say so when they are gone. */
const leads = async (seen: Witness, { child }: Messina) =>
  [...(await seen.workers())].some(
    ([key, worker]) => key.endsWith('-0') && worker.includes(`:${child.pid}-`),
  );

/** Its workers have begun: it tells how far the table is. */
const isUp = ({ stderr }: Messina) => /^Music (capturing|exporting|loading|following|ready) /m.test(stderr);

test('two processes share the tasks; one is frozen and wakes up as a zombie, one is killed: nothing is lost or doubled', async () => {
  await using services = await testServices();
  const address = { endpoint: services.source.endpoint, credentials: services.credentials, table: 'Music' };
  await createMusicTable(address, { stream: 'NEW_AND_OLD_IMAGES' });
  await loadItems({ ...address, items: ITEMS, seed: 21 });
  // Tasks stand in slots by a hash: with few of them one process might get them all.
  const tasks = { source: 6, sink: 2 };
  await using file = await migrationFile(services, { tables: ['Music'], rest: { tasks } });
  await using workload = startWorkload({ ...address, items: ITEMS, seed: 22, rate: 80 });
  await using first = new Messina(['migrate', file.path]);
  await using seen = await witness(file.path, 'Music');
  await using second = new Messina(['migrate', file.path]);
  await until('both processes run source tasks', () => runTasks(seen, first, second));
  // Not while it loads: a freeze in the middle of sending a body, most likely then, is what no client can exclude.
  await until('changes flow', async () => {
    const { gatesOpen, changesDone, changesWaiting } = await seen.look();
    return gatesOpen === 4 && changesDone > 0 && changesWaiting < 100;
  });

  first.kill('SIGSTOP');
  await sleep(FROZEN_MS);
  await until('the other runs all tasks', async () => !(await runTasks(seen, first)));
  first.kill('SIGCONT');
  await until('both run tasks again', () => runTasks(seen, first, second));

  const { changesDone } = await seen.look();
  second.kill('SIGKILL');
  await until('the first runs all tasks', async () => !(await runTasks(seen, second)));
  await until('changes flow again', async () => (await seen.look()).changesDone > changesDone + 100);

  const { byEffect } = await workload.stop();
  const changes = ITEMS + byEffect.c + byEffect.u + byEffect.d;
  await until('all changes are written', async () => (await seen.look()).changesDone === changes);
  first.kill('SIGINT');
  await expectExit(first.ended, 0);
  await expectEqualTables(
    { client: services.source.client, table: 'Music' },
    { client: services.target.client, table: 'Music' },
  );
  await expectSums(file.path);
});

test('the number of source tasks goes up and down while a process of the old number sleeps, and wakes up as a zombie', async () => {
  await using services = await testServices();
  const address = { endpoint: services.source.endpoint, credentials: services.credentials, table: 'Music' };
  await createMusicTable(address, { stream: 'NEW_AND_OLD_IMAGES' });
  await loadItems({ ...address, items: ITEMS, seed: 23 });
  const withTasks = (source: number) => ({ tables: ['Music'], rest: { tasks: { source, sink: 2 } } });
  await using file = await migrationFile(services, withTasks(2));
  await using workload = startWorkload({ ...address, items: ITEMS, seed: 24, rate: 80 });
  await using first = new Messina(['migrate', file.path]);
  await using seen = await witness(file.path, 'Music');
  await until('rows are published', async () => (await seen.look()).rowsPublished > 0);

  first.kill('SIGSTOP');
  await file.write(withTasks(3));
  await using second = new Messina(['migrate', file.path]);
  await until('the second runs without it', async () => isUp(second) && !(await leads(seen, first)));
  first.kill('SIGCONT');
  await until('changes flow', async () => (await seen.look()).changesDone > 0);

  second.kill('SIGSTOP');
  await file.write(withTasks(1));
  await using third = new Messina(['migrate', file.path]);
  await until('the third runs without it', async () => isUp(third) && !(await leads(seen, second)));
  second.kill('SIGCONT');

  const { byEffect } = await workload.stop();
  const changes = ITEMS + byEffect.c + byEffect.u + byEffect.d;
  await until('all changes are written', async () => (await seen.look()).changesDone === changes);
  for (const one of [first, second, third]) one.kill('SIGINT');
  for (const one of [first, second, third]) await expectExit(one.ended, 0);
  await expectEqualTables(
    { client: services.source.client, table: 'Music' },
    { client: services.target.client, table: 'Music' },
  );
  await expectSums(file.path);
});
