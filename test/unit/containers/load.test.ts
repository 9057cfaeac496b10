import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { root } from './repository.ts';

const run = promisify(execFile);

interface Writes {
  readonly RequestItems: { readonly Music: { readonly PutRequest: { readonly Item: object } }[] };
}

describe('load.mjs', () => {
  test('makes the table with its stream, and so many different items', async () => {
    await using dynamo = await fakeDynamo({ exists: false });
    expect(await load(dynamo.url, 60)).toBe('table Music made with 60 items\n');
    const [create] = dynamo.bodies('CreateTable');
    expect(create).toMatchObject({
      TableName: 'Music',
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    });
    const first = dynamo.bodies('PutItem').map((body) => (body as { Item: object }).Item);
    const rest = dynamo.bodies('BatchWriteItem').map((body) => (body as Writes).RequestItems.Music);
    const keys = [...first, ...rest.flat().map(({ PutRequest }) => PutRequest.Item)].map((item) =>
      JSON.stringify(item),
    );
    expect([keys.length, new Set(keys).size]).toEqual([60, 60]);
    expect(Math.max(...rest.map((batch) => batch.length))).toBeLessThanOrEqual(25);
  });

  test('leaves a table that is there as it is', async () => {
    await using dynamo = await fakeDynamo({ exists: true });
    expect(await load(dynamo.url, 60)).toBe('table Music is there\n');
    expect(dynamo.bodies('PutItem')).toEqual([]);
    expect(dynamo.bodies('BatchWriteItem')).toEqual([]);
  });
});

/** What load needs of DynamoDB. */
async function fakeDynamo({ exists }: { readonly exists: boolean }) {
  const calls: [string, object][] = [];
  const server = createServer(async (request, response) => {
    const [, operation = ''] = String(request.headers['x-amz-target']).split('.');
    calls.push([operation, JSON.parse(await text(request)) as object]);
    const taken = operation === 'CreateTable' && exists;
    const refusal = { __type: 'com.amazonaws.dynamodb.v20120810#ResourceInUseException', message: 'exists' };
    const answer = operation === 'DescribeTable' ? { Table: { TableStatus: 'ACTIVE' } } : {};
    response.writeHead(taken ? 400 : 200, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(taken ? refusal : answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    bodies: (operation: string) => calls.filter(([name]) => name === operation).map(([, body]) => body),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Runs the script where its packages are found beside it, as in the image. */
async function load(endpoint: string, items: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'messina-load-'));
  try {
    await cp(`${root}examples/compose/load.mjs`, join(folder, 'load.mjs'));
    await symlink(`${root}node_modules`, join(folder, 'node_modules'));
    const keys = { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };
    const env = { ...keys, DYNAMODB_ENDPOINT: endpoint, ITEMS: String(items) };
    return (await run(execPath, ['load.mjs'], { cwd: folder, env, timeout: 30_000 })).stdout;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
