import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { describe, expect, test } from 'vitest';
import { composeFile } from './compose-file.ts';
import { allOf, execForm } from './dockerfile.ts';
import { images } from './images.ts';

describe.each(images)('the health check of the $worker image', ({ final }) => {
  const [program = '', ...args] = execForm((allOf(final, 'HEALTHCHECK')[0] ?? '').replace(/^.*CMD /, ''));

  test.each([
    [200, 0],
    [500, 1],
    [503, 1],
  ])('a worker that answers %i: it ends with %i', async (status, code) => {
    await using worker = await answering(status);
    expect(await run(program, args, { MESSINA_HEALTH_URL: `http://127.0.0.1:${worker.port}/health` })).toBe(
      code,
    );
    expect(worker.paths).toEqual(['/health']);
  });

  test('no worker: it ends with 1', async () => {
    const port = await closedPort();
    expect(await run(program, args, { MESSINA_HEALTH_URL: `http://127.0.0.1:${port}/health` })).toBe(1);
  });
});

describe('the health check of scylla', () => {
  const [, program = '', ...args] = composeFile.services['scylla']!.healthcheck!.test;
  // As Compose hands it on: two dollar signs are one.
  const check = (cql: number, alternator: number) =>
    run(
      program,
      args.map((arg) =>
        arg.replaceAll('$$', '$').replace('/9042', `/${cql}`).replace('/8000', `/${alternator}`),
      ),
    );

  test('succeeds when both APIs answer', async () => {
    await using node = await answering(200);
    expect(await check(node.port, node.port)).toBe(0);
    expect(node.paths).toEqual(['/']);
  });

  test('fails while one of them does not, or Alternator is not healthy', async () => {
    await using node = await answering(200);
    await using ill = await answering(500);
    const closed = await closedPort();
    expect(await check(closed, node.port)).not.toBe(0);
    expect(await check(node.port, closed)).not.toBe(0);
    expect(await check(node.port, ill.port)).not.toBe(0);
  });
});

async function answering(status: number) {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? '');
    response.writeHead(status).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    paths,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  await using server = await answering(200);
  return server.port;
}

async function run(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<number> {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: 'ignore' });
  const [code] = (await once(child, 'exit')) as [number];
  return code;
}
