import { expect, test } from 'vitest';
import { ask, eventually, expectError } from './rest-client.ts';
import type { RestWorker } from './rest-worker.ts';

/** How much is logged. */
export function loggerSuite(started: () => RestWorker): void {
  const put = (path: string, body: unknown) => ask(started(), 'PUT', `/admin/loggers/${path}`, { body });
  const get = async (name: string) => (await ask(started(), 'GET', `/admin/loggers/${name}`)).json;

  test('levels are listed, that of root among those that can be asked for', async () => {
    const { status, json } = await ask(started(), 'GET', '/admin/loggers');
    expect(status).toBe(200);
    for (const level of Object.values(json as object)) {
      expect(level).toEqual({
        level: expect.stringMatching(/^(TRACE|DEBUG|INFO|WARN|ERROR|FATAL|OFF)$/),
        last_modified: null,
      });
    }
    expect(await get('root')).toEqual({ level: expect.any(String), last_modified: null });
  });

  test('a level is set for a logger of this worker', async () => {
    expect(await put('fresh', { level: 'ERROR' })).toMatchObject({ status: 200, json: ['fresh'] });
    expect(await get('fresh')).toEqual({ level: 'ERROR', last_modified: expect.any(Number) });
    await put('fresh?scope=worker', { level: 'debug' });
    expect(await get('fresh')).toMatchObject({ level: 'DEBUG' });
    expect((await put('fresh?scope=other', { level: 'WARN' })).status).toBe(200);
    expect((await ask(started(), 'GET', '/admin/loggers/')).json).toMatchObject({ fresh: { level: 'WARN' } });
  });

  test('a level that is set for the cluster comes to this worker: 204', async () => {
    const answer = await put('everywhere?scope=cluster', { level: 'TRACE' });
    expect([answer.status, answer.text]).toEqual([204, '']);
    await eventually(async () => expect(await get('everywhere')).toMatchObject({ level: 'TRACE' }));
  });

  test('a level of root is everyone’s', async () => {
    await put('below', { level: 'DEBUG' });
    const { status, json } = await put('root', { level: 'ERROR' });
    expect(status).toBe(200);
    expect(json).toEqual(expect.arrayContaining(['below']));
    expect(await get('below')).toMatchObject({ level: 'ERROR' });
    expect(await get('root')).toMatchObject({ level: 'ERROR', last_modified: expect.any(Number) });
  });

  test('what is no logger, no level or nothing is refused', async () => {
    expectError(await ask(started(), 'GET', '/admin/loggers/no.such'), 404, 'Logger no.such not found.');
    expectError(await put('fresh', { level: 'LOUD' }), 404, "invalid log level 'LOUD'.");
    expectError(await put('fresh?scope=cluster', { level: 'LOUD' }), 404, "invalid log level 'LOUD'.");
    expectError(await put('fresh', {}), 400, "Desired 'level' parameter was not specified in request.");
  });
}
