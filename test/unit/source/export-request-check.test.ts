import { describe, expect, test } from 'vitest';
import { type ExportSourceOptions, exportSourceOptions } from '../../../source/export/options.ts';
import { checkRequests } from '../../../source/export/request-check.ts';
import { type StubHandler, startStub } from '../dynamodb/stub-server.ts';
import { contextOf, FakeExports, refusal } from './fake-exports.ts';

/** What S3 answers: an error as its API reference shows it. */
const answer =
  (status: number, code: string, message = '', headers: Record<string, string> = {}): StubHandler =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/xml', ...headers });
    response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`);
  };

const noSuchKey = answer(404, 'NoSuchKey', 'The specified key does not exist.');

async function problemsOf(
  s3: StubHandler,
  given: { service?: FakeExports; tables?: readonly string[]; request?: object } = {},
) {
  await using stub = await startStub(s3);
  const { service = new FakeExports(), tables = ['Music'], request } = given;
  const options: ExportSourceOptions = exportSourceOptions.parse({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    s3: { endpoint: stub.endpoint, forcePathStyle: true },
    request: { bucket: 'exports', ...request },
  });
  const problems = await checkRequests(service, options, tables, contextOf(service));
  return {
    problems: problems.map(({ table, error }) => ({ table, code: error.code, message: error.message })),
    stub,
  };
}

describe('before an export is asked for', () => {
  test('nothing is wrong where tables have backups and the bucket can be read', async () => {
    const service = new FakeExports();
    const { problems, stub } = await problemsOf(noSuchKey, { service, request: { prefix: 'p' } });
    expect(problems).toEqual([]);
    expect(stub.requests.map(({ method, url }) => `${method} ${url.split('?')[0]}`)).toEqual([
      expect.stringMatching(/^GET \/exports\/p\/AWSDynamoDB\//),
    ]);
    expect(new Set(service.calls)).toEqual(new Set(['describeTable', 'backups']));
  });

  test('the account that should own the bucket is said to S3', async () => {
    const { stub } = await problemsOf(noSuchKey, { request: { bucketOwner: '123456789012' } });
    expect(stub.requests[0]?.headers['x-amz-expected-bucket-owner']).toBe('123456789012');
  });

  test('no bucket is looked at where nothing is to be asked for', async () => {
    const { stub } = await problemsOf(noSuchKey, { tables: [] });
    expect(stub.requests).toEqual([]);
  });

  test('every table without backups is named, and the bucket once', async () => {
    const service = new FakeExports();
    service.pitr = false;
    const { problems } = await problemsOf(answer(404, 'NoSuchBucket'), {
      service,
      tables: ['Music', 'Orders'],
    });
    expect(problems.map(({ table, code }) => [table, code])).toEqual([
      ['Music', 'SOURCE_PITR_OFF'],
      ['Orders', 'SOURCE_PITR_OFF'],
      [null, 'EXPORT_BUCKET_MISSING'],
    ]);
  });

  test('a table without backups is well where they may be turned on; nothing is turned on', async () => {
    const service = new FakeExports();
    service.pitr = false;
    const { problems } = await problemsOf(noSuchKey, { service, request: { enablePitr: true } });
    expect(problems).toEqual([]);
    expect(service.calls).not.toContain('enableBackups');
  });

  test.each([
    ['backups', 'UnknownOperationException', 'EXPORT_UNSUPPORTED'],
    ['backups', 'AccessDeniedException', 'SOURCE_ACCESS_DENIED'],
    ['describeTable', 'ResourceNotFoundException', 'SOURCE_TABLE_MISSING'],
  ])('%s refused with %s is %s', async (call, awsCode, code) => {
    const service = new FakeExports();
    service.failures[call] = [refusal(awsCode)];
    const { problems } = await problemsOf(noSuchKey, { service, request: { enablePitr: true } });
    expect(problems).toMatchObject([{ table: 'Music', code }]);
  });

  test.each([
    [
      'a bucket that is not there',
      answer(404, 'NoSuchBucket'),
      'EXPORT_BUCKET_MISSING',
      'exports does not exist',
    ],
    [
      'a bucket of another region',
      answer(301, 'PermanentRedirect', 'use the endpoint', { 'x-amz-bucket-region': 'us-east-2' }),
      'EXPORT_BUCKET_REGION',
      'is in us-east-2, not in eu-west-1',
    ],
    [
      'a signature for another region',
      answer(400, 'AuthorizationHeaderMalformed', "the region 'eu-west-1' is wrong; expecting 'us-west-1'"),
      'EXPORT_BUCKET_REGION',
      'is in us-west-1, not in eu-west-1',
    ],
    ['no permission', answer(403, 'AccessDenied'), 'SOURCE_ACCESS_DENIED', 's3:GetObject and s3:ListBucket'],
    [
      'a key of KMS that may not be used',
      answer(403, 'AccessDenied', 'not authorized to perform: kms:Decrypt'),
      'EXPORT_KMS_DENIED',
      'kms:Decrypt',
    ],
    [
      'a key of KMS that is disabled',
      answer(400, 'KMS.DisabledException'),
      'EXPORT_KMS_DENIED',
      'KMS.Disabled',
    ],
  ])('%s is a problem', async (_, s3, code, words) => {
    const { problems } = await problemsOf(s3);
    expect(problems).toMatchObject([{ table: null, code }]);
    expect(problems[0]?.message).toContain(words);
  });
});
