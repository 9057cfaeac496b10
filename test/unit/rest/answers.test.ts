import { request } from 'node:http';
import { describe, expect, test } from 'vitest';
import { startMemoryWorker } from '../../rest/memory-worker.ts';
import { ask, expectError, makeConnector } from '../../rest/rest-client.ts';

/** A request by a path that `fetch` would mend. @returns status and body */
function rawGet(url: string, path: string): Promise<[number | undefined, string]> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => resolve([response.statusCode, text]));
    })
      .on('error', reject)
      .end();
  });
}

describe('bodies', () => {
  test.each(['{', '', '[]', 'null', '"x"', '{"name": }'])('the body %s: 400', async (body) => {
    await using worker = await startMemoryWorker();
    const answer = await ask(worker, 'POST', '/connectors', { body });
    expectError(answer, 400, /^The body (is not valid JSON|has to be a JSON object|is missing)/);
  });

  test('what is wrong with a body is told without quoting it', async () => {
    await using worker = await startMemoryWorker();
    const body = '{"name":"a","config":{"password":"hunter2" "x":1}}';
    const answer = await ask(worker, 'POST', '/connectors', { body });
    expectError(answer, 400, /^The body is not valid JSON \(at position \d+\)$/);
    expect(answer.text + worker.logged.join('')).not.toContain('hunter2');
  });

  test('a body of more than 1 MiB is not read: 413', async () => {
    await using worker = await startMemoryWorker();
    const body = { name: 'a', config: { x: 'y'.repeat(1 << 20) } };
    const answer = await ask(worker, 'POST', '/connectors', { body });
    expectError(answer, 413, 'The body has more than 1048576 bytes, the most that is read');
  });

  test('numbers keep their digits, booleans become texts', async () => {
    await using worker = await startMemoryWorker();
    await using source = await makeConnector(worker, 'source');
    const numbers = '{"a":12345678901234567890,"b":1.50,"c":-0.0,"d":1E400,"e":true,"f":"7 \\"8\\" 9"}';
    const { json } = await ask(worker, 'PATCH', `${source.path}/config`, { body: numbers });
    const changed = { a: '12345678901234567890', b: '1.50', c: '-0.0', d: '1E400', e: 'true', f: '7 "8" 9' };
    expect(json).toMatchObject({ config: { ...source.config, ...changed } });
  });

  test('a field that nobody reads is named', async () => {
    await using worker = await startMemoryWorker();
    const body = { name: 'a', confg: {} };
    const message = 'Unrecognized field "confg" (3 known properties: "name", "config", "initial_state")';
    expectError(await ask(worker, 'POST', '/connectors', { body }), 400, message);
  });
});

