import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { describe, expect, test } from 'vitest';
import { startMemoryWorker } from '../../rest/memory-worker.ts';
import { ask, expectError, makeConnector } from '../../rest/rest-client.ts';

describe('a token', () => {
  const token = 'correct-horse';

  test('without it nothing is told but whether the worker is healthy', async () => {
    await using worker = await startMemoryWorker({ token });
    expect((await ask(worker, 'GET', '/health')).status).toBe(200);
    for (const path of [
      '/',
      '/connectors',
      '/connectors/',
      '/connector-plugins',
      '/admin/loggers',
      '/metrics',
      '/nope',
    ]) {
      const answer = await ask(worker, 'GET', path);
      expectError(answer, 401, 'HTTP 401 Unauthorized');
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
    expectError(await ask(worker, 'OPTIONS', '/connectors'), 401, 'HTTP 401 Unauthorized');
    expectError(await ask(worker, 'POST', '/connectors', { body: '{' }), 401, 'HTTP 401 Unauthorized');
  });

  test.each([
    'Bearer wrong',
    'Bearer correct-horse-battery',
    'Basic correct-horse',
    'Bearer',
    'correct-horse',
  ])('%s is not it', async (authorization) => {
    await using worker = await startMemoryWorker({ token });
    const answer = await ask(worker, 'GET', '/connectors', { headers: { authorization } });
    expectError(answer, 401, 'HTTP 401 Unauthorized');
  });

  test('with it everything is answered', async () => {
    await using worker = await startMemoryWorker({ token });
    const headers = { authorization: `bearer ${token}` };
    expect((await ask(worker, 'GET', '/connectors', { headers })).status).toBe(200);
    const basic = { authorization: `Basic ${Buffer.from(`me:${token}`).toString('base64')}` };
    expect((await ask(worker, 'GET', '/connectors', { headers: basic })).status).toBe(200);
    expect(worker.logged.join('')).not.toContain(token);
  });
});

describe('secrets', () => {
  test('a placeholder stays one wherever a configuration is shown', async () => {
    await using worker = await startMemoryWorker();
    const secret = '${env:AWS_SECRET}';
    const keys = { 'credentials.access.key.id': 'id', 'credentials.secret.access.key': secret };
    const config = { ...(await worker.sourceConfig('s')), ...keys };
    const made = await ask(worker, 'POST', '/connectors', { body: { name: 's', config } });
    expect(made.status, made.text).toBe(201);
    for (const path of [
      '/connectors/s',
      '/connectors/s/config',
      '/connectors/s/tasks',
      '/connectors?expand=info',
    ]) {
      expect((await ask(worker, 'GET', path)).text, path).toContain(secret);
    }
  });

  test('a validation hides what a secret key holds, and no log has it', async () => {
    await using worker = await startMemoryWorker();
    const keys = { 'credentials.access.key.id': 'id', 'credentials.secret.access.key': 'hunter2' };
    const config = { ...(await worker.sourceConfig('s')), name: 's', ...keys, 'tasks.max': 'abc' };
    const path = '/connector-plugins/DynamoDbScanSource/config/validate';
    const answer = await ask(worker, 'PUT', path, { body: config });
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('"value":"[hidden]"');
    const refused = await ask(worker, 'PUT', '/connectors/s/config', { body: config });
    expectError(refused, 400, /tasks\.max/);
    expect(answer.text + refused.text + worker.logged.join('')).not.toContain('hunter2');
  });

  test('no log holds a body, a query or a name', async () => {
    await using worker = await startMemoryWorker();
    await using source = await makeConnector(worker, 'source');
    await ask(worker, 'GET', `${source.path}?token=hunter2`);
    const log = worker.logged.join('');
    expect(log).toContain('/connectors/:connector');
    expect(log).not.toMatch(/hunter2|eu-central-1/);
  });
});

test('https listens with the certificate it is given, beside http', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'messina-rest-'));
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const make = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
    ];
    execFileSync('openssl', [...make, ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const tls = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8'), ca: null };
    const listeners = ['http://127.0.0.1:0', 'https://127.0.0.1:0'];
    await using worker = await startMemoryWorker({ tls, listeners });
    const [plain, secure] = worker.server.urls;
    expect((await ask({ url: plain! }, 'GET', '/connectors')).json).toEqual([]);
    await using agent = Object.assign(new Agent({ connect: { ca: tls.cert } }), {
      [Symbol.asyncDispose]: () => agent.close(),
    });
    const answer = await request(`${secure}/connectors`, { dispatcher: agent });
    expect(await answer.body.json()).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
