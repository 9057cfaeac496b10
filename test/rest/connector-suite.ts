import { expect, test } from 'vitest';
import { ask, eventually, expectError, expectRefused, makeConnector, untilState } from './rest-client.ts';
import type { RestWorker } from './rest-worker.ts';
import { stateInfo } from './shapes.ts';

const invalidText =
  /^Connector configuration is invalid and contains the following (\d+) error\(s\):\n[\s\S]+\nYou can also find the above list of errors at the endpoint `\/connector-plugins\/\{connectorType\}\/config\/validate`$/;

/** How connectors come to be, are shown, change and go. */
export function connectorSuite(started: () => RestWorker): void {
  test('a connector is made: 201, where it is, and what it is', async () => {
    const worker = started();
    const config = await worker.sourceConfig('made');
    const made = await ask(worker, 'POST', '/connectors', {
      body: { name: ' made ', initial_state: null, config: { ...config, 'tasks.max': 1 } },
    });
    expect(made.status, made.text).toBe(201);
    expect(made.headers.get('location')).toBe(`${worker.url}/connectors/made`);
    expect(made.json).toEqual({
      name: 'made',
      // A number is a text from then on.
      config: { ...config, 'tasks.max': '1', name: 'made' },
      tasks: expect.any(Array),
      type: 'source',
    });
    const again = await ask(worker, 'POST', '/connectors', { body: { name: 'made', config } });
    expectError(again, 409, 'Connector made already exists');
    const gone = await ask(worker, 'DELETE', '/connectors/made');
    expect([gone.status, gone.text]).toEqual([204, '']);
  });

  test('a connector is shown with its configuration and its tasks', async () => {
    const worker = started();
    await using source = await makeConnector(worker, 'source');
    const { name, path, config } = source;
    await untilState(worker, path, 'RUNNING', ['RUNNING']);
    expect(await ask(worker, 'GET', path)).toMatchObject({
      status: 200,
      json: { name, config, tasks: [{ connector: name, task: 0 }], type: 'source' },
    });
    expect((await ask(worker, 'GET', `${path}/config`)).json).toEqual(config);
    expect((await ask(worker, 'GET', `${path}/tasks`)).json).toEqual([
      { id: { connector: name, task: 0 }, config: expect.objectContaining(config) },
    ]);
    const status = await ask(worker, 'GET', `${path}/status`);
    expect(status.status).toBe(200);
    expect(status.json).toEqual({
      name,
      connector: stateInfo('RUNNING'),
      tasks: [stateInfo('RUNNING', { id: 0 })],
      type: 'source',
    });
    expect((await ask(worker, 'GET', `${path}/tasks/0/status`)).json).toEqual(
      stateInfo('RUNNING', { id: 0 }),
    );
    expect(status.text).not.toContain('trace');
  });

  test('the list names connectors, and holds the parts that are asked for', async () => {
    const worker = started();
    await using source = await makeConnector(worker, 'source');
    await using sink = await makeConnector(worker, 'sink');
    const { name } = source;
    expect((await ask(worker, 'GET', '/connectors')).json).toEqual(expect.arrayContaining([name, sink.name]));
    await untilState(worker, source.path, 'RUNNING', ['RUNNING']);
    await untilState(worker, sink.path, 'RUNNING', ['RUNNING']);
    const expanded = async (query: string) =>
      (await ask(worker, 'GET', `/connectors${query}`)).json as Record<string, Record<string, unknown>>;
    const info = (await ask(worker, 'GET', source.path)).json;
    const status = (await ask(worker, 'GET', `${source.path}/status`)).json;
    expect((await expanded('?expand=info&expand=status'))[name]).toEqual({ info, status });
    expect((await expanded('/?expand=status&expand=info'))[sink.name]).toMatchObject({
      info: { type: 'sink' },
      status: { type: 'sink' },
    });
    expect((await expanded('?expand=info'))[name]).toEqual({ info });
    expect((await expanded('?expand=status&expand=nope'))[name]).toEqual({ status });
    expect((await expanded('?expand=nope'))[name]).toEqual({});
  });

  test('a configuration is put: 201 for a new connector, 200 for one that was there', async () => {
    const worker = started();
    const config = await worker.sourceConfig('put');
    const made = await ask(worker, 'PUT', '/connectors/put/config', { body: config });
    expect(made.status, made.text).toBe(201);
    expect(made.headers.get('location')).toBe(`${worker.url}/connectors/put`);
    expect(made.json).toMatchObject({ name: 'put', config: { ...config, name: 'put' }, type: 'source' });
    const changed = { ...config, 'errors.log.enable': true, 'tasks.max': 1 };
    const put = await ask(worker, 'PUT', '/connectors/put/config', { body: changed });
    const stored = { ...config, 'errors.log.enable': 'true', 'tasks.max': '1', name: 'put' };
    expect(put).toMatchObject({ status: 200, json: { name: 'put', config: stored } });
    expect((await ask(worker, 'GET', '/connectors/put/config')).json).toEqual(stored);
    await ask(worker, 'DELETE', '/connectors/put');
  });

  test('a patch changes single keys, and takes away those that are null', async () => {
    const worker = started();
    await using source = await makeConnector(worker, 'source');
    const path = `${source.path}/config`;
    const changed = await ask(worker, 'PATCH', path, {
      body: { 'errors.log.enable': 'true', 'tasks.max': 1, 'no.such.key': null },
    });
    const stored = { ...source.config, 'errors.log.enable': 'true', 'tasks.max': '1' };
    expect(changed).toMatchObject({
      status: 200,
      json: { name: source.name, config: stored, type: 'source' },
    });
    await ask(worker, 'PATCH', path, { body: { 'errors.log.enable': null, 'tasks.max': null } });
    expect((await ask(worker, 'GET', path)).json).toEqual(source.config);
    expectError(await ask(worker, 'PATCH', path, { body: { 'tasks.max': 'abc' } }), 400, invalidText);
    expect((await ask(worker, 'GET', path)).json).toEqual(source.config);
  });

  test('a deleted connector is gone', async () => {
    const worker = started();
    await using source = await makeConnector(worker, 'source');
    await untilState(worker, source.path, 'RUNNING', ['RUNNING']);
    expect((await ask(worker, 'DELETE', source.path)).status).toBe(204);
    await eventually(async () => {
      const status = await ask(worker, 'GET', `${source.path}/status`);
      expectError(status, 404, `No status found for connector ${source.name}`);
    });
    expectError(await ask(worker, 'DELETE', source.path), 404, `Connector ${source.name} not found`);
    expect((await ask(worker, 'GET', '/connectors')).json).not.toContain(source.name);
  });

  test('a name with blanks is found by its encoding', async () => {
    const worker = started();
    const config = await worker.sourceConfig('blank');
    const made = await ask(worker, 'POST', '/connectors', { body: { name: 'with blank', config } });
    expect(made.status, made.text).toBe(201);
    expect(made.headers.get('location')).toBe(`${worker.url}/connectors/with%20blank`);
    expect((await ask(worker, 'GET', '/connectors/with%20blank')).json).toMatchObject({ name: 'with blank' });
    expectError(await ask(worker, 'GET', '/connectors/with+blank'), 404, 'Connector with+blank not found');
    expect((await ask(worker, 'DELETE', '/connectors/with%20blank')).status).toBe(204);
  });

  test.each([
    ['GET', '/connectors/nope', 'Connector nope not found'],
    ['DELETE', '/connectors/nope', 'Connector nope not found'],
    ['GET', '/connectors/nope/config', 'Connector nope not found'],
    ['GET', '/connectors/nope/status', 'No status found for connector nope'],
    ['GET', '/connectors/nope/tasks', 'Connector nope not found'],
    ['GET', '/connectors/nope/tasks/0/status', 'No status found for task nope-0'],
    ['POST', '/connectors/nope/tasks/0/restart', 'Unknown connector: nope'],
    ['GET', '/connectors/nope/offsets', 'Connector nope not found'],
    ['DELETE', '/connectors/nope/offsets', 'Connector nope not found'],
    ['PUT', '/connectors/nope/pause', 'Unknown connector nope'],
    ['PUT', '/connectors/nope/resume', 'Unknown connector nope'],
    ['PUT', '/connectors/nope/stop', 'Unknown connector nope'],
    ['POST', '/connectors/nope/restart', 'Unknown connector: nope'],
    ['POST', '/connectors/nope/restart?includeTasks=true', 'Unknown connector: nope'],
  ])('%s %s: 404, for there is none', async (method, path, message) => {
    expectError(await ask(started(), method, path), 404, message);
  });

  test('a patch of a connector that is not there: 404', async () => {
    const patch = await ask(started(), 'PATCH', '/connectors/nope/config', { body: { a: null } });
    expectError(patch, 404, 'Connector nope not found');
  });

  test('what is invalid is told in full, and nothing is stored', async () => {
    const worker = started();
    const config = { ...(await worker.sourceConfig('bad')), 'tasks.max': 'abc', 'errors.tolerance': 'some' };
    for (const answer of [
      await ask(worker, 'POST', '/connectors', { body: { name: 'bad', config } }),
      await ask(worker, 'PUT', '/connectors/bad/config', { body: config }),
    ]) {
      expectError(answer, 400, invalidText);
      const { message } = answer.json as { message: string };
      expect(message).toContain('Invalid value abc for configuration tasks.max: Not a number of type INT');
      expect(message).toContain(
        'Invalid value some for configuration errors.tolerance: String must be one of: none, all',
      );
      // One line for each error, between the first and the last.
      expect(message.split('\n')).toHaveLength(Number(invalidText.exec(message)?.[1]) + 2);
    }
    expectError(await ask(worker, 'GET', '/connectors/bad'), 404, 'Connector bad not found');
  });

  test('a null in a configuration is an error', async () => {
    const worker = started();
    const config = { ...(await worker.sourceConfig('null')), 'errors.log.enable': null };
    const answer = await ask(worker, 'PUT', '/connectors/null/config', { body: config });
    expectError(answer, 400, /Null value can not be supplied as the configuration value\./);
  });

  test('a class that nobody has is told with those that there are', async () => {
    const worker = started();
    const config = { 'connector.class': 'NoSuchConnector' };
    const answer = await ask(worker, 'POST', '/connectors', { body: { name: 'a', config } });
    expectError(
      answer,
      400,
      /Failed to find any class that implements Connector and which name matches NoSuchConnector, available connectors are: PluginDesc\{klass=class .+, name='.+', version='.+', .*type=(source|sink), typeName='(source|sink)', location='.+'\}/,
    );
    expect(answer.text).toContain(worker.sourceClass);
  });

  test.each([
    [
      'a name that differs from the configuration’s',
      { name: 'a', config: { name: 'b', 'connector.class': 'X' } },
    ],
    ['no class', { name: 'a', config: {} }],
    ['no configuration', { name: 'a' }],
    ['a field that nobody reads', { name: 'a', confg: {}, config: { 'connector.class': 'X' } }],
    ['a state that is none', { name: 'a', initial_state: 'ASLEEP', config: { 'connector.class': 'X' } }],
    ['a value that is a list', { name: 'a', config: { 'connector.class': 'X', a: [1] } }],
    ['a value that is an object', { name: 'a', config: { 'connector.class': 'X', a: { b: 1 } } }],
  ])('a request with %s is refused', async (_what, body) => {
    expectRefused(await ask(started(), 'POST', '/connectors', { body }));
    expectError(await ask(started(), 'GET', '/connectors/a'), 404, 'Connector a not found');
  });

  test('a name that is null in a configuration is the connector’s', async () => {
    const worker = started();
    const config = { ...(await worker.sourceConfig('unnamed')), name: null };
    const made = await ask(worker, 'POST', '/connectors', { body: { name: 'unnamed', config } });
    expect(made, made.text).toMatchObject({
      status: 201,
      json: { name: 'unnamed', config: { name: 'unnamed' } },
    });
    const put = await ask(worker, 'PUT', '/connectors/unnamed/config', { body: config });
    expect(put, put.text).toMatchObject({ status: 200, json: { config: { name: 'unnamed' } } });
    await ask(worker, 'DELETE', '/connectors/unnamed');
  });

  test('a name that differs from the URL’s is named', async () => {
    const config = { ...(await started().sourceConfig('a')), name: 'b' };
    const answer = await ask(started(), 'PUT', '/connectors/a/config', { body: config });
    expectError(answer, 400, "Connector name configuration (b) doesn't match connector name in the URL (a)");
  });

  test.each(['', '  '])('the name "%s" is none', async (name) => {
    const config = await started().sourceConfig('a');
    expectError(
      await ask(started(), 'POST', '/connectors', { body: { name, config } }),
      400,
      /Invalid value\s+for configuration name: String may not be empty/,
    );
  });
}
