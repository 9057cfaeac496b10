import { expect, test, vi } from 'vitest';
import { loadItems } from '../../workload/fill.ts';
import { createMusicTable } from '../../workload/table.ts';
import { startWorkload } from '../../workload/workload.ts';
import { type TestServices, testServices, uniqueName } from '../services.ts';
import { expectEqualTables } from './harness/compare.ts';
import {
  type Connector,
  offsetsAt,
  post,
  printedConnectors,
  request,
  statusAt,
  untilRunning,
} from './harness/connectors.ts';
import { expectExit, messina } from './harness/messina.ts';
import { migrationFile } from './harness/migration-file.ts';
import { witness } from './harness/scene.ts';
import { recordsOf, withAdmin } from './harness/stock-kafka.ts';
import { expectSums } from './harness/sums.ts';
import { Worker } from './harness/worker.ts';
import { until } from './kafka-testing.ts';

const ITEMS = 600;
const SECRET_NAME = 'MESSINA_TEST_SECRET';

test('the connectors that plan prints, posted to two workers, do the migration under load, and no secret is seen', async () => {
  await using services = await testServices();
  const address = { endpoint: services.source.endpoint, credentials: services.credentials, table: 'Music' };
  await createMusicTable(address, { stream: 'NEW_AND_OLD_IMAGES' });
  await loadItems({ ...address, items: ITEMS, seed: 61 });
  const secret = uniqueName('hidden');
  vi.stubEnv(SECRET_NAME, secret);
  const credentials = {
    accessKeyId: services.credentials.accessKeyId,
    secretAccessKey: `\${env:${SECRET_NAME}}`,
  };
  await using file = await migrationFile(services, {
    tables: ['Music'],
    source: { credentials },
    target: { credentials },
  });
  await using workload = startWorkload({ ...address, items: ITEMS, seed: 62, rate: 60 });
  await using source = await Worker.start('source', services);
  await using sink = await Worker.start('sink', services);

  const connectors = await printedConnectors(file.path);
  const names = connectors.map(({ name }) => name);
  expect(names).toEqual(['snapshot', 'changes', 'alternator'].map((what) => `${services.name}-${what}`));
  // All to one: what it has no class for is handed on.
  await post(source, connectors);
  for (const worker of [source, sink])
    expect(await request(worker, ['GET', '/connectors'], 200)).toEqual([...names].sort());
  for (const name of names) await untilRunning(sink, name, 2);

  await using seen = await witness(file.path, 'Music');
  await until('the snapshot is written', async () => (await seen.look()).gatesOpen === 4);
  const { c, u, d } = (await workload.stop()).byEffect;
  const changes = ITEMS + c + u + d;
  await until('all changes are written', async () => (await seen.look()).changesDone === changes);
  await expectExit(messina('status', file.path, '--wait', 'ready', '--timeout', '240'), 0);
  const status = await expectSums(file.path);
  expect(status).toMatchObject({ phase: 'ready', ready: true });
  expect(status.tables[0]?.changes.byOperation).toEqual({ c: ITEMS + c, u, d });
  await expectEqualTables(
    { client: services.source.client, table: 'Music' },
    { client: services.target.client, table: 'Music' },
  );

  await expectShown(source, sink, services, changes);
  await expectMetrics(source, sink, services);
  await expectPlaceholders(source, sink, connectors);
  const ended = [await source.stop(), await sink.stop()];
  const topics = await topicTexts(services);
  for (const text of [...topics, ...ended.flatMap(({ stdout, stderr }) => [stdout, stderr])])
    expect(text).not.toContain(secret);
});

/** What tools show of connectors: where they run, how far they are, which topics they use. */
async function expectShown(source: Worker, sink: Worker, { name }: TestServices, changes: number) {
  for (const [connector, { id }] of [
    [`${name}-snapshot`, source],
    [`${name}-changes`, source],
    [`${name}-alternator`, sink],
  ] as const) {
    const status = await statusAt(sink, connector);
    const here = { state: 'RUNNING', worker_id: id };
    expect(status).toMatchObject({ connector: here, tasks: [here, here] });
  }
  const offsets = await offsetsAt(source, `${name}-alternator`);
  const done = offsets.filter(({ partition }) => partition['kafka_topic'] === `${name}.Music.changes`);
  const last = done.map(({ offset }) => Number(offset?.['kafka_offset']));
  // Records of transactions' ends take offsets too.
  expect(last.reduce((a, b) => a + b, 0)).toBeGreaterThanOrEqual(changes);
  for (const connector of [`${name}-snapshot`, `${name}-changes`])
    expect((await offsetsAt(sink, connector)).length).toBeGreaterThan(0);

  const topicsOf = async (connector: string) => {
    const found = await request<Record<string, { topics: string[] }>>(
      source,
      ['GET', `/connectors/${connector}/topics`],
      200,
    );
    return found[connector]?.topics;
  };
  const both = [`${name}.Music.changes`, `${name}.Music.snapshot`];
  expect(await topicsOf(`${name}-alternator`)).toEqual(both);

  const tasks = await request<{ id: object; config: Record<string, string> }[]>(
    source,
    ['GET', `/connectors/${name}-changes/tasks`],
    200,
  );
  expect(tasks.map(({ id }) => id)).toEqual([0, 1].map((task) => ({ connector: `${name}-changes`, task })));
  expect(tasks[0]?.config).toMatchObject({ tables: 'Music', 'task.class': 'DynamoDbStreamsSourceTask' });
}

async function expectMetrics(source: Worker, sink: Worker, { name }: TestServices): Promise<void> {
  const [ofSource, ofSink] = await Promise.all(
    [source, sink].map(async ({ url }) => (await fetch(`${url}/metrics`)).text()),
  );
  const connector = (of: string) => `kafka_connect_connector_status{connector="${of}",status="running"} 1`;
  expect(ofSource).toContain(connector(`${name}-changes`));
  expect(ofSource).toContain(connector(`${name}-snapshot`));
  // Only what it has: sums over workers count each once.
  expect(ofSource).not.toContain(connector(`${name}-alternator`));
  expect(ofSink).toContain(connector(`${name}-alternator`));
  expect(ofSink).toContain('kafka_connect_worker_task_count 2');
}

/** The configuration that GET gives is the one that was posted. */
async function expectPlaceholders(source: Worker, sink: Worker, connectors: readonly Connector[]) {
  for (const { name, config } of connectors) {
    expect(Object.values(config)).toContain(`\${env:${SECRET_NAME}}`);
    for (const worker of [source, sink])
      expect(await request(worker, ['GET', `/connectors/${name}/config`], 200)).toEqual(config);
  }
}

/** All that stands in the topics of the migration, a text per topic. */
async function topicTexts({ name, kafka }: TestServices): Promise<string[]> {
  const all = await withAdmin(kafka.bootstrap, (admin) => admin.listTopics());
  const own = all.filter((topic) => topic.startsWith(name) && !topic.endsWith('-slots'));
  expect(own).toEqual(expect.arrayContaining([`${name}-configs`, `${name}-offsets`, `${name}-status`]));
  return Promise.all(
    own.map(async (topic) => {
      const records = await recordsOf(kafka.bootstrap, topic);
      expect({ topic, empty: records.length === 0 }).toEqual({ topic, empty: false });
      return records.map(({ key, value }) => `${key} ${value}`).join('\n');
    }),
  );
}
