import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type ApacheConnect, startApacheConnect } from '../connect/apache-connect.ts';
import { apacheWorker } from '../connect/apache-worker.ts';
import { javaClientSuite } from '../connect/java-client-suite.ts';
import { badInputSuite } from '../rest/bad-input-suite.ts';
import { restConformance } from '../rest/conformance.ts';
import { type MemoryWorker, startMemoryWorker } from '../rest/memory-worker.ts';
import { offsetSuite } from '../rest/offset-suite.ts';
import { pluginSuite } from '../rest/plugin-suite.ts';
import { ask, eventually, makeConnector } from '../rest/rest-client.ts';
import type { RestWorker } from '../rest/rest-worker.ts';
import { toolSuite } from '../rest/tool-suite.ts';
import { uniqueName } from '../services.ts';
import { type RestGroup, startRestGroup } from './harness/rest-group.ts';
import { recordsOf, withAdmin } from './harness/stock-kafka.ts';
import { kafkaClient, newTopic } from './kafka-testing.ts';

describe('Apache Kafka Connect', () => {
  let connect: ApacheConnect;
  let worker: RestWorker;

  beforeAll(async () => {
    await using kafka = kafkaClient();
    const topic = await newTopic(kafka);
    connect = await startApacheConnect({
      bootstrap: inject('services').kafka,
      groupId: uniqueName('connect'),
    });
    worker = apacheWorker(connect, topic);
    const body = { name: 'feed', config: await worker.sourceConfig('feed') };
    expect((await ask(worker, 'POST', '/connectors', { body })).status).toBe(201);
  });
  afterAll(() => connect?.stop());

  restConformance(() => worker);
});

describe('messina source and messina sink, a group', () => {
  let group: RestGroup;

  beforeAll(async () => {
    group = await startRestGroup();
  });
  afterAll(() => group?.[Symbol.asyncDispose]());

  describe('asked at the source worker', () => restConformance(() => group.source));

  describe('asked at the sink worker', () => {
    pluginSuite(() => group.sink);
    offsetSuite(() => group.sink);
    toolSuite(() => group.sink);
  });

  javaClientSuite(() => group.source);

  badInputSuite(() => ({
    ...group.source,
    other: group.sink,
    storedKeys: async () => {
      const { name, kafka } = group.services;
      return (await recordsOf(kafka.bootstrap, `${name}-configs`)).map(({ key }) => String(key));
    },
  }));

  test('a connector that one worker made by another is there at once', async () => {
    for (const [at, kind] of [
      [group.source, 'sink'],
      [group.sink, 'source'],
    ] as const) {
      await using made = await makeConnector(at, kind, 'STOPPED');
      expect((await ask(at, 'GET', made.path)).json).toMatchObject({ name: made.name, type: kind });
    }
  });

  test('a sink is a consumer group of the name that Kafka UI links to', async () => {
    await using sink = await makeConnector(group.source, 'sink');
    await eventually(async () => {
      const { groups } = await withAdmin(inject('services').kafka, (admin) => admin.listGroups());
      expect(groups.map(({ groupId }) => groupId)).toContain(`connect-${sink.name}`);
    });
  });

  test('both workers drain at SIGTERM, and exit 0', () => group.stop());
});

describe('the routes over a herder in memory, behind a token', () => {
  const token = 'secret';
  let worker: MemoryWorker;

  beforeAll(async () => {
    worker = await startMemoryWorker({ token });
  });
  afterAll(() => worker?.[Symbol.asyncDispose]());

  javaClientSuite(() => worker, token);
});
