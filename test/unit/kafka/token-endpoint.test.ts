import { describe, expect, test } from 'vitest';
import { saslOf } from '../../../connectors/kafka/sasl/sasl.ts';
import { requestToken, tokenEndpointProblem } from '../../../connectors/kafka/sasl/token-endpoint.ts';
import { tokenServer } from '../../token-server.ts';

const client = { clientId: 'messina', clientSecret: 'sword fish:+%' };

describe('a token endpoint', () => {
  test('is shown the client by basic authentication, and asked for its scope', async () => {
    await using server = await tokenServer(() => ({
      status: 200,
      body: { access_token: 'abc.DEF-_~+/==', token_type: 'Bearer', expires_in: 3600 },
    }));
    const granted = await requestToken({ ...client, tokenEndpoint: server.url, scope: 'kafka read' });
    expect(granted).toEqual({ token: 'abc.DEF-_~+/==', lifetimeMs: 3_600_000 });
    const { headers, body } = server.asked[0]!;
    // RFC 6749 §2.3.1: both parts form-encoded, then joined.
    expect(Buffer.from(headers.authorization!.replace('Basic ', ''), 'base64').toString()).toBe(
      'messina:sword+fish%3A%2B%25',
    );
    expect(headers['content-type']).toMatch('application/x-www-form-urlencoded');
    expect(body).toBe('grant_type=client_credentials&scope=kafka+read');
  });

  test.each([
    [{ access_token: 'abc' }, null],
    [{ access_token: 'abc', expires_in: '60' }, 60_000],
    [{ access_token: 'abc', expires_in: 0 }, null],
  ])('may say how long its token holds: %j', async (body, lifetimeMs) => {
    await using server = await tokenServer(() => ({ status: 200, body }));
    expect(await requestToken({ ...client, tokenEndpoint: server.url })).toEqual({
      token: 'abc',
      lifetimeMs,
    });
  });

  test.each([
    [
      401,
      { error: 'invalid_client', error_description: 'swordfish' },
      'AUTHENTICATION_FAILED',
      'HTTP 401, invalid_client',
    ],
    [400, { error: 'sword fish' }, 'AUTHENTICATION_FAILED', 'HTTP 400)'],
    [404, 'nothing', 'AUTHENTICATION_FAILED', 'HTTP 404'],
    [307, 'elsewhere', 'AUTHENTICATION_FAILED', 'sends elsewhere (HTTP 307)'],
    [200, '<html>', 'AUTHENTICATION_FAILED', 'gave no bearer token'],
    [200, { access_token: 'a\u0001b' }, 'AUTHENTICATION_FAILED', 'gave no bearer token'],
    [429, {}, 'TOKEN_ENDPOINT_UNREACHABLE', 'answered HTTP 429'],
    [503, {}, 'TOKEN_ENDPOINT_UNREACHABLE', 'answered HTTP 503'],
  ])('that answers %i %j ends in an error that says so', async (status, body, code, text) => {
    await using server = await tokenServer(() => ({ status, body }));
    const tokenEndpoint = `${server.url}?tenant=hidden`;
    const error: unknown = await requestToken({ ...client, tokenEndpoint }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code, retriable: code === 'TOKEN_ENDPOINT_UNREACHABLE' });
    const { message } = error as Error;
    expect(message).toContain(server.url);
    expect(message).toContain(text);
    expect(message).not.toMatch(/sword|hidden/);
    expect(server.asked).toHaveLength(1);
  });

  test('that is not there is one to try again', async () => {
    const server = await tokenServer(() => null);
    await server[Symbol.asyncDispose]();
    await expect(requestToken({ ...client, tokenEndpoint: server.url })).rejects.toMatchObject({
      code: 'TOKEN_ENDPOINT_UNREACHABLE',
      retriable: true,
      message: /ECONNREFUSED/,
    });
  });
});

describe('the place of a token endpoint', () => {
  test.each([
    'https://login.example.com/oauth2/token?p=1',
    'http://localhost:8080/token',
    'http://127.0.0.1/token',
    'http://[::1]:1/token',
  ])('may be %s', (url) => {
    expect(tokenEndpointProblem(url)).toBeNull();
  });

  test.each([
    ['http://login.example.com/token', 'in clear'],
    ['http://127.0.0.1.example.com/token', 'in clear'],
    ['ftp://localhost/token', 'must be https'],
    ['https://u:p@login.example.com/token', 'a user name'],
    ['https://login.example.com/token#x', 'fragment'],
    ['token', 'not a URL'],
  ])('may not be %s', (tokenEndpoint, problem) => {
    expect(tokenEndpointProblem(tokenEndpoint)).toContain(problem);
    expect(() => saslOf({ mechanism: 'oauthbearer', tokenEndpoint, ...client })).toThrow(problem);
  });
});

test('connections of a client share a token; one that was refused is not shown again', async () => {
  let count = 0;
  await using server = await tokenServer(() => ({
    status: 200,
    body: { access_token: `token-${++count}`, expires_in: 600 },
  }));
  const login = saslOf({ mechanism: 'oauthbearer', tokenEndpoint: server.url, ...client });
  if (login.mechanism !== 'oauthbearer') throw new Error(login.mechanism);
  expect(await login.oauthBearerProvider()).toEqual({ value: 'token-1' });
  expect(await login.oauthBearerProvider()).toEqual({ value: 'token-1' });
  expect(login.tokenRefused?.('token-1')).toBe(false);
  expect(await login.oauthBearerProvider()).toEqual({ value: 'token-2' });
});

test('a user name and a password go on as they are', () => {
  const login = { mechanism: 'scram-sha-512', username: 'u', password: 'p' } as const;
  expect(saslOf(login)).toEqual(login);
});
