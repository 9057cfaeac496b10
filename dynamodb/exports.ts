import {
  DescribeExportCommand,
  ExportTableToPointInTimeCommand,
  type ExportDescription as SdkExport,
  UpdateContinuousBackupsCommand,
} from '@aws-sdk/client-dynamodb';
import { answered, type ControlClient, callOptions, type ServerTime } from './control-client.ts';
import { DynamoDbError } from './errors.ts';

/** What an export to S3 is asked for with; null: left to the service. */
export interface ExportRequest {
  readonly tableArn: string;
  /** For 8 hours the same request with the same token is the same export (API reference: ExportTableToPointInTime). */
  readonly clientToken: string;
  readonly bucket: string;
  readonly prefix: string | null;
  /** Account of the bucket, where it is another one's. */
  readonly bucketOwner: string | null;
  readonly sseAlgorithm: 'AES256' | 'KMS' | null;
  readonly kmsKeyId: string | null;
}

/** An export as the service tells of it; null: it does not say. */
export interface ExportState extends ServerTime {
  readonly arn: string | null;
  readonly status: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';
  /** X, ms. */
  readonly exportMs: number | null;
  readonly bucket: string | null;
  readonly prefix: string | null;
  /** Key of its manifest-summary.json; only of a completed one. */
  readonly manifestKey: string | null;
  readonly type: string | null;
  /** It holds a part of the table only, which its manifests do not tell. */
  readonly filtered: boolean;
  readonly failureCode: string | null;
  readonly failureMessage: string | null;
}

/** Asks for a full export, in DynamoDB JSON, of the table as it is now. */
export async function requestExport(
  client: ControlClient,
  request: ExportRequest,
  signal?: AbortSignal,
): Promise<ExportState> {
  const { tableArn, clientToken, bucket, prefix, bucketOwner, sseAlgorithm, kmsKeyId } = request;
  const command = new ExportTableToPointInTimeCommand({
    TableArn: tableArn,
    ClientToken: clientToken,
    S3Bucket: bucket,
    ...(prefix === null ? {} : { S3Prefix: prefix }),
    ...(bucketOwner === null ? {} : { S3BucketOwner: bucketOwner }),
    ...(sseAlgorithm === null ? {} : { S3SseAlgorithm: sseAlgorithm }),
    ...(kmsKeyId === null ? {} : { S3SseKmsKeyId: kmsKeyId }),
    ExportFormat: 'DYNAMODB_JSON',
    ExportType: 'FULL_EXPORT',
  });
  const output = await answered(client.tables.send(command, callOptions(signal)), signal);
  return { ...readExport(output.ExportDescription), serverTimeMs: output.serverTimeMs };
}

export async function describeExport(
  client: ControlClient,
  arn: string,
  signal?: AbortSignal,
): Promise<ExportState> {
  const command = new DescribeExportCommand({ ExportArn: arn });
  const output = await answered(client.tables.send(command, callOptions(signal)), signal);
  return { ...readExport(output.ExportDescription), serverTimeMs: output.serverTimeMs };
}

/** Turns point-in-time recovery on. Its backups may take a little to begin: see {@link describeContinuousBackups}. */
export function enablePointInTimeRecovery(
  client: ControlClient,
  table: string,
  signal?: AbortSignal,
): Promise<void> {
  return updateBackups(client, table, true, signal);
}

/** Turns point-in-time recovery off: the backups of the table are gone. */
export function disablePointInTimeRecovery(
  client: ControlClient,
  table: string,
  signal?: AbortSignal,
): Promise<void> {
  return updateBackups(client, table, false, signal);
}

async function updateBackups(
  client: ControlClient,
  table: string,
  enabled: boolean,
  signal: AbortSignal | undefined,
): Promise<void> {
  const command = new UpdateContinuousBackupsCommand({
    TableName: table,
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: enabled },
  });
  await answered(client.tables.send(command, callOptions(signal)), signal);
}

function readExport(described: SdkExport | undefined): Omit<ExportState, 'serverTimeMs'> {
  const status = described?.ExportStatus;
  if (described === undefined || (status !== 'IN_PROGRESS' && status !== 'COMPLETED' && status !== 'FAILED'))
    throw new DynamoDbError('CORRUPT_ANSWER', 'a description of an export has no status');
  return {
    arn: described.ExportArn ?? null,
    status,
    exportMs: described.ExportTime?.getTime() ?? null,
    bucket: described.S3Bucket ?? null,
    prefix: described.S3Prefix ?? null,
    manifestKey: described.ExportManifest ?? null,
    type: described.ExportType ?? null,
    filtered: described.FilterSpecification !== undefined,
    failureCode: described.FailureCode ?? null,
    failureMessage: described.FailureMessage ?? null,
  };
}
