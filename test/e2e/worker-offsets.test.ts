import { DeleteItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { type TestServices, testServices } from '../services.ts';
import { post, printedConnectors } from './harness/connectors.ts';
import { expectExit, messina } from './harness/messina.ts';
import { migrationFile } from './harness/migration-file.ts';
import { musicUnderLoad, untilChangesFlow } from './harness/music-load.ts';
import { witness } from './harness/scene.ts';
import { expectAgain, resetSource } from './harness/source-reset.ts';
import { statusOf } from './harness/sums.ts';
import { Worker } from './harness/worker.ts';

const ITEMS = 300;

test('a source that is reset publishes everything again, rows and changes, while the table changes: it ends equal, and each record is counted', async () => {
  await using services = await testServices();
  const { name } = services;
  await using load = await musicUnderLoad(services, { items: ITEMS, seed: 171, rate: 30 });
  const rest = { ready: { lagSeconds: 5 } };
  await using file = await migrationFile(services, { tables: ['Music'], rest });
  await using source = await Worker.start('source', services);
  await using sink = await Worker.start('sink', services);
  await post(source, await printedConnectors(file.path));
  await expectExit(messina('status', file.path, '--wait', 'ready', '--timeout', '240'), 0);
  await using seen = await witness(file.path, 'Music');

  // Nothing but a row that is published again brings them back.
  const lost = await loseItems(services, 20);
  const loaded = await statusOf(file.path);
  await resetSource(source, `${name}-snapshot`);
  await untilChangesFlow(seen);
  await load.stop();
  const again = await expectAgain(services, file.path, loaded, { rows: ITEMS / 2 });
  expect(lost).toBe(20);

  await resetSource(sink, `${name}-changes`);
  const changes = again.tables[0]?.changes.published ?? 0;
  const twice = await expectAgain(services, file.path, again, { changes });
  expect(twice.tables[0]?.changes.published).toBe(2 * changes);
  expect(twice.tables[0]?.snapshot.published).toBe(again.tables[0]?.snapshot.published);
  for (const worker of [source, sink]) await worker.stop();
});

/** Takes items that the sink has written away again. */
async function loseItems({ target }: TestServices, count: number): Promise<number> {
  const { Items = [] } = await target.client.send(new ScanCommand({ TableName: 'Music', Limit: count }));
  for (const { Artist, SongTitle } of Items) {
    if (Artist === undefined || SongTitle === undefined) throw new Error('the target is empty');
    await target.client.send(new DeleteItemCommand({ TableName: 'Music', Key: { Artist, SongTitle } }));
  }
  return Items.length;
}
