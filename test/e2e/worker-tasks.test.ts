import { expect, test } from 'vitest';
import { type TestServices, testServices } from '../services.ts';
import {
  type ConnectorStatus,
  type Offset,
  offsetsAt,
  post,
  printedConnectors,
  request,
  untilRunning,
  untilStates,
} from './harness/connectors.ts';
import { migrationFile } from './harness/migration-file.ts';
import { expectMigrated, musicUnderLoad, untilChangesFlow } from './harness/music-load.ts';
import { witness } from './harness/scene.ts';
import { Worker } from './harness/worker.ts';

const ITEMS = 500;

const namesOf = ({ name }: TestServices) => ({
  snapshot: `${name}-snapshot`,
  changes: `${name}-changes`,
  sink: `${name}-alternator`,
});

test('tasks.max goes up, beyond the threads, and down over REST while changes flow: it ends equal', async () => {
  await using services = await testServices();
  await using load = await musicUnderLoad(services, { items: ITEMS, seed: 81, rate: 50 });
  await using file = await migrationFile(services, { tables: ['Music'] });
  const settings = { 'worker.threads': '2' };
  await using source = await Worker.start('source', services, { settings });
  await using sink = await Worker.start('sink', services, { settings });
  const connectors = await printedConnectors(file.path);
  await post(sink, connectors);
  await using seen = await witness(file.path, 'Music');
  const names = namesOf(services);

  const patch = async (name: string, tasks: number) => {
    await request(source, ['PATCH', `/connectors/${name}/config`], 200, { 'tasks.max': String(tasks) });
    await untilRunning(sink, name, tasks);
  };
  await untilRunning(source, names.snapshot, 2);
  await patch(names.snapshot, 3);
  await patch(names.changes, 6);
  await patch(names.sink, 6);
  await untilChangesFlow(seen);
  const [, , posted] = connectors;
  const config = { ...posted?.config, 'tasks.max': '3' };
  await request(source, ['PUT', `/connectors/${names.sink}/config`], 200, config);
  await untilRunning(source, names.sink, 3);
  await patch(names.changes, 1);
  await untilChangesFlow(seen);
  await patch(names.changes, 4);
  await patch(names.sink, 1);
  await expectMigrated(services, load, seen, file);
  for (const worker of [source, sink]) await worker.stop();
});

test('connectors are paused, stopped, resumed, restarted and made anew while changes flow: each goes on where it was', async () => {
  await using services = await testServices();
  await using load = await musicUnderLoad(services, { items: ITEMS, seed: 83, rate: 50 });
  await using file = await migrationFile(services, { tables: ['Music'] });
  await using source = await Worker.start('source', services);
  await using sink = await Worker.start('sink', services);
  const connectors = await printedConnectors(file.path);
  await post(source, connectors);
  await using seen = await witness(file.path, 'Music');
  const names = namesOf(services);
  await untilChangesFlow(seen);

  const put = (name: string, word: string, status: number) =>
    request(source, ['PUT', `/connectors/${name}/${word}`], status);
  for (const name of [names.changes, names.sink]) {
    await put(name, 'pause', 202);
    await untilStates(sink, name, 'PAUSED', ['PAUSED', 'PAUSED']);
    await put(name, 'resume', 202);
    await untilRunning(sink, name, 2);
    await put(name, 'stop', 204);
    await untilStates(sink, name, 'STOPPED', []);
    await put(name, 'resume', 202);
    await untilRunning(sink, name, 2);
    await untilChangesFlow(seen);
  }

  for (const name of [names.changes, names.sink]) {
    const path = `/connectors/${name}/restart?includeTasks=true`;
    const restarting = await request<ConnectorStatus>(source, ['POST', path], 202);
    expect(restarting).toMatchObject({ tasks: [{ state: 'RESTARTING' }, { state: 'RESTARTING' }] });
    await untilRunning(source, name, 2);
    await request(sink, ['POST', `/connectors/${name}/tasks/1/restart`], 204);
    await untilRunning(source, name, 2);
  }
  await untilChangesFlow(seen);

  await put(names.sink, 'stop', 204);
  await untilStates(sink, names.sink, 'STOPPED', []);
  const reached = await offsetsAt(source, names.sink);
  await request(source, ['DELETE', `/connectors/${names.sink}`], 204);
  await request(sink, ['GET', `/connectors/${names.sink}/status`], 404);
  const made = { ...connectors[2], initial_state: 'STOPPED' };
  await request(source, ['POST', '/connectors'], 201, made);
  await untilStates(sink, names.sink, 'STOPPED', []);
  expect(sorted(await offsetsAt(source, names.sink))).toEqual(sorted(reached));
  await put(names.sink, 'resume', 202);
  await expectMigrated(services, load, seen, file);
  for (const worker of [source, sink]) await worker.stop();
});

const sorted = (offsets: readonly Offset[]) => offsets.map((offset) => JSON.stringify(offset)).sort();
