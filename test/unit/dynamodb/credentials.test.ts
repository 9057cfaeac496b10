import { expect, test } from 'vitest';
import { type Credentials, credentialProvider, remembered } from '../../../dynamodb/credentials.ts';

const MINUTE_MS = 60_000;

function endingAt(ms: number, id: string): Credentials {
  return { accessKeyId: id, secretAccessKey: 's', expiration: new Date(ms) };
}

test('static credentials are given as they are', async () => {
  const provider = credentialProvider(
    { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: undefined },
    'r',
  );
  expect(await provider()).toEqual({ accessKeyId: 'a', secretAccessKey: 'b' });
});

test('credentials are renewed 5 minutes before they end, once for all who ask', async () => {
  let nowMs = 0;
  let loads = 0;
  const provider = remembered(
    () => Promise.resolve(endingAt(nowMs + 60 * MINUTE_MS, `${++loads}`)),
    () => nowMs,
  );
  await Promise.all([provider(), provider()]);
  nowMs = 54 * MINUTE_MS;
  expect((await provider()).accessKeyId).toBe('1');
  nowMs = 56 * MINUTE_MS;
  const renewed = await Promise.all([provider(), provider()]);
  expect(renewed.map(({ accessKeyId }) => accessKeyId)).toEqual(['2', '2']);
  expect(loads).toBe(2);
});

test('credentials without an end are loaded once', async () => {
  let loads = 0;
  const provider = remembered(() => Promise.resolve({ accessKeyId: `${++loads}`, secretAccessKey: 's' }));
  await provider();
  expect((await provider()).accessKeyId).toBe('1');
});

test('a failed renewal gives the old ones while they hold, and throws after', async () => {
  let nowMs = 0;
  let broken = false;
  const provider = remembered(
    () =>
      broken ? Promise.reject(new Error('STS is down')) : Promise.resolve(endingAt(60 * MINUTE_MS, 'old')),
    () => nowMs,
  );
  await provider();
  broken = true;
  nowMs = 58 * MINUTE_MS;
  expect((await provider()).accessKeyId).toBe('old');
  nowMs = 61 * MINUTE_MS;
  await expect(provider()).rejects.toThrow('STS is down');
  broken = false;
  nowMs = 0;
  expect((await provider()).accessKeyId).toBe('old');
});
