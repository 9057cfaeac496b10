import { randomBytes } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { type Answer, errorAnswer } from '../../alternator/answers.ts';
import { isObject, type JsonObject, objectAt, textAt } from '../../alternator/json.ts';
import { type Caller, upstreamAt } from '../../alternator/upstream.ts';
import type { TestServices } from '../../services.ts';
import { type DynamoDbFront, startDynamoDbFront } from './dynamodb-front.ts';
import { makeExport } from './export-files.ts';

/** The control calls of exports, before a DynamoDB Local, which has none: exports really are made, into the test's S3. */
export interface ExportService extends DynamoDbFront {
  /** Every ExportTableToPointInTime, as it came. */
  readonly requests: readonly JsonObject[];
  /** Names of operations, as they came. */
  readonly calls: readonly string[];
  readonly exportsMade: number;
  /** Whether tables have point-in-time recovery. */
  pitr: boolean;
  /** Exports stay IN_PROGRESS until then. */
  release(): void;
  /** Exports asked for from now on fail. */
  failWith: { readonly code: string; readonly message: string } | null;
  /** Refuses requests with this answer. */
  refuseWith: Answer | null;
  /** Waited for when an export has been made, before its request is answered. */
  beforeAnswer: () => Promise<void>;
}

interface Export {
  readonly description: JsonObject;
  readonly request: string;
  readonly manifestKey: string;
  readonly failure: ExportService['failWith'];
}

/**
 * Who calls has the credentials of S3, as a migration file gives one pair for both, and gets the test's own tables.
 */
export async function startExportService({ source, s3, credentials }: TestServices): Promise<ExportService> {
  const upstream = upstreamAt(source.endpoint);
  const byToken = new Map<string, Export>();
  const requests: JsonObject[] = [];
  const calls: string[] = [];
  let released = false;

  const make = async (body: JsonObject, caller: Caller): Promise<Answer> => {
    requests.push(body);
    if (service.refuseWith !== null) return service.refuseWith;
    const token = textAt(body, 'ClientToken');
    const request = JSON.stringify(body);
    const known = byToken.get(token);
    if (known && known.request !== request) {
      return errorAnswer(400, 'ExportConflictException', 'The token was used with other parameters');
    }
    if (!service.pitr) {
      const message = 'Point in time recovery is not enabled for table';
      return errorAnswer(400, 'PointInTimeRecoveryUnavailableException', message);
    }
    const made = known ?? (await exportNow(body, caller));
    byToken.set(token, { ...made, request });
    await service.beforeAnswer();
    return { status: 200, body: { ExportDescription: made.description } };
  };

  const exportNow = async (body: JsonObject, caller: Caller): Promise<Omit<Export, 'request'>> => {
    const tableArn = textAt(body, 'TableArn');
    const table = tableArn.slice(tableArn.lastIndexOf('/') + 1);
    const exportMs = Date.now();
    const described = await upstream.send(caller, 'DescribeTable', { TableName: table });
    const exportArn = `${tableArn}/export/0${exportMs}-${randomBytes(4).toString('hex')}`;
    // DynamoDB Local has none.
    const tableId = textAt(objectAt(described.body, 'Table'), 'TableId') || null;
    const [bucket, prefix] = [textAt(body, 'S3Bucket'), textAt(body, 'S3Prefix') || null];
    const exportTime = new Date(exportMs).toISOString();
    const { manifestKey, objects } = makeExport(
      { exportArn, tableArn, tableId, exportTime, endTime: exportTime, bucket, prefix },
      await scan(table, caller),
    );
    const failure = service.failWith;
    if (failure === null) {
      for (const [Key, Body] of objects) {
        await s3.client.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
      }
    }
    const description = {
      ExportArn: exportArn,
      ExportStatus: 'IN_PROGRESS',
      StartTime: exportMs / 1000,
      ExportTime: exportMs / 1000,
      TableArn: tableArn,
      ...(tableId === null ? {} : { TableId: tableId }),
      ClientToken: textAt(body, 'ClientToken'),
      S3Bucket: bucket,
      ...(prefix === null ? {} : { S3Prefix: prefix }),
      S3SseAlgorithm: 'AES256',
      ExportFormat: 'DYNAMODB_JSON',
      ExportType: 'FULL_EXPORT',
    };
    return { description, manifestKey, failure };
  };

  /** Not at one instant while somebody writes: as fuzzy as an export is. */
  const scan = async (table: string, caller: Caller): Promise<JsonObject[]> => {
    const items: JsonObject[] = [];
    let after: unknown;
    do {
      const body = { TableName: table, ConsistentRead: true, ...(after ? { ExclusiveStartKey: after } : {}) };
      const answer = (await upstream.send(caller, 'Scan', body)).body;
      items.push(...(Array.isArray(answer['Items']) ? answer['Items'].filter(isObject) : []));
      after = answer['LastEvaluatedKey'];
    } while (after !== undefined);
    return items;
  };

  const describe = (body: JsonObject): Answer => {
    const found = [...byToken.values()].find(
      ({ description }) => description['ExportArn'] === body['ExportArn'],
    );
    if (!found) return errorAnswer(400, 'ExportNotFoundException', 'The specified export was not found.');
    const { description, failure, manifestKey } = found;
    const end = failure
      ? { ExportStatus: 'FAILED', FailureCode: failure.code, FailureMessage: failure.message }
      : { ExportStatus: 'COMPLETED', ExportManifest: manifestKey };
    return { status: 200, body: { ExportDescription: { ...description, ...(released ? end : {}) } } };
  };

  const backups = (): Answer => ({
    status: 200,
    body: {
      ContinuousBackupsDescription: {
        ContinuousBackupsStatus: 'ENABLED',
        PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: service.pitr ? 'ENABLED' : 'DISABLED' },
      },
    },
  });

  const front = await startDynamoDbFront(
    source.endpoint,
    (_, answer) => answer,
    async (operation, body, caller) => {
      calls.push(operation);
      if (operation === 'ExportTableToPointInTime') return make(body, caller);
      if (operation === 'DescribeExport') return describe(body);
      if (operation === 'UpdateContinuousBackups') service.pitr = true;
      return operation.endsWith('ContinuousBackups') ? backups() : null;
    },
    credentials.accessKeyId,
  );
  const service: ExportService = {
    endpoint: front.endpoint,
    requests,
    calls,
    get exportsMade() {
      return byToken.size;
    },
    pitr: true,
    release: () => {
      released = true;
    },
    failWith: null,
    refuseWith: null,
    beforeAnswer: async () => {},
    [Symbol.asyncDispose]: async () => {
      await front[Symbol.asyncDispose]();
      upstream.close();
    },
  };
  return service;
}
