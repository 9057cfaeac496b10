import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import { ask, eventually, expectError } from '../rest/rest-client.ts';
import { type TestServices, testServices } from '../services.ts';
import {
  type Connector,
  offsetsAt,
  post,
  printedConnectors,
  request,
  untilRunning,
  untilStates,
} from './harness/connectors.ts';
import { expectExit } from './harness/messina.ts';
import { migrationFile } from './harness/migration-file.ts';
import { expectMigrated, musicUnderLoad, untilChangesFlow } from './harness/music-load.ts';
import { witness } from './harness/scene.ts';
import { Worker } from './harness/worker.ts';

test('connectors.dir puts connectors in place, and in its next form at the next start', async () => {
  await using services = await testServices();
  await using file = await migrationFile(services, { tables: ['Music'] });
  const [, , sink] = (await printedConnectors(file.path)) as [Connector, Connector, Connector];
  await using folder = await connectorsDir();
  const options = { settings: { 'connectors.dir': folder.path } };
  await folder.write(sink);
  await using first = await Worker.start('sink', services, options);
  const configOf = (worker: Worker) =>
    eventually(async () => {
      const path = `/connectors/${sink.name}/config`;
      expect(await request(worker, ['GET', path], 200)).toEqual(await folder.config());
    });
  await configOf(first);
  await first.stop();
  // A flat map, as a file of Kafka Connect's standalone mode has it.
  await folder.write({ ...sink.config, 'tasks.max': '3' });
  await using second = await Worker.start('sink', services, options);
  await configOf(second);
  await second.stop();

  await folder.write({ name: sink.name, config: { ...sink.config, 'tasks.max': 'many' } });
  await using third = await Worker.launch('sink', services, options);
  const { stderr } = await expectExit(third.process.ended, 2);
  expect(stderr).toContain('sink.json');
  expect(stderr).toContain('tasks.max');
});

test('offsets change of stopped connectors alone; a sink that is reset writes everything again', async () => {
  await using services = await testServices();
  const { name } = services;
  await using load = await musicUnderLoad(services, { items: 200, seed: 97, rate: 30 });
  await using file = await migrationFile(services, { tables: ['Music'] });
  await using source = await Worker.start('source', services);
  await using sink = await Worker.start('sink', services);
  await post(source, await printedConnectors(file.path));
  await using seen = await witness(file.path, 'Music');
  await untilChangesFlow(seen);

  for (const connector of [`${name}-alternator`, `${name}-changes`]) {
    const path = `/connectors/${connector}/offsets`;
    const offsets = await offsetsAt(source, connector);
    const running = new RegExp(`^Connectors must be in the STOPPED state .*/connectors/${connector}/stop`);
    expectError(await ask(source, 'DELETE', path), 400, running);
    expectError(await ask(source, 'PATCH', path, { body: { offsets } }), 400, running);
    await request(source, ['PUT', `/connectors/${connector}/stop`], 204);
    await untilStates(sink, connector, 'STOPPED', []);
    await expectAltered(source, path, { offsets: await offsetsAt(source, connector) });
    const strange = {
      partition: { kafka_topic: 'strange', kafka_partition: 0 },
      offset: { kafka_offset: 1 },
    };
    expect((await ask(source, 'PATCH', path, { body: { offsets: [strange] } })).status).toBe(400);
  }

  await loseAnItem(services);
  const path = `/connectors/${name}-alternator/offsets`;
  const message = 'The offsets for this connector have been reset successfully';
  expect(await request(sink, ['DELETE', path], 200)).toEqual({ message });
  expect(await offsetsAt(source, `${name}-alternator`)).toEqual([]);
  for (const connector of [`${name}-alternator`, `${name}-changes`]) {
    await request(sink, ['PUT', `/connectors/${connector}/resume`], 202);
    await untilRunning(source, connector, 2);
  }
  await expectMigrated(services, load, seen, file);
  for (const worker of [source, sink]) await worker.stop();
});

/** The tasks of a connector that was just stopped may still be at their end. */
const expectAltered = (worker: Worker, path: string, body: object) =>
  eventually(async () => {
    const message = 'The offsets for this connector have been altered successfully';
    expect(await request(worker, ['PATCH', path], 200, body)).toEqual({ message });
  });

/** Takes an item that the sink has written away again: only a sink that writes everything again brings it back. */
async function loseAnItem({ target }: TestServices): Promise<void> {
  const { Items = [] } = await target.client.send(new ScanCommand({ TableName: 'Music', Limit: 1 }));
  const { Artist, SongTitle } = Items[0] ?? {};
  if (Artist === undefined || SongTitle === undefined) throw new Error('the target is empty');
  await target.client.send(new DeleteItemCommand({ TableName: 'Music', Key: { Artist, SongTitle } }));
}

/** A folder with one file, `sink.json`. */
async function connectorsDir() {
  const path = await mkdtemp(join(tmpdir(), 'messina-connectors-'));
  let written: Connector | Connector['config'] | null = null;
  return {
    path,
    write: async (content: Connector | Connector['config']) => {
      written = content;
      await writeFile(join(path, 'sink.json'), JSON.stringify(content));
    },
    config: async () => (written !== null && 'config' in written ? written['config'] : written),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}
