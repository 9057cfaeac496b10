import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AwsKeys, awsIamToken, awsIamTokens } from '../../../connectors/kafka/sasl/aws-iam.ts';
import { saslOf } from '../../../connectors/kafka/sasl/sasl.ts';
import { Sha256 } from '../../sdk-sha256.ts';

/** The parameters that AWS's own signer for MSK signs, made with the signer of the AWS SDK. */
async function presignedBySdk(region: string, keys: AwsKeys, nowMs: number) {
  const hostname = `kafka.${region}.amazonaws.com`;
  const signer = new SignatureV4({
    service: 'kafka-cluster',
    region,
    credentials: keys,
    sha256: Sha256,
    applyChecksum: false,
  });
  const { query } = await signer.presign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname,
      path: '/',
      headers: { host: hostname },
      query: { Action: 'kafka-cluster:Connect' },
    },
    { expiresIn: 900, signingDate: new Date(nowMs) },
  );
  return query;
}

const urlOf = (token: string) => new URL(Buffer.from(token, 'base64url').toString());
const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const nowMs = Date.UTC(2015, 7, 30, 12, 36, 0, 999);

describe('a token for Amazon MSK', () => {
  test('is this one, for keys and a time of the AWS documentation', () => {
    expect(urlOf(awsIamToken('us-east-1', keys, nowMs)).href).toBe(
      'https://kafka.us-east-1.amazonaws.com/?Action=kafka-cluster%3AConnect&X-Amz-Algorithm=AWS4-HMAC-SHA256' +
        '&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fkafka-cluster%2Faws4_request' +
        '&X-Amz-Date=20150830T123600Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host' +
        '&X-Amz-Signature=c413a83bc64a339e31a5e5e9ed99d778ff843206b427540cafa5122c01e3e993&User-Agent=messina-connect',
    );
  });

  test('is base64url without padding, so that it is a bearer token', () => {
    const tokens = [1, 2, 3].map((n) =>
      awsIamToken('us-east-1', { ...keys, accessKeyId: 'A'.repeat(n) }, nowMs),
    );
    for (const token of tokens) expect(token).toMatch(/^[\w-]+$/);
    expect(tokens[0]).toMatch(
      /^aHR0cHM6Ly9rYWZrYS51cy1lYXN0LTEuYW1hem9uYXdzLmNvbS8_QWN0aW9uPWthZmthLWNsdXN0ZXIl/,
    );
  });

  const word = fc.stringMatching(/^[A-Za-z0-9/+=!'()*~ ]{1,60}$/);
  const anyKeys: fc.Arbitrary<AwsKeys> = fc.record(
    { accessKeyId: word, secretAccessKey: word, sessionToken: word },
    { requiredKeys: ['accessKeyId', 'secretAccessKey'] },
  );

  test('says what the AWS SDK signs, with and without a session token', async () => {
    const region = fc.constantFrom('eu-central-1', 'us-gov-west-1');
    const time = fc.integer({ min: 1_600_000_000_000, max: 1_900_000_000_000 });
    await fc.assert(
      fc.asyncProperty(region, anyKeys, time, async (region, keys, nowMs) => {
        const { 'User-Agent': agent, ...signed } = Object.fromEntries(
          urlOf(awsIamToken(region, keys, nowMs)).searchParams,
        );
        expect(signed).toEqual(await presignedBySdk(region, keys, nowMs));
        expect(agent).toBe('messina-connect');
      }),
      { numRuns: 100 },
    );
  });
});

describe('the tokens of a client', () => {
  test('are made anew for each connection, with the keys and the time of then', async () => {
    const given = [keys, { ...keys, accessKeyId: 'NEXT', sessionToken: 'session' }];
    let time = nowMs;
    const tokens = awsIamTokens(
      'eu-west-1',
      () => Promise.resolve(given.shift()!),
      () => (time += 60_000),
    );
    const dates = [];
    for (const accessKeyId of ['AKIDEXAMPLE', 'NEXT']) {
      const { searchParams } = urlOf((await tokens()).value);
      expect(searchParams.get('X-Amz-Credential')).toMatch(new RegExp(`^${accessKeyId}/20150830/eu-west-1/`));
      dates.push(searchParams.get('X-Amz-Date'));
    }
    expect(dates).toEqual(['20150830T123700Z', '20150830T123800Z']);
  });

  test.each([
    ['there are none', { name: 'CredentialsProviderError' }, 'AUTHENTICATION_FAILED', false],
    [
      'the role may not be assumed',
      { name: 'AccessDenied', $fault: 'client' },
      'AUTHENTICATION_FAILED',
      false,
    ],
    ['who gives keys is not there', { name: 'TimeoutError' }, 'CREDENTIALS_UNAVAILABLE', true],
  ])('are refused or waited for: %s', async (_, fields, code, retriable) => {
    const failure = Object.assign(new Error('no keys'), fields);
    const login = saslOf({ mechanism: 'aws-iam', region: 'eu-west-1' }, () => Promise.reject(failure));
    if (login.mechanism !== 'oauthbearer') throw new Error(login.mechanism);
    await expect(login.oauthBearerProvider()).rejects.toMatchObject({
      code,
      retriable,
      message: expect.stringContaining(fields.name),
    });
  });

  test('come from the configured keys where there are some, and from nothing where there are neither', async () => {
    const login = saslOf({ mechanism: 'aws-iam', region: 'eu-west-1', credentials: keys });
    if (login.mechanism !== 'oauthbearer') throw new Error(login.mechanism);
    const { value } = await login.oauthBearerProvider();
    expect(urlOf(value).searchParams.get('X-Amz-Credential')).toContain('AKIDEXAMPLE/');
    expect(() => saslOf({ mechanism: 'aws-iam', region: 'eu-west-1' })).toThrow('AWS IAM needs credentials');
  });
});
