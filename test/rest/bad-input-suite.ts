import { expect, test } from 'vitest';
import {
  ask,
  eventually,
  expectError,
  makeConnector,
  makeConnectorName,
  type RestAnswer,
  untilState,
} from './rest-client.ts';
import type { RestWorker } from './rest-worker.ts';

/** A worker of ours, and how to read what its group has stored. */
export interface StoringWorker extends RestWorker {
  /** Another worker of the group. */
  readonly other: RestWorker;
  /** Keys of all records that were ever written to the configs topic. */
  storedKeys(): Promise<readonly string[]>;
}

/** Bad input, and what it gets of our workers: Kafka Connect refuses less of it, and some of it in other words. */
export function badInputSuite(started: () => StoringWorker): void {
  const isJson = (answer: RestAnswer) =>
    expect([answer.headers.get('content-type'), answer.json]).toEqual([
      'application/json',
      { error_code: answer.status, message: expect.stringMatching(/\S/) },
    ]);

  test('of an invalid configuration nothing is stored: each error is told, with how many there are', async () => {
    const worker = started();
    for (const config of [await worker.sourceConfig('bad'), await worker.sinkConfig('bad')]) {
      const bad = { ...config, 'tasks.max': 'abc', 'errors.tolerance': 'some' };
      for (const [method, path, body] of [
        ['POST', '/connectors', { name: 'bad', config: bad }],
        ['PUT', '/connectors/bad/config', bad],
      ] as const) {
        const answer = await ask(worker, method, path, { body });
        isJson(answer);
        expectError(
          answer,
          400,
          /^Connector configuration is invalid and contains the following 2 error\(s\):\n.*\n.*\nYou can also find/,
        );
        expect(answer.text).toContain('Invalid value abc for configuration tasks.max');
        expect(answer.text).toContain('Invalid value some for configuration errors.tolerance');
      }
    }
    for (const at of [worker, worker.other])
      expectError(await ask(at, 'GET', '/connectors/bad'), 404, 'Connector bad not found');
    expect((await worker.storedKeys()).filter((key) => /-bad(-\d+)?$/.test(key))).toEqual([]);
  });

  test('a changed configuration that is invalid leaves what was stored as it is', async () => {
    const worker = started();
    await using source = await makeConnector(worker, 'source', 'STOPPED');
    const path = `${source.path}/config`;
    for (const [method, body] of [
      ['PUT', { ...source.config, 'tasks.max': '0' }],
      ['PATCH', { 'tasks.max': '0' }],
      ['PATCH', { tables: null }],
    ] as const)
      expectError(await ask(worker, method, path, { body }), 400, /^Connector configuration is invalid/);
    for (const at of [worker, worker.other])
      await eventually(async () => expect((await ask(at, 'GET', path)).json).toEqual(source.config));
  });

  test('a class that nobody has is told with those of the whole group', async () => {
    const worker = started();
    const body = { name: 'ghost', config: { 'connector.class': 'com.example.Ghost' } };
    const answer = await ask(worker, 'POST', '/connectors', { body });
    isJson(answer);
    expectError(
      answer,
      400,
      /which name matches com\.example\.Ghost, available connectors are: PluginDesc\{/,
    );
    for (const name of [
      'S3ExportSource',
      'DynamoDbStreamsSource',
      'DynamoDbScanSource',
      'AlternatorSink',
      'CqlSink',
    ])
      expect(answer.text).toContain(`klass=class ${name},`);
  });

  test('of two that make a connector of one name at once, by two workers, one gets it, and one a 409', async () => {
    const worker = started();
    const name = makeConnectorName();
    const config = await worker.sourceConfig(name);
    const body = { name, config, initial_state: 'STOPPED' };
    const answers = await Promise.all(
      [worker, worker.other, worker, worker.other].map((at) => ask(at, 'POST', '/connectors', { body })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
    for (const answer of answers.filter(({ status }) => status === 409)) {
      isJson(answer);
      expectError(answer, 409, `Connector ${name} already exists`);
    }
    expect((await ask(worker.other, 'DELETE', `/connectors/${name}`)).status).toBe(204);
  });

  test('offsets of a connector that runs, or is paused, are not altered', async () => {
    const worker = started();
    await using sink = await makeConnector(worker, 'sink');
    const body = { offsets: [{ partition: { kafka_topic: 't', kafka_partition: 0 }, offset: null }] };
    for (const word of ['resume', 'pause']) {
      await ask(worker, 'PUT', `${sink.path}/${word}`);
      for (const answer of [
        await ask(worker, 'PATCH', `${sink.path}/offsets`, { body }),
        await ask(worker, 'DELETE', `${sink.path}/offsets`),
      ]) {
        isJson(answer);
        expectError(
          answer,
          400,
          /^Connectors must be in the STOPPED state before their offsets can be modified/,
        );
      }
    }
  });

  test('offsets are altered and reset right after a connector was stopped, though its tasks still end', async () => {
    const worker = started();
    await using sink = await makeConnector(worker, 'sink');
    const path = `${sink.path}/offsets`;
    await eventually(async () => expect((await ask(worker, 'GET', path)).json).not.toEqual({ offsets: [] }));
    const { offsets } = (await ask(worker, 'GET', path)).json as { offsets: { partition: unknown }[] };
    const body = { offsets: [{ partition: offsets[0]?.partition, offset: { kafka_offset: 1 } }] };
    const expectDone = async (method: string, of: string, status: number, sent = {}) => {
      const answer = await ask(worker, method, of, sent);
      expect(answer.status, `${method} ${of}: ${answer.text}`).toBe(status);
    };
    await expectDone('PUT', `${sink.path}/stop`, 204);
    await expectDone('PATCH', path, 200, { body });
    await expectDone('PUT', `${sink.path}/resume`, 202);
    await untilState(worker, sink.path, 'RUNNING', ['RUNNING']);
    await expectDone('PUT', `${sink.path}/stop`, 204);
    await expectDone('DELETE', path, 200);
    expect((await ask(worker, 'GET', path)).json).toEqual({ offsets: [] });
  });

  test('a source of a table that is not there fails as a connector, with why, until it is given another', async () => {
    const worker = started();
    const name = makeConnectorName();
    const config = await worker.sourceConfig(name);
    const path = `/connectors/${name}`;
    const body = { name, config: { ...config, tables: 'NoSuch' } };
    expect((await ask(worker, 'POST', '/connectors', { body })).status).toBe(201);
    await untilState(worker, path, 'FAILED', []);
    const { json, text } = await ask(worker.other, 'GET', `${path}/status`);
    expect(json).toMatchObject({ connector: { trace: expect.stringContaining('NoSuch') } });
    expect(text).not.toContain(config['credentials.secret.access.key']);
    expect((await ask(worker, 'PUT', `${path}/config`, { body: config })).status).toBe(200);
    await untilState(worker, path, 'RUNNING', ['RUNNING']);
    expect((await ask(worker, 'GET', `${path}/status`)).text).not.toContain('trace');
    await ask(worker, 'DELETE', path);
  });

  test('offsets that the connector cannot have are named, and none of them is stored', async () => {
    const worker = started();
    await using sink = await makeConnector(worker, 'sink', 'STOPPED');
    await using source = await makeConnector(worker, 'source', 'STOPPED');
    const cases: readonly (readonly [string, Record<string, unknown>, Record<string, unknown>, RegExp])[] = [
      [
        sink.path,
        { kafka_topic: 'no-such', kafka_partition: 0 },
        { kafka_offset: 1 },
        /no-such has no partition 0/,
      ],
      [
        sink.path,
        { kafka_partition: 0 },
        { kafka_offset: 1 },
        /must contain the keys 'kafka_topic' and 'kafka_partition'/,
      ],
      [
        sink.path,
        { kafka_topic: 't', kafka_partition: 0 },
        { kafka_offset: -1 },
        /Kafka offset value in the provided offsets: '-1'/,
      ],
      [source.path, { a: 'b' }, { c: 1 }, /no offset for partition \{"a":"b"\}/],
    ];
    for (const [path, partition, offset, message] of cases) {
      const answer = await ask(worker, 'PATCH', `${path}/offsets`, {
        body: { offsets: [{ partition, offset }] },
      });
      isJson(answer);
      expectError(answer, 400, message);
      expect((await ask(worker, 'GET', `${path}/offsets`)).json).toEqual({ offsets: [] });
    }
  });

  test.each([
    ['a body of more than 1 MiB', 413, { body: { name: 'a', config: { x: 'y'.repeat(1 << 20) } } }],
    ['a body that is no JSON by its content type', 415, { body: '{}', contentType: 'application/xml' }],
    ['a body that is no JSON', 400, { body: '{"name":"a",' }],
    ['a body that is JSON, but no object', 400, { body: '["a"]' }],
    ['no body', 400, { body: '' }],
  ])('%s gets %d, in JSON', async (_what, status, request) => {
    const worker = started();
    for (const [method, path] of [
      ['POST', '/connectors'],
      ['PUT', '/connectors/a/config'],
      ['PATCH', '/connectors/a/offsets'],
    ] as const) {
      const answer = await ask(worker, method, path, request);
      expect(answer.status, answer.text).toBe(status);
      isJson(answer);
    }
    expectError(await ask(worker, 'GET', '/connectors/a'), 404, 'Connector a not found');
  });
}
