import { ConnectError, type ErrorCode, type ErrorDetail } from '../../connectors/errors.ts';
import { fromSdk } from '../../dynamodb/errors.ts';
import { sourceFault } from '../faults.ts';

/**
 * What refuses an export, by code (API reference: ExportTableToPointInTime, Errors).
 *
 * Everything else is judged as every call to the source is.
 */
const CODES = new Map<string, ErrorCode>([
  ['ExportConflictException', 'EXPORT_CONFLICT'],
  ['InvalidExportTimeException', 'EXPORT_TIME_REFUSED'],
  // DynamoDB Local, Alternator.
  ['UnknownOperationException', 'EXPORT_UNSUPPORTED'],
]);

/** What DynamoDB says of the bucket or key before it begins: its name for it varies, what S3 and KMS said stands in it. */
const WORDS: readonly (readonly [RegExp, ErrorCode])[] = [
  [/NoSuchBucket|bucket does not exist/i, 'EXPORT_BUCKET_MISSING'],
  [/PermanentRedirect|AuthorizationHeaderMalformed|specified endpoint|wrong region/i, 'EXPORT_BUCKET_REGION'],
  [/\bkms\b/i, 'EXPORT_KMS_DENIED'],
];

/** @param action what was being done, as the message begins: `Asking for an export of table "Music"` */
export function requestFault(error: unknown, action: string, detail: ErrorDetail): ConnectError {
  if (error instanceof ConnectError) return error;
  const fault = fromSdk(error);
  const code = CODES.get(fault.code) ?? (fault.retryable ? undefined : codeOfWords(fault.message));
  if (code === undefined) return sourceFault(error, action, detail);
  return new ConnectError(code, `${action}: ${fault.message}`, { cause: error, detail });
}

/** What a failed export says of itself. */
export function exportFailed(
  table: string,
  arn: string,
  failureCode: string,
  failureMessage: string | null,
): ConnectError {
  const why = failureMessage === null ? '' : `: ${withoutSecrets(failureMessage)}`;
  return new ConnectError('EXPORT_FAILED', `The export of table ${table} failed with ${failureCode}${why}`, {
    detail: { table, export: arn, failureCode },
  });
}

/** Point-in-time recovery is off: with the command that turns it on. */
export function pitrOff(table: string, region: string): ConnectError {
  const command =
    `aws dynamodb update-continuous-backups --table-name ${table} ` +
    `--point-in-time-recovery-specification PointInTimeRecoveryEnabled=true --region ${region}`;
  return new ConnectError(
    'SOURCE_PITR_OFF',
    `Table ${table} has no point-in-time recovery, which an export needs; this turns it on: ${command}`,
    { detail: { table } },
  );
}

function codeOfWords(message: string): ErrorCode | undefined {
  return WORDS.find(([words]) => words.test(message))?.[1];
}

/** Key ids, and whatever could be a key, a signature or a token: DynamoDB repeats what S3 answered. */
function withoutSecrets(message: string): string {
  return message.replace(/\b(A[KS]IA|AROA|AIDA)[A-Z0-9]{8,}/g, '…').replace(/[A-Za-z0-9+/]{40,}=*/g, '…');
}