describe('connectors', () => {
  test('an unknown class is refused with the very words kcctl looks for', async () => {
    await using worker = await startMemoryWorker();
    const body = { name: 'a', config: { 'connector.class': 'Nope' } };
    const answer = await ask(worker, 'POST', '/connectors', { body });
    expectError(
      answer,
      400,
      /^Failed to find any class that implements Connector and which name matches Nope,/,
    );
    expect(answer.text).toContain(
      "PluginDesc{klass=class AlternatorSink, name='AlternatorSink', version='3.9.0'",
    );
  });

  test('a patch cannot give a connector another name', async () => {
    await using worker = await startMemoryWorker();
    await using source = await makeConnector(worker, 'source');
    const answer = await ask(worker, 'PATCH', `${source.path}/config`, { body: { name: 'other' } });
    expectError(answer, 400, /^Connector name configuration \(other\) doesn't match/);
    expect(worker.herder.patches).toEqual([]);
  });

  test('the patch itself is stored, not what it gave when it was checked', async () => {
    await using worker = await startMemoryWorker();
    await using source = await makeConnector(worker, 'source');
    await ask(worker, 'PATCH', `${source.path}/config`, { body: { 'tasks.max': 2, x: null } });
    expect(worker.herder.patches).toEqual([{ 'tasks.max': '2', x: null }]);
  });

  test('a connector without one of two parts is left out of the list with both', async () => {
    await using worker = await startMemoryWorker();
    await using source = await makeConnector(worker, 'source');
    worker.herder.unseen.add(source.name);
    expect((await ask(worker, 'GET', '/connectors?expand=info&expand=status')).json).toEqual({});
    expect((await ask(worker, 'GET', '/connectors?expand=info')).json).toHaveProperty(source.name);
  });

  test('a name with a slash is found by its encoding', async () => {
    await using worker = await startMemoryWorker();
    const config = await worker.sourceConfig('a/b');
    const made = await ask(worker, 'PUT', '/connectors/a%2Fb/config', { body: config });
    expect(made.headers.get('location')).toBe(`${worker.url}/connectors/a%2Fb`);
    expect((await ask(worker, 'GET', '/connectors/a%2Fb')).json).toMatchObject({ name: 'a/b' });
  });

  test('the configurations of tasks are told to clients of Kafka 3', async () => {
    await using worker = await startMemoryWorker();
    await using source = await makeConnector(worker, 'source');
    const { json } = await ask(worker, 'GET', `${source.path}/tasks-config`);
    expect(json).toEqual({ [`${source.name}-0`]: source.config });
  });

  test('topics that are not tracked: 403', async () => {
    await using worker = await startMemoryWorker();
    await using source = await makeConnector(worker, 'source');
    worker.herder.tracksTopics = false;
    for (const [method, path] of [
      ['GET', 'topics'],
      ['PUT', 'topics/reset'],
    ] as const) {
      const answer = await ask(worker, method, `${source.path}/${path}`);
      expectError(answer, 403, 'Topic tracking is disabled.');
    }
  });
});

describe('the worker', () => {
  test('a worker that starts or is ill says so by the code too', async () => {
    await using worker = await startMemoryWorker();
    worker.herder.isHealthy = 'starting';
    expect(await ask(worker, 'GET', '/health')).toMatchObject({
      status: 503,
      json: { status: 'starting', message: expect.stringMatching(/^Worker is still starting up\./) },
    });
    worker.herder.isHealthy = 'unhealthy';
    expect(await ask(worker, 'GET', '/health')).toMatchObject({ status: 500, json: { status: 'unhealthy' } });
  });

  test('metrics are text, whatever the client takes', async () => {
    await using worker = await startMemoryWorker();
    const headers = { accept: 'text/plain;version=0.0.4' };
    const { status, text, headers: sent } = await ask(worker, 'GET', '/metrics', { headers });
    expect([status, text]).toEqual([200, 'up 1\n']);
    expect(sent.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  });

  test('the root tells the version that clients go by', async () => {
    await using worker = await startMemoryWorker();
    const { json } = await ask(worker, 'GET', '/');
    expect(json).toEqual({ version: '3.9.0', commit: 'messina', kafka_cluster_id: 'cluster' });
    expectError(await ask(worker, 'GET', '/ui/'), 404, 'HTTP 404 Not Found');
  });

  test.each(['/connectors/a%', '/connectors/%zz', '//connectors'])(
    'the path %s is refused in JSON',
    async (path) => {
      await using worker = await startMemoryWorker();
      const [status, text] = await rawGet(worker.url, path);
      expect([400, 404]).toContain(status);
      expect(JSON.parse(text)).toEqual({ error_code: status, message: expect.any(String) });
    },
  );

  test('what nobody foresaw is answered in JSON and logged', async () => {
    await using worker = await startMemoryWorker({
      metrics: () => Promise.reject(new Error('No metrics today')),
    });
    expectError(await ask(worker, 'GET', '/metrics'), 500, 'No metrics today');
    expect(worker.logged.join('')).toContain('A REST request failed');
  });

  test('a level that is set for the cluster is left to the group', async () => {
    await using worker = await startMemoryWorker();
    const heard: string[] = [];
    worker.herder.onClusterLevel = (logger, level) => heard.push(`${logger}=${level}`);
    const path = '/admin/loggers/connector/music?scope=cluster';
    expect((await ask(worker, 'PUT', path, { body: { level: 'debug' } })).status).toBe(204);
    expect(heard).toEqual(['connector/music=DEBUG']);
    expect(worker.loggers.level('connector/music')).toBeNull();
  });
});
