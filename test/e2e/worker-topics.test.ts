import { expect, test } from 'vitest';
import { testServices } from '../services.ts';
import { type Connector, post, printedConnectors, request, untilRunning } from './harness/connectors.ts';
import { expectExit } from './harness/messina.ts';
import { migrationFile } from './harness/migration-file.ts';
import { expectMigrated, musicUnderLoad } from './harness/music-load.ts';
import { witness } from './harness/scene.ts';
import { recordsOf, withAdmin, writeRecord } from './harness/stock-kafka.ts';
import { Worker } from './harness/worker.ts';
import { until } from './kafka-testing.ts';

test('the internal topics hold the keys and values of Kafka Connect, and what Messina adds is named so', async () => {
  await using services = await testServices();
  const { name, kafka } = services;
  await using load = await musicUnderLoad(services, { items: 100, seed: 95, rate: 20 });
  await using file = await migrationFile(services, { tables: ['Music'] });
  await using source = await Worker.start('source', services);
  await using sink = await Worker.start('sink', services);
  const connectors = await printedConnectors(file.path);
  await post(source, connectors);
  await using seen = await witness(file.path, 'Music');
  const [snapshot, changes, alternator] = connectors as [Connector, Connector, Connector];
  await untilRunning(sink, alternator.name, 2);
  await request(sink, ['PATCH', `/connectors/${alternator.name}/config`], 200, { 'tasks.max': '1' });
  await untilRunning(sink, alternator.name, 1);
  await request(sink, ['POST', `/connectors/${changes.name}/restart?includeTasks=true`], 202);
  await request(source, ['PUT', '/admin/loggers/connector?scope=cluster'], 204, { level: 'WARN' });
  await expectMigrated(services, load, seen, file);
  for (const { name: one } of connectors) await untilTopicsAre(source, one, topicsOf(name, one));
  await request(sink, ['PUT', `/connectors/${changes.name}/pause`], 202);
  for (const worker of [source, sink]) await worker.stop();

  const started = { state: 'STARTED', 'state.v2': 'STARTED' };
  const paused = { state: 'PAUSED', 'state.v2': 'PAUSED' };
  const properties = (config: object) => ({ properties: expect.objectContaining(config) });
  const { topics: _, ...ofSink } = alternator.config;
  const one = { ...ofSink, 'tasks.max': '1' };
  expect(connectOnly(await newest(kafka.bootstrap, `${name}-configs`))).toEqual({
    [`connector-${snapshot.name}`]: { properties: snapshot.config },
    [`connector-${changes.name}`]: { properties: changes.config },
    [`connector-${alternator.name}`]: { properties: { ...alternator.config, 'tasks.max': '1' } },
    [`target-state-${snapshot.name}`]: started,
    [`target-state-${changes.name}`]: paused,
    [`target-state-${alternator.name}`]: started,
    [`task-${snapshot.name}-0`]: properties(snapshot.config),
    [`task-${snapshot.name}-1`]: properties(snapshot.config),
    [`task-${changes.name}-0`]: properties(changes.config),
    [`task-${changes.name}-1`]: properties(changes.config),
    [`task-${alternator.name}-0`]: properties(one),
    [`commit-${snapshot.name}`]: { tasks: 2 },
    [`commit-${changes.name}`]: { tasks: 2 },
    [`commit-${alternator.name}`]: { tasks: 1 },
    [`tasks-fencing-${snapshot.name}`]: { 'task-count': 2 },
    [`tasks-fencing-${changes.name}`]: { 'task-count': 2 },
    [`restart-connector-${changes.name}`]: { 'include-tasks': true, 'only-failed': false },
    'logger-cluster-connector': { level: 'WARN' },
  });
  await expectOffsets(kafka.bootstrap, `${name}-offsets`, [snapshot.name, changes.name]);
  await expectStatus(kafka.bootstrap, name, connectors);
  await expectSettings(kafka.bootstrap, {
    [`${name}-configs`]: 1,
    [`${name}-offsets`]: 25,
    [`${name}-status`]: 5,
  });
});

