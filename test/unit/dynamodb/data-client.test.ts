import { once } from 'node:events';
import { crc32 } from '@node-rs/crc32';
import { describe, expect, test } from 'vitest';
import type { DataClient } from '../../../dynamodb/data-client.ts';
import { DynamoDbError } from '../../../dynamodb/errors.ts';
import { inTurn, type StubHandler, sendError, sendJson, startStub } from './stub-server.ts';

const TARGET = 'DynamoDB_20120810.BatchWriteItem';
const KEYS = { accessKeyId: 'AK', secretAccessKey: 'secret' };
const fine: StubHandler = (_, response) => sendJson(response, 200, {});
const silent: StubHandler = () => {};

async function failureOf(call: Promise<unknown>): Promise<DynamoDbError> {
  const error: unknown = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DynamoDbError);
  return error as DynamoDbError;
}

describe('an answer', () => {
  test('holds the body and the time of the server, not ours', async () => {
    await using stub = await startStub((_, response) => {
      response.setHeader('Date', 'Fri, 21 Nov 2025 01:02:03 GMT');
      sendJson(response, 200, { UnprocessedItems: {} });
    });
    await using client = stub.client();
    const answer = await client.call(TARGET, '{"a":"é"}');
    expect(answer.body.toString()).toBe('{"UnprocessedItems":{}}');
    expect(answer.serverTimeMs).toBe(Date.UTC(2025, 10, 21, 1, 2, 3));
    expect(stub.requests[0]).toMatchObject({ method: 'POST', url: '/', target: TARGET, body: '{"a":"é"}' });
    expect(stub.requests[0]?.headers['content-type']).toBe('application/x-amz-json-1.0');
  });

  test('without a Date has no server time, and says so when it is asked', async () => {
    await using stub = await startStub((_, response) => {
      response.sendDate = false;
      sendJson(response, 200, {});
    });
    await using client = stub.client();
    const answer = await client.call(TARGET, '{}');
    expect(() => answer.serverTimeMs).toThrow('no Date header');
  });

  test('in several pieces arrives whole', async () => {
    await using stub = await startStub((_, response) => {
      response.writeHead(200);
      response.write('{"a":');
      setImmediate(() => response.end('1}'));
    });
    await using client = stub.client();
    expect((await client.call(TARGET, '{}')).body.toString()).toBe('{"a":1}');
  });

  test('is checked against the service’s CRC-32', async () => {
    const send =
      (checksum: number): StubHandler =>
      (_, response) => {
        response.setHeader('x-amz-crc32', checksum);
        sendJson(response, 200, {});
      };
    await using stub = await startStub(inTurn(send(crc32('{}')), send(1)));
    await using client = stub.client();
    await client.call(TARGET, '{}');
    const error = await failureOf(client.call(TARGET, '{}'));
    expect(error).toMatchObject({ code: 'CORRUPT_ANSWER', kind: 'transient', outcomeUnknown: true });
  });
});

