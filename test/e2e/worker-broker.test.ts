import { expect, test } from 'vitest';
import { startKafka } from '../../local/kafka.ts';
import { testServices } from '../services.ts';
import { post, printedConnectors, request, untilRunning } from './harness/connectors.ts';
import { migrationFile } from './harness/migration-file.ts';
import { expectMigrated, musicUnderLoad, untilChangesFlow } from './harness/music-load.ts';
import { witness } from './harness/scene.ts';
import { Worker } from './harness/worker.ts';
import { until } from './kafka-testing.ts';

test('workers outlive a broker that is restarted while they load and killed while they follow, and answer again', async () => {
  await using kafka = await startKafka();
  await using shared = await testServices();
  const services = { ...shared, kafka: { bootstrap: kafka.bootstrap } };
  const { name } = services;
  await using load = await musicUnderLoad(services, { items: 800, seed: 101, rate: 30 });
  await using file = await migrationFile(services, { tables: ['Music'] });
  await using source = await Worker.start('source', services);
  await using sink = await Worker.start('sink', services);
  const connectors = await printedConnectors(file.path);
  await post(source, connectors);
  await using seen = await witness(file.path, 'Music');

  await until('rows are published', async () => (await seen.look()).rowsPublished > 0);
  await kafka.restart();
  await untilChangesFlow(seen);
  await kafka.kill();
  await kafka.restart();
  await untilChangesFlow(seen);
  for (const connector of connectors) await untilRunning(sink, connector.name, 2);
  // What is asked for after that happens too.
  await request(sink, ['PATCH', `/connectors/${name}-changes/config`], 200, { 'tasks.max': '3' });
  await untilRunning(source, `${name}-changes`, 3);
  await expectMigrated(services, load, seen, file);
  for (const worker of [source, sink]) {
    expect((await fetch(`${worker.url}/health`)).status).toBe(200);
    await worker.stop();
  }
});
