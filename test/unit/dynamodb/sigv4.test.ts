import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CONTENT_TYPE, Signer } from '../../../dynamodb/sigv4.ts';
import { Sha256 } from '../../sdk-sha256.ts';

interface Case {
  readonly host: string;
  readonly target: string;
  readonly body: string;
  readonly region: string;
  readonly atMs: number;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

async function signedBySdk(request: Case): Promise<string | undefined> {
  const signer = new SignatureV4({
    service: 'dynamodb',
    region: request.region,
    credentials: request,
    sha256: Sha256,
    applyChecksum: false,
  });
  const signed = await signer.sign(
    {
      method: 'POST',
      protocol: 'https:',
      hostname: request.host,
      path: '/',
      headers: { host: request.host, 'content-type': CONTENT_TYPE, 'x-amz-target': request.target },
      body: request.body,
    },
    { signingDate: new Date(request.atMs) },
  );
  return signed.headers['authorization'];
}

const word = fc.stringMatching(/^[A-Za-z0-9/+=]{1,60}$/);
const requests: fc.Arbitrary<Case> = fc.record(
  {
    host: fc.constantFrom('dynamodb.eu-central-1.amazonaws.com', '127.0.0.1:8000'),
    target: fc.constantFrom('DynamoDB_20120810.Scan', 'DynamoDBStreams_20120810.GetRecords'),
    body: fc.string({ unit: 'grapheme', maxLength: 200 }),
    region: fc.constantFrom('eu-central-1', 'none'),
    atMs: fc.integer({ min: 1_600_000_000_000, max: 1_900_000_000_000 }),
    accessKeyId: word,
    secretAccessKey: word,
    sessionToken: word,
  },
  { requiredKeys: ['host', 'target', 'body', 'region', 'atMs', 'accessKeyId', 'secretAccessKey'] },
);

test('a signature is the one the AWS SDK makes', async () => {
  await fc.assert(
    fc.asyncProperty(requests, async (request) => {
      const signature = new Signer(request.region).sign(request, request, request.atMs);
      expect(signature.authorization).toBe(await signedBySdk(request));
    }),
    { numRuns: 200 },
  );
});

test('a signer goes on over midnight and new credentials, with a kept key', async () => {
  const signer = new Signer('eu-central-1');
  const base: Case = {
    host: 'h',
    target: 'DynamoDB_20120810.Scan',
    body: '{}',
    region: 'eu-central-1',
    atMs: Date.UTC(2025, 0, 1, 23, 59, 59),
    accessKeyId: 'A',
    secretAccessKey: 'one',
  };
  for (const change of [{}, { atMs: base.atMs + 1000 }, { secretAccessKey: 'two' }, { body: '{"a":1}' }]) {
    const request = { ...base, ...change };
    const { authorization } = signer.sign(request, request, request.atMs);
    expect(authorization).toBe(await signedBySdk(request));
  }
});

test('a signature is dated in whole seconds', () => {
  const request = { host: 'h', target: 'DynamoDB_20120810.ListTables', body: '{}' };
  const { amzDate } = new Signer('none').sign(
    request,
    { accessKeyId: 'A', secretAccessKey: 's' },
    Date.UTC(2015, 7, 30, 12, 36, 0, 999),
  );
  expect(amzDate).toBe('20150830T123600Z');
});
