import { expect, test } from 'vitest';
import { testServices } from '../services.ts';
import { post, printedConnectors, statusAt, untilRunning } from './harness/connectors.ts';
import { expectExit, Messina, messina } from './harness/messina.ts';
import { migrationFile } from './harness/migration-file.ts';
import { expectMigrated, musicUnderLoad, untilChangesFlow } from './harness/music-load.ts';
import { witness } from './harness/scene.ts';
import { Worker } from './harness/worker.ts';

test('migrate goes on with what workers began, beside them and in their place, and they with what it did', async () => {
  await using services = await testServices();
  await using load = await musicUnderLoad(services, { items: 200, seed: 131, rate: 30 });
  await using file = await migrationFile(services, { tables: ['Music'] });
  const connectors = await printedConnectors(file.path);
  const source = await Worker.start('source', services);
  const sink = await Worker.start('sink', services);
  await post(source, connectors);
  for (const { name } of connectors) await untilRunning(source, name, 2);
  await using seen = await witness(file.path, 'Music');
  await untilChangesFlow(seen);

  // Beside them: tasks and lanes are shared, none is anybody's twice.
  await using migrating = new Messina(['migrate', file.path]);
  await expectExit(messina('status', file.path, '--wait', 'ready', '--timeout', '240'), 0);
  await untilChangesFlow(seen);
  for (const { name } of connectors) {
    for (const { state } of (await statusAt(sink, name)).tasks) expect(state).not.toBe('FAILED');
  }
  // In their place, and they in its.
  for (const worker of [source, sink]) await worker.stop();
  await untilChangesFlow(seen);
  migrating.kill('SIGTERM');
  await expectExit(migrating.ended, 0);
  await using again = await Worker.start('source', services);
  await using sinkAgain = await Worker.start('sink', services);
  for (const { name } of connectors) await untilRunning(again, name, 2);
  await expectMigrated(services, load, seen, file);
  for (const worker of [again, sinkAgain]) await worker.stop();
});