describe('a connection', () => {
  test('is kept for the next request', async () => {
    await using stub = await startStub(fine);
    await using client = stub.client({ connections: 1 });
    for (let i = 0; i < 3; i++) await client.call(TARGET, '{}');
    expect(stub.requests.map(({ connection }) => connection)).toEqual([0, 0, 0]);
  });

  test('is dropped after a timeout, so that a late answer meets nobody', async () => {
    await using stub = await startStub(inTurn(silent, fine));
    await using client = stub.client({ connections: 1 });
    const error = await failureOf(client.call(TARGET, '{}', { timeoutMs: 300 }));
    expect(error).toMatchObject({ code: 'TIMEOUT', kind: 'transient', status: null, outcomeUnknown: true });
    await client.call(TARGET, '{}');
    expect(stub.requests.map(({ connection }) => connection)).toEqual([0, 1]);
  });

  test('is dropped after a 500, whose body is still read', async () => {
    await using stub = await startStub(
      inTurn((_, response) => sendError(response, 500, 'InternalServerError', 'write timeout'), fine),
    );
    await using client = stub.client({ connections: 1 });
    const error = await failureOf(client.call(TARGET, '{}'));
    expect(error).toMatchObject({ code: 'InternalServerError', status: 500, outcomeUnknown: true });
    await client.call(TARGET, '{}');
    expect(stub.requests.map(({ connection }) => connection)).toEqual([0, 1]);
  });

  test('is kept after a 400', async () => {
    await using stub = await startStub(
      inTurn((_, response) => sendError(response, 400, 'RequestLimitExceeded'), fine),
    );
    await using client = stub.client({ connections: 1 });
    const error = await failureOf(client.call(TARGET, '{}'));
    expect(error).toMatchObject({ kind: 'throttle', retryable: true, outcomeUnknown: false });
    await client.call(TARGET, '{}');
    expect(stub.requests.map(({ connection }) => connection)).toEqual([0, 0]);
  });

  test('that breaks before the answer is an unknown outcome, and nothing is sent twice', async () => {
    await using stub = await startStub(inTurn((_, response) => response.socket?.destroy(), fine));
    await using client = stub.client({ connections: 1 });
    const error = await failureOf(client.call(TARGET, '{}'));
    expect(error).toMatchObject({ code: 'CONNECTION_RESET', kind: 'transient', outcomeUnknown: true });
    expect(stub.requests).toHaveLength(1);
  });

  test('that breaks within the answer is an unknown outcome', async () => {
    await using stub = await startStub((_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{', () => response.socket?.destroy());
    });
    await using client = stub.client();
    expect(await failureOf(client.call(TARGET, '{}'))).toMatchObject({
      code: 'CONNECTION_RESET',
      outcomeUnknown: true,
    });
  });

  test('that is refused is a known outcome: nothing happened', async () => {
    let client: DataClient;
    {
      await using stub = await startStub(fine);
      client = stub.client();
    }
    await using _ = client;
    expect(await failureOf(client.call(TARGET, '{}'))).toMatchObject({
      code: 'CONNECTION_REFUSED',
      kind: 'transient',
      outcomeUnknown: false,
    });
  });
});

describe('a request that waits for a connection', () => {
  test('and times out there was never sent, which is a known outcome', async () => {
    await using stub = await startStub(inTurn(silent, fine));
    await using client = stub.client({ connections: 1 });
    const first = failureOf(client.call(TARGET, 'first', { timeoutMs: 600 }));
    const second = await failureOf(client.call(TARGET, 'second', { timeoutMs: 100 }));
    expect(second).toMatchObject({ code: 'TIMEOUT', outcomeUnknown: false });
    expect(await first).toMatchObject({ code: 'TIMEOUT', outcomeUnknown: true });
    await client.call(TARGET, 'third');
    expect(stub.requests.map(({ body }) => body)).toEqual(['first', 'third']);
  });
});

describe('an abort', () => {
  test('throws the reason and drops the connection', async () => {
    const controller = new AbortController();
    await using stub = await startStub(inTurn(() => controller.abort(new Error('stopping')), fine));
    await using client = stub.client({ connections: 1 });
    await expect(client.call(TARGET, '{}', { signal: controller.signal })).rejects.toThrow('stopping');
    await client.call(TARGET, '{}');
    expect(stub.requests.map(({ connection }) => connection)).toEqual([0, 1]);
  });

  test('before the call sends nothing', async () => {
    await using stub = await startStub(fine);
    await using client = stub.client();
    const call = client.call(TARGET, '{}', { signal: AbortSignal.abort(new Error('stopped')) });
    await expect(call).rejects.toThrow('stopped');
    expect(stub.requests).toEqual([]);
  });
});

describe('what is asked before a call is sent', () => {
  test('is asked when it has a connection, and may still keep it back', async () => {
    const gate = { open: true };
    await using stub = await startStub((request, response) => {
      gate.open = false;
      fine(request, response);
    });
    await using client = stub.client({ connections: 1 });
    const beforeSend = () => {
      if (!gate.open) throw new Error('closed');
    };
    const first = client.call(TARGET, 'first', { beforeSend });
    const second = client.call(TARGET, 'second', { beforeSend });
    const third = client.call(TARGET, 'third');
    await expect(second).rejects.toThrow('closed');
    await Promise.allSettled([first, third]);
    expect(stub.requests.map(({ body }) => body)).toEqual(['first', 'third']);
  });
});

describe('a signature', () => {
  test('comes with the session token', async () => {
    await using stub = await startStub(fine);
    await using client = stub.client({
      region: 'eu-central-1',
      credentials: () => Promise.resolve({ ...KEYS, sessionToken: 'token' }),
      nowMs: () => Date.UTC(2025, 0, 2),
    });
    await client.call(TARGET, '{}');
    const headers = stub.requests[0]?.headers;
    expect(headers?.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AK\/20250102\/eu-central-1\/dynamodb\/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, Signature=[0-9a-f]{64}$/,
    );
    expect(headers?.['x-amz-security-token']).toBe('token');
    expect(headers?.['x-amz-date']).toBe('20250102T000000Z');
  });

  test('is left out without credentials', async () => {
    await using stub = await startStub(fine);
    await using client = stub.client();
    await client.call(TARGET, '{}');
    expect(stub.requests[0]?.headers.authorization).toBeUndefined();
  });

  test('refused for our clock is made again with the server’s time, and so are all later ones', async () => {
    const refuse: StubHandler = (_, response) => {
      response.setHeader('Date', 'Fri, 21 Nov 2025 01:02:03 GMT');
      sendError(response, 400, 'InvalidSignatureException', 'Signature expired');
    };
    await using stub = await startStub(inTurn(refuse, fine));
    await using client = stub.client({ credentials: () => Promise.resolve(KEYS), nowMs: () => 0 });
    await client.call(TARGET, '{}');
    await client.call(TARGET, '{}');
    expect(stub.requests.map(({ headers }) => headers['x-amz-date'])).toEqual([
      '19700101T000000Z',
      '20251121T010203Z',
      '20251121T010203Z',
    ]);
  });

  test('refused for another reason is an auth error at once', async () => {
    await using stub = await startStub((_, response) =>
      sendError(response, 400, 'UnrecognizedClientException', 'no such key'),
    );
    await using client = stub.client({ credentials: () => Promise.resolve(KEYS) });
    expect(await failureOf(client.call(TARGET, '{}'))).toMatchObject({ kind: 'auth', retryable: false });
    expect(stub.requests).toHaveLength(1);
  });
});

test('many calls share the connections they are given', async () => {
  await using stub = await startStub(fine);
  await using client = stub.client({ connections: 3 });
  await Promise.all(Array.from({ length: 30 }, () => client.call(TARGET, '{}')));
  expect(new Set(stub.requests.map(({ connection }) => connection)).size).toBe(3);
});

test('closing at once fails the calls under way', async () => {
  const server = new EventTarget();
  await using stub = await startStub(() => server.dispatchEvent(new Event('request')));
  const client = stub.client();
  const asked = once(server, 'request');
  const call = failureOf(client.call(TARGET, '{}'));
  await asked;
  await client[Symbol.asyncDispose]();
  expect(await call).toMatchObject({ code: 'CONNECTION_RESET', outcomeUnknown: true });
});
