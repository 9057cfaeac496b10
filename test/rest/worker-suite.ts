import { expect, test } from 'vitest';
import { ask, expectError, expectRefused } from './rest-client.ts';
import type { RestWorker } from './rest-worker.ts';

/** The worker itself, and what every path has in common. */
export function workerSuite(started: () => RestWorker): void {
  test('the root tells a version of three numbers, a commit and the cluster', async () => {
    const { status, json } = await ask(started(), 'GET', '/');
    expect(status).toBe(200);
    expect(json).toEqual({
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      commit: expect.any(String),
      kafka_cluster_id: expect.any(String),
    });
  });

  test('the worker calls itself healthy', async () => {
    const { status, json } = await ask(started(), 'GET', '/health');
    expect(status).toBe(200);
    expect(json).toEqual({
      status: 'healthy',
      message: 'Worker has completed startup and is ready to handle requests.',
    });
  });

  test('an answer is JSON by its content type', async () => {
    const { headers } = await ask(started(), 'GET', '/connectors');
    expect(headers.get('content-type')).toBe('application/json');
  });

  test.each(['/nope', '/connectors/a/nope', '/connectors/a/tasks/x/status'])(
    'nobody knows the path %s: 404',
    async (path) => {
      expectError(await ask(started(), 'GET', path), 404, 'HTTP 404 Not Found');
    },
  );

  test.each([
    ['DELETE', '/connectors'],
    ['DELETE', '/connectors/'],
    ['PATCH', '/connectors'],
    ['POST', '/connectors/a/pause'],
    ['GET', '/connector-plugins/a/config/validate'],
    ['POST', '/admin/loggers'],
    ['PUT', '/health'],
    ['POST', '/'],
  ])('%s %s is not allowed: 405', async (method, path) => {
    expectError(await ask(started(), method, path), 405, 'HTTP 405 Method Not Allowed');
  });

  test.each([
    ['/connectors', 'GET HEAD OPTIONS POST'],
    ['/connectors/a', 'DELETE GET HEAD OPTIONS'],
    ['/connectors/a/pause', 'OPTIONS PUT'],
  ])('OPTIONS %s names the methods', async (path, methods) => {
    const answer = await ask(started(), 'OPTIONS', path);
    expect(answer.status).toBe(200);
    const named = (text: string | null) => text?.split(/, ?/).sort().join(' ');
    expect([named(answer.headers.get('allow')), named(answer.text)]).toEqual([methods, methods]);
  });

  test('HEAD answers as GET does, without the body', async () => {
    const found = await ask(started(), 'HEAD', '/connectors');
    expect([found.status, found.text]).toEqual([200, '']);
    expect(found.headers.get('content-type')).toBe('application/json');
    expect((await ask(started(), 'HEAD', '/connectors/nope')).status).toBe(404);
  });

  test.each(['/connectors', '/connector-plugins', '/admin/loggers'])(
    'a slash at the end of %s changes nothing',
    async (path) => {
      const [plain, slashed] = [await ask(started(), 'GET', path), await ask(started(), 'GET', `${path}/`)];
      expect(slashed).toMatchObject({ status: 200, json: plain.json });
    },
  );

  test('a body that is not JSON by its content type is refused: 415', async () => {
    const request = { body: '{"name":"a","config":{}}', contentType: 'text/plain' };
    expectError(await ask(started(), 'POST', '/connectors', request), 415, 'HTTP 415 Unsupported Media Type');
    const merge = { body: {}, contentType: 'application/merge-patch+json' };
    expectError(
      await ask(started(), 'PATCH', '/connectors/a/config', merge),
      415,
      'HTTP 415 Unsupported Media Type',
    );
  });

  test('who takes no JSON gets 406', async () => {
    const headers = { accept: 'application/xml' };
    expectError(await ask(started(), 'GET', '/connectors', { headers }), 406, 'HTTP 406 Not Acceptable');
  });

  test.each(['', '*/*', 'text/html, application/*;q=0.5'])('who takes %j gets JSON', async (accept) => {
    const answer = await ask(started(), 'GET', '/connectors', { headers: { accept } });
    expect(answer.status).toBe(200);
  });

  test.each([
    ['POST', '/connectors', '{'],
    ['POST', '/connectors', ''],
    ['POST', '/connectors', '[]'],
    ['POST', '/connectors', 'null'],
    ['POST', '/connectors', '"x"'],
    ['PUT', '/connectors/a/config', '{"a":'],
    ['PUT', '/connectors/a/config', 'null'],
    ['PUT', '/connector-plugins/a/config/validate', '[]'],
    ['PATCH', '/connectors/a/offsets', ''],
    ['PUT', '/admin/loggers/a', '7'],
  ])('%s %s with the body %s is refused', async (method, path, body) => {
    expectRefused(await ask(started(), method, path, { body }));
  });
}
