import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { execPath } from 'node:process';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { root, textOf } from './repository.ts';

const script = `${root}examples/compose/register.mjs`;
const folder = 'examples/compose/connectors/source';

describe('register.mjs', () => {
  test('puts every connector in place, and ends when their tasks run', async () => {
    await using worker = await fakeWorker({ starts: 1 });
    const { code, output } = await register(worker.url, { CONNECT_REST_AUTH_TOKEN: 'a-token' });
    expect(output).toContain('music-changes: running');
    expect(output).toContain('music-snapshot: running');
    expect(code).toBe(0);
    expect(worker.configs.get('music-changes')).toEqual(configOf('music-changes'));
    expect(worker.configs.get('music-snapshot')).toEqual(configOf('music-snapshot'));
    expect(new Set(worker.tokens)).toEqual(new Set(['Bearer a-token']));
  });

  test('asks again while the workers share tasks out', async () => {
    await using worker = await fakeWorker({ starts: 0, conflicts: 2 });
    const { code } = await register(worker.url);
    expect(code).toBe(0);
    expect(worker.configs.size).toBe(2);
  });

  test('says what a worker says of a connector that it refuses', async () => {
    await using worker = await fakeWorker({
      starts: 0,
      refuses: 'Invalid value x for configuration tasks.max',
    });
    const { code, output } = await register(worker.url);
    expect(code).toBe(1);
    expect(output).toContain('Invalid value x for configuration tasks.max');
  });

  test('ends with the first line of the trace when a task fails', async () => {
    await using worker = await fakeWorker({ starts: 0, trace: 'SOURCE_UNREACHABLE: no answer\n  at there' });
    const { code, output } = await register(worker.url);
    expect(code).toBe(1);
    expect(output).toContain('music-changes failed: SOURCE_UNREACHABLE: no answer\n');
    expect(output).not.toContain('at there');
  });
});

interface Behaviour {
  /** Looks at a status that find its task unassigned. */
  readonly starts: number;
  /** Requests that get 409. */
  readonly conflicts?: number;
  readonly refuses?: string;
  readonly trace?: string;
}

/** What register needs of a worker's REST API. */
async function fakeWorker({ starts, conflicts = 0, refuses, trace }: Behaviour) {
  const configs = new Map<string, unknown>();
  const tokens: string[] = [];
  let left = { starts, conflicts };
  const answer = (method: string, name: string, body: string): [number, object] => {
    if (method === 'PUT') {
      if (refuses !== undefined) return [400, { error_code: 400, message: refuses }];
      if (left.conflicts > 0) {
        left = { ...left, conflicts: left.conflicts - 1 };
        return [409, { error_code: 409, message: 'rebalancing' }];
      }
      configs.set(name, JSON.parse(body));
      return [201, { name }];
    }
    const waits = left.starts > 0;
    left = { ...left, starts: left.starts - 1 };
    const task =
      trace === undefined ? { state: waits ? 'UNASSIGNED' : 'RUNNING' } : { state: 'FAILED', trace };
    return [200, { name, connector: { state: 'RUNNING' }, tasks: [{ id: 0, ...task }] }];
  };
  const server = createServer(async (request, response) => {
    const [, , name = ''] = (request.url ?? '').split('/');
    tokens.push(request.headers.authorization ?? '');
    const [status, body] = answer(request.method ?? '', name, await text(request));
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    configs,
    tokens,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function register(url: string, env: Record<string, string> = {}) {
  return new Promise<{ code: number; output: string }>((resolve) => {
    const options = { env: { PAUSE_MS: '1', ...env }, timeout: 30_000 };
    const child = execFile(execPath, [script, `${url}=${root}${folder}`], options, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, output: stdout + stderr }),
    );
  });
}

function configOf(name: string): unknown {
  return (JSON.parse(textOf(`${folder}/${name}.json`)) as { config: unknown }).config;
}