test('a record of the configs topic that cannot be read stops the worker with the remedy; one of the status topic is passed over', async () => {
  await using services = await testServices();
  const { name, kafka } = services;
  await using worker = await Worker.start('sink', services);
  const garbage = { key: 'status-connector-song', value: 'no JSON {' };
  await writeRecord(kafka.bootstrap, `${name}-status`, garbage);
  expect(await request(worker, ['GET', '/connectors?expand=status'], 200)).toEqual({});

  const broken = { key: 'connector-song', value: 'no JSON {' };
  await writeRecord(kafka.bootstrap, `${name}-configs`, broken);
  const wanted = ['WORKER_RECORD', 'connector-song', 'write the record anew, or delete it'];
  const ended = await expectExit(worker.process.ended, 1);
  for (const text of wanted) expect(ended.stderr).toContain(text);
  // Nor does another one begin.
  await using next = await Worker.launch('sink', services);
  const refused = await expectExit(next.process.ended, 1);
  for (const text of wanted) expect(refused.stderr).toContain(text);

  await writeRecord(kafka.bootstrap, `${name}-configs`, { ...broken, value: null });
  await using mended = await Worker.start('sink', services);
  expect(await request(mended, ['GET', '/connectors'], 200)).toEqual([]);
  await mended.stop();
});

/** The newest value of each key that was not deleted. */
async function newest(bootstrap: string, topic: string): Promise<Record<string, unknown>> {
  const values = new Map<string, unknown>();
  for (const { key, value } of await recordsOf(bootstrap, topic)) {
    if (value === null) values.delete(String(key));
    else values.set(String(key), JSON.parse(String(value)));
  }
  return Object.fromEntries(values);
}

/** Records that Kafka Connect would write: it passes over keys that it does not know. */
const connectOnly = (values: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(values).filter(([key]) => !key.startsWith('messina-')));

/** `["<connector>",{<partition>}]` → `{<offset>}`, flat maps both (OffsetStorageWriter, OffsetUtils). */
async function expectOffsets(bootstrap: string, topic: string, connectors: readonly string[]): Promise<void> {
  const owners = new Set<string>();
  for (const [key, offset] of Object.entries(await newest(bootstrap, topic))) {
    const [connector, partition, ...rest] = JSON.parse(key) as [string, object];
    owners.add(connector);
    expect(rest).toEqual([]);
    // Primitives alone, null too (OffsetUtils.validateFormat).
    for (const value of [partition, offset as object].flatMap((map): unknown[] => Object.values(map)))
      expect(value === null || typeof value !== 'object').toBe(true);
  }
  expect([...owners].sort()).toEqual([...connectors].sort());
}

async function expectStatus(
  bootstrap: string,
  group: string,
  connectors: readonly Connector[],
): Promise<void> {
  const values = await newest(bootstrap, `${group}-status`);
  // When both workers have ended nobody has them.
  const gone = {
    state: 'UNASSIGNED',
    trace: null,
    worker_id: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    generation: expect.any(Number),
  };
  const tasks = connectors.flatMap(({ name }) =>
    name.endsWith('alternator') ? [`${name}-0`] : [`${name}-0`, `${name}-1`],
  );
  const wanted = [
    ...connectors.map(({ name }) => [`status-connector-${name}`, gone] as const),
    ...tasks.map((task) => [`status-task-${task}`, gone] as const),
    ...connectors.flatMap(({ name }) => topicRecords(group, name)),
  ];
  expect(connectOnly(values)).toEqual(Object.fromEntries(wanted));
}

/** KIP-558: one record for each topic that a connector has used: a source publishes one of the two, a sink reads both. */
const topicRecords = (group: string, connector: string) =>
  topicsOf(group, connector).map((name) => {
    const topic = { name, connector, task: 0, discoverTimestamp: expect.any(Number) };
    return [`status-topic-${name}:connector-${connector}`, { topic }] as const;
  });

const topicsOf = (group: string, connector: string): string[] =>
  ['changes', 'snapshot']
    .filter((kind) => connector.endsWith('alternator') || connector.endsWith(kind))
    .map((kind) => `${group}.Music.${kind}`);

/** They are looked at every few seconds. */
const untilTopicsAre = (worker: Worker, connector: string, wanted: readonly string[]): Promise<void> =>
  until(`${connector} has used its topics`, async () => {
    const path = `/connectors/${connector}/topics`;
    const found = await request<Record<string, { topics: string[] }>>(worker, ['GET', path], 200);
    return found[connector]?.topics.join() === wanted.join();
  });

/** Compacted, and with as many partitions as Kafka Connect gives them. */
async function expectSettings(bootstrap: string, partitions: Record<string, number>): Promise<void> {
  await withAdmin(bootstrap, async (admin) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: Object.keys(partitions) });
    expect(Object.fromEntries(topics.map((one) => [one.name, one.partitions.length]))).toEqual(partitions);
    const resources = Object.keys(partitions).map((name) => ({
      type: 2,
      name,
      configNames: ['cleanup.policy'],
    }));
    const described = await admin.describeConfigs({ resources, includeSynonyms: false });
    for (const { configEntries } of described.resources)
      expect(configEntries.map(({ configValue }) => configValue)).toEqual(['compact']);
  });
}
