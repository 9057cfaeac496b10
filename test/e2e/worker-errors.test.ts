import { type AttributeValue, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { KafkaMessage } from 'kafkajs';
import { expect, test } from 'vitest';
import { createMusicTable } from '../../workload/table.ts';
import { startAlternatorProxy } from '../alternator-proxy.ts';
import { eventually } from '../rest/rest-client.ts';
import { type TestServices, testServices } from '../services.ts';
import { expectEqualTables } from './harness/compare.ts';
import {
  post,
  printedConnectors,
  request,
  statusAt,
  untilRunning,
  untilStates,
} from './harness/connectors.ts';
import { expectExit, messina, messinaJson } from './harness/messina.ts';
import { migrationFile } from './harness/migration-file.ts';
import { expectMigrated, musicUnderLoad, untilChangesFlow } from './harness/music-load.ts';
import { createPoisonedTarget, cure } from './harness/poisoned-target.ts';
import { type Witness, witness } from './harness/scene.ts';
import { recordsOf } from './harness/stock-kafka.ts';
import { expectSums, statusOf } from './harness/sums.ts';
import { Worker } from './harness/worker.ts';
import { until } from './kafka-testing.ts';

const GOOD = 20;
const POISONED = 6;

test('with errors.tolerance=all what the target refuses is set aside with the headers of Kafka Connect, and retried', async () => {
  await using services = await testServices();
  const { name } = services;
  await poisonedTable(services, POISONED);
  await using file = await migrationFile(services, {
    tables: ['Music'],
    rest: { deadLetters: { tolerance: 'all' } },
  });
  await using source = await Worker.start('source', services);
  await using sink = await Worker.start('sink', services);
  await post(source, await printedConnectors(file.path));
  await using seen = await witness(file.path, 'Music');
  await untilAllDone(seen, GOOD + POISONED);

  const letters = await recordsOf(services.kafka.bootstrap, `${name}.dead-letters`);
  for (const letter of letters) expectHeaders(services, letter);
  const list = await messinaJson<{ letters: number; groups: object[] }>('dead-letters', file.path, 'list');
  expect(list.letters).toBe(letters.length);
  expect(list.groups).toMatchObject([{ reason: 'RECORD_REFUSED', letters: letters.length, retriable: true }]);
  await expectSums(file.path);

  const running = await expectExit(messina('dead-letters', file.path, 'retry'), 4);
  expect(running.stderr).toContain('SINK_RUNNING');
  await cure(services.target.client, 'Music');
  await request(source, ['PUT', `/connectors/${name}-alternator/stop`], 204);
  await untilStates(sink, `${name}-alternator`, 'STOPPED', []);
  await eventually(async () => void (await expectExit(messina('dead-letters', file.path, 'retry'), 0)));
  await request(source, ['PUT', `/connectors/${name}-alternator/resume`], 202);
  await untilRunning(sink, `${name}-alternator`, 2);
  await put(services, POISONED, { S: 'folk' });
  await untilAllDone(seen, GOOD + POISONED + 1);
  await expectEqual(services);
  await expectSums(file.path);
  for (const worker of [source, sink]) await worker.stop();
});

test('with errors.tolerance=none a record that is refused fails its task, which says why; restarted without the cause it runs', async () => {
  await using services = await testServices();
  const connector = `${services.name}-alternator`;
  await poisonedTable(services, 1);
  await using file = await migrationFile(services, { tables: ['Music'] });
  await using source = await Worker.start('source', services);
  await using sink = await Worker.start('sink', services);
  await post(sink, await printedConnectors(file.path));
  await using seen = await witness(file.path, 'Music');
  const failed = async () => {
    const { tasks } = await statusAt(source, connector).catch(() => ({ tasks: [] }));
    return tasks.filter(({ state }) => state === 'FAILED');
  };
  await until('a task has failed', async () => (await failed()).length === 1);
  const [{ trace = '', id } = { id: -1 }] = await failed();
  expect(trace).toContain('RECORD_REFUSED');
  expect(trace).toContain('table Music');
  expect(trace).toContain('The target refuses the item');
  // Of the item nothing is told: neither its key's values nor others.
  expect(trace.replaceAll(services.name, '')).not.toMatch(/a0|s0/);
  expect((await statusAt(source, connector)).connector.state).toBe('RUNNING');
  const { tables } = await statusOf(file.path);
  expect(tables[0]).toMatchObject({ phase: 'failed', lastError: { code: 'RECORD_REFUSED' } });

  await cure(services.target.client, 'Music');
  const path = `/connectors/${connector}/restart?includeTasks=true&onlyFailed=true`;
  const restarting = await request<{ tasks: { id: number; state: string }[] }>(source, ['POST', path], 202);
  for (const task of restarting.tasks) expect(task.state).toBe(task.id === id ? 'RESTARTING' : 'RUNNING');
  await untilRunning(source, connector, 2);
  await untilAllDone(seen, GOOD + 1);
  await expectEqual(services);
  await expectSums(file.path);
  for (const worker of [source, sink]) await worker.stop();
});

test('a target that is away for longer than errors.retry.timeout fails its tasks, which start again by themselves', async () => {
  await using services = await testServices();
  const connector = `${services.name}-alternator`;
  await using load = await musicUnderLoad(services, { items: 300, seed: 91, rate: 40 });
  await using proxy = await startAlternatorProxy({ upstream: services.target.endpoint });
  await using file = await migrationFile(services, {
    tables: ['Music'],
    target: { endpoints: proxy.endpoints },
  });
  await using source = await Worker.start('source', services);
  await using sink = await Worker.start('sink', services);
  const impatient = { 'errors.retry.timeout': '1000', 'errors.auto.restart.delay.ms': '500' };
  const connectors = (await printedConnectors(file.path)).map(({ name, config }) =>
    name === connector ? { name, config: { ...config, ...impatient } } : { name, config },
  );
  await post(source, connectors);
  await using seen = await witness(file.path, 'Music');
  await untilChangesFlow(seen);
  await proxy.nodes[0].down();
  let trace = '';
  await until('a task has failed', async () => {
    const { tasks } = await statusAt(source, connector);
    trace = tasks.find(({ state }) => state === 'FAILED')?.trace ?? '';
    return trace !== '';
  });
  expect(trace).toContain('TARGET_UNREACHABLE');
  await proxy.nodes[0].up();
  await untilRunning(source, connector, 2);
  await untilChangesFlow(seen);
  await expectMigrated(services, load, seen, file);
  await untilRunning(source, connector, 2);
  for (const worker of [source, sink]) await worker.stop();
});

/** Items whose Genre the target refuses, numbered from 0, and others after them; all come through the stream too. */
async function poisonedTable(services: TestServices, poisoned: number): Promise<void> {
  const { source, target, credentials } = services;
  const address = { endpoint: source.endpoint, credentials, table: 'Music' };
  await createMusicTable(address, { stream: 'NEW_AND_OLD_IMAGES' });
  await createPoisonedTarget(target.client, 'Music');
  for (let n = 0; n < poisoned; n++) await put(services, n, { N: '7' });
  for (let n = poisoned; n < poisoned + GOOD; n++) await put(services, n, { S: 'rock' });
}

async function put({ source }: TestServices, n: number, Genre: AttributeValue): Promise<void> {
  const Item = { Artist: { S: `a${n}` }, SongTitle: { S: `s${n}` }, Genre };
  await source.client.send(new PutItemCommand({ TableName: 'Music', Item }));
}

const untilAllDone = (seen: Witness, changes: number) =>
  until('everything is dealt with', async () => {
    const { gatesOpen, changesDone } = await seen.look();
    return gatesOpen === 4 && changesDone === changes;
  });

/** All of DeadLetterQueueReporter's headers, as texts, and no item value among them. */
function expectHeaders({ name }: TestServices, { headers = {} }: KafkaMessage): void {
  const said = Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, String(value)]));
  const known = {
    topic: expect.stringMatching(new RegExp(`^${name}\\.Music\\.(snapshot|changes)$`)),
    partition: expect.stringMatching(/^[0-3]$/),
    offset: expect.stringMatching(/^\d+$/),
    'connector.name': `${name}-alternator`,
    'task.id': expect.stringMatching(/^[01]$/),
    stage: 'TASK_PUT',
    'class.name': 'AlternatorSink',
    'exception.class.name': 'RECORD_REFUSED',
    'exception.message': expect.stringMatching(/./),
    'exception.stacktrace': expect.any(String),
  };
  const named = Object.entries(known).map(([key, value]) => [`__connect.errors.${key}`, value]);
  expect(said).toMatchObject(Object.fromEntries(named));
}

const expectEqual = (services: TestServices) =>
  expectEqualTables(
    { client: services.source.client, table: 'Music' },
    { client: services.target.client, table: 'Music' },
  );
