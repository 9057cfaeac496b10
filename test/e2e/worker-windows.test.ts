import { GetItemCommand, UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { loadItems } from '../../workload/fill.ts';
import { createMusicTable } from '../../workload/table.ts';
import { startWorkload } from '../../workload/workload.ts';
import { eventually } from '../rest/rest-client.ts';
import { type TestServices, testServices } from '../services.ts';
import { writeChain } from '../unit/source/export-fixture.ts';
import { expectEqualTables } from './harness/compare.ts';
import { post, printedConnectors, request, untilRunning, untilStates } from './harness/connectors.ts';
import { expectExit, messina } from './harness/messina.ts';
import { migrationFile } from './harness/migration-file.ts';
import { pictureOf, windowOf } from './harness/pictures.ts';
import { expectSums, statusOf } from './harness/sums.ts';
import { chainOptions, exportsOfWeeks, GHOST, ofTable } from './harness/weeks-of-exports.ts';
import { Worker } from './harness/worker.ts';
import { until } from './kafka-testing.ts';

const ITEMS = 300;
/** Short, so that what differs is soon looked at again. */
const rest = { ready: { lagSeconds: 3 } };

test('workers load a full export and its windows; the table is ready when verify --repair has mended it, and again after the sink was reset', async () => {
  await using services = await testServices();
  const { source, target, name } = services;
  const address = { endpoint: source.endpoint, credentials: services.credentials, table: 'Music' };
  await createMusicTable(address);
  await loadItems({ ...address, items: ITEMS, seed: 151 });
  const earlier = await exportsOfWeeks(services);
  const view = { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' } as const;
  await source.client.send(new UpdateTableCommand({ TableName: 'Music', StreamSpecification: view }));
  await using workload = startWorkload({ ...address, items: ITEMS, seed: 152, rate: 60 });
  await until('the slack is over', () => workload.counts().operations > 200);
  const toMs = Math.floor(Date.now() / 1000) * 1000;
  const now = await pictureOf(source.client);
  const last = windowOf(earlier.picture, now, earlier.toMs, toMs, 'NEW_AND_OLD_IMAGES');
  await using chain = await writeChain(await ofTable(services, [...earlier.specs, last]));
  await using file = await migrationFile(services, { ...chainOptions(chain.summaryUrls), rest });

  await using sourceWorker = await Worker.start('source', services);
  await using sinkWorker = await Worker.start('sink', services);
  await post(sourceWorker, await printedConnectors(file.path));
  await untilFollowing(file.path);
  await expectUnmended(services, file.path);
  await workload.stop();
  await expectMended(file.path);
  expect(await ghostOf(services)).toBe(false);

  // The sink begins with the rows again, those of the key that is gone among them.
  const sink = `/connectors/${name}-alternator`;
  await request(sinkWorker, ['PUT', `${sink}/stop`], 204);
  await untilStates(sourceWorker, `${name}-alternator`, 'STOPPED', []);
  await eventually(async () => void (await request(sinkWorker, ['DELETE', `${sink}/offsets`], 200)));
  await request(sinkWorker, ['PUT', `${sink}/resume`], 202);
  await untilRunning(sourceWorker, `${name}-alternator`, 2);
  await untilFollowing(file.path);
  await expectUnmended(services, file.path);
  await expectMended(file.path);
  await expectEqualTables(
    { client: source.client, table: 'Music' },
    { client: target.client, table: 'Music' },
  );
  await expectSums(file.path);
  for (const worker of [sourceWorker, sinkWorker]) await worker.stop();
});

const untilFollowing = (file: string) =>
  until('all is loaded, and changes follow', async () => {
    // Nothing is in Kafka before the connectors have begun.
    const table = (await statusOf(file).catch(() => null))?.tables[0];
    return table?.phase === 'following' && (table.changes.lagSeconds ?? Infinity) < 3;
  });

/** It has caught up and is not ready, and status says what to do. */
async function expectUnmended(services: TestServices, file: string): Promise<void> {
  expect(await ghostOf(services)).toBe(true);
  const waited = await expectExit(messina('status', file, '--wait', 'ready', '--timeout', '3'), 4);
  expect(waited.stdout).toMatch(/Music {2}following/);
  expect(waited.stdout).toMatch(/Music: came in incremental windows.*messina verify FILE --repair/);
  expect(await statusOf(file)).toMatchObject({ ready: false, tables: [{ awaitsRepair: true }] });
}

async function expectMended(file: string): Promise<void> {
  const { stdout } = await expectExit(messina('verify', file, '--repair', '--json'), 0);
  expect(JSON.parse(stdout)).toMatchObject({ equal: true });
  await expectExit(messina('status', file, '--wait', 'ready', '--timeout', '240'), 0);
  expect(await statusOf(file)).toMatchObject({ ready: true, tables: [{ awaitsRepair: false }] });
}

/** Does the target hold the key that no window tells of? */
async function ghostOf({ target }: TestServices): Promise<boolean> {
  const { Item } = await target.client.send(new GetItemCommand({ TableName: 'Music', Key: GHOST }));
  return Item !== undefined;
}
