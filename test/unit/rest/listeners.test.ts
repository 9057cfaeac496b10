import { EventEmitter, once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../connectors/config/errors.ts';
import { parseListener } from '../../../connectors/rest/listener.ts';
import { startMemoryWorker } from '../../rest/memory-worker.ts';
import { ask, eventually } from '../../rest/rest-client.ts';

describe('listeners', () => {
  test.each([
    ['http://127.0.0.1:8083', { isTls: false, host: '127.0.0.1', port: 8083 }],
    ['HTTPS://connect:8443/', { isTls: true, host: 'connect', port: 8443 }],
    ['http://:8083', { isTls: false, host: '0.0.0.0', port: 8083 }],
    ['http://[::1]:0', { isTls: false, host: '::1', port: 0 }],
  ])('%s is read', (text, listener) => {
    expect(parseListener(text)).toEqual({ text, ...listener });
  });

  test.each(['127.0.0.1:8083', 'http://127.0.0.1', 'ftp://a:1', 'http://a:70000', 'http://a:b'])(
    '%s is refused',
    (text) => {
      expect(() => parseListener(text)).toThrow(ConfigError);
    },
  );

  test('a port that is taken is named, with its key', async () => {
    await using worker = await startMemoryWorker();
    const listeners = ['http://127.0.0.1:0', worker.url];
    const failure = await startMemoryWorker({ listeners }).then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(ConfigError);
    expect((failure as ConfigError).problems[0]).toMatchObject({
      key: 'listeners',
      message: `cannot listen at ${worker.url} (EADDRINUSE)`,
    });
  });

  test.each([
    [null, /needs a certificate/],
    [{ cert: 'x', key: 'y', ca: null }, /cannot be used/],
  ])('https without a certificate that can be used is refused', async (tls, message) => {
    const failure = await startMemoryWorker({ tls, listeners: ['https://127.0.0.1:0'] }).then(
      () => null,
      (error: unknown) => error,
    );
    expect((failure as ConfigError).problems[0]?.message).toMatch(message);
  });
});

test('closing waits for the requests under way', async () => {
  const events = new EventEmitter();
  const entered = once(events, 'entered');
  const released = once(events, 'released');
  const worker = await startMemoryWorker({
    metrics: async () => {
      events.emit('entered');
      await released;
      return { contentType: 'text/plain', text: 'done' };
    },
  });
  const answer = ask(worker, 'GET', '/metrics');
  await entered;
  const order: string[] = [];
  const closed = worker[Symbol.asyncDispose]().then(() => order.push('closed'));
  // New ones are refused from here on.
  await eventually(async () => {
    await expect(fetch(`${worker.url}/health`)).rejects.toThrow();
  });
  order.push('released');
  events.emit('released');
  expect((await answer).text).toBe('done');
  await closed;
  expect(order).toEqual(['released', 'closed']);
});
