import { describe, expect, test } from 'vitest';
import {
  describeExport,
  type ExportRequest,
  enablePointInTimeRecovery,
  requestExport,
} from '../../../dynamodb/exports.ts';
import { answer, bodyOf, clientOf, DATE_MS, refuse } from './control-world.ts';
import { startStub } from './stub-server.ts';

const ARN = 'arn:aws:dynamodb:r:1:table/T/export/01718000000000-1a2b3c4d';
const request: ExportRequest = {
  tableArn: 'arn:aws:dynamodb:r:1:table/T',
  clientToken: 'token',
  bucket: 'exports',
  prefix: null,
  bucketOwner: null,
  sseAlgorithm: null,
  kmsKeyId: null,
};

describe('an export', () => {
  test('is asked for in full and in DynamoDB JSON, with what is given and nothing else', async () => {
    const inProgress = { ExportArn: ARN, ExportStatus: 'IN_PROGRESS', ExportTime: 1718000000.25 };
    await using stub = await startStub(answer({ ExportDescription: inProgress }));
    using client = clientOf(stub);
    expect(await requestExport(client, request)).toMatchObject({
      arn: ARN,
      status: 'IN_PROGRESS',
      exportMs: 1_718_000_000_250,
      serverTimeMs: DATE_MS,
    });
    expect(stub.requests[0]?.target).toBe('DynamoDB_20120810.ExportTableToPointInTime');
    const least = {
      TableArn: request.tableArn,
      ClientToken: 'token',
      S3Bucket: 'exports',
      ExportFormat: 'DYNAMODB_JSON',
      ExportType: 'FULL_EXPORT',
    };
    expect(bodyOf(stub, 0)).toEqual(least);
    const more = { prefix: 'p', bucketOwner: '1', sseAlgorithm: 'KMS', kmsKeyId: 'k' } as const;
    await requestExport(client, { ...request, ...more });
    expect(bodyOf(stub, 1)).toEqual({
      ...least,
      S3Prefix: 'p',
      S3BucketOwner: '1',
      S3SseAlgorithm: 'KMS',
      S3SseKmsKeyId: 'k',
    });
  });

  test('that is completed tells where its manifest lies', async () => {
    const completed = {
      ExportArn: ARN,
      ExportStatus: 'COMPLETED',
      ExportManifest: 'p/AWSDynamoDB/01718000000000-1a2b3c4d/manifest-summary.json',
      ExportTime: 1_718_000_000,
      ExportType: 'FULL_EXPORT',
      ExportFormat: 'DYNAMODB_JSON',
      S3Bucket: 'exports',
      S3Prefix: 'p',
      TableId: 'id-1',
    };
    await using stub = await startStub(answer({ ExportDescription: completed }));
    using client = clientOf(stub);
    expect(await describeExport(client, ARN)).toEqual({
      arn: ARN,
      status: 'COMPLETED',
      exportMs: 1_718_000_000_000,
      bucket: 'exports',
      prefix: 'p',
      manifestKey: completed.ExportManifest,
      type: 'FULL_EXPORT',
      filtered: false,
      failureCode: null,
      failureMessage: null,
      serverTimeMs: DATE_MS,
    });
    expect(bodyOf(stub, 0)).toEqual({ ExportArn: ARN });
  });

  test('that failed tells why; one with a filter says that it has one', async () => {
    const failed = {
      ExportStatus: 'FAILED',
      FailureCode: 'S3NoSuchBucket',
      FailureMessage: 'The specified bucket does not exist',
      FilterSpecification: { FilterExpression: 'a = b' },
    };
    await using stub = await startStub(answer({ ExportDescription: failed }));
    using client = clientOf(stub);
    expect(await describeExport(client, ARN)).toMatchObject({
      arn: null,
      status: 'FAILED',
      failureCode: 'S3NoSuchBucket',
      failureMessage: 'The specified bucket does not exist',
      filtered: true,
    });
  });

  test('without a status is no answer; a refusal keeps its code', async () => {
    await using empty = await startStub(answer({}));
    using client = clientOf(empty);
    await expect(describeExport(client, ARN)).rejects.toMatchObject({ code: 'CORRUPT_ANSWER' });
    await using stub = await startStub(refuse('ExportConflictException'));
    using refused = clientOf(stub);
    await expect(requestExport(refused, request)).rejects.toMatchObject({ code: 'ExportConflictException' });
  });
});

test('point-in-time recovery is turned on by table name', async () => {
  await using stub = await startStub(answer({ ContinuousBackupsDescription: {} }));
  using client = clientOf(stub);
  await enablePointInTimeRecovery(client, 'T');
  expect(stub.requests[0]?.target).toBe('DynamoDB_20120810.UpdateContinuousBackups');
  expect(bodyOf(stub, 0)).toEqual({
    TableName: 'T',
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  });
});
