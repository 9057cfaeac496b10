import { ConnectError, type ErrorCode } from '../../connectors/errors.ts';
import { CREDENTIALS_NOT_GIVEN } from '../faults.ts';

/**
 * What S3 and the file system answer, by code (S3 API reference: Error responses; Node: Common system errors).
 * A code that is not here is judged by its HTTP status.
 */
const CODES = new Map<string, ErrorCode>([
  ...codes('EXPORT_FILE_MISSING', 'NoSuchKey', 'NoSuchBucket', 'NotFound', 'ENOENT', 'ENOTDIR', 'EISDIR'),
  ...codes(
    'SOURCE_ACCESS_DENIED',
    'AccessDenied',
    'InvalidAccessKeyId',
    'SignatureDoesNotMatch',
    'ExpiredToken',
  ),
  ...codes('SOURCE_ACCESS_DENIED', 'InvalidToken', 'XAdminUserNotFound', 'EACCES', 'EPERM'),
  ...codes('SOURCE_CREDENTIALS', ...CREDENTIALS_NOT_GIVEN),
  ...codes('SOURCE_THROTTLED', 'SlowDown', 'ThrottlingException', 'TooManyRequests', 'RequestLimitExceeded'),
  ...codes(
    'SOURCE_UNREACHABLE',
    'ECONNRESET',
    'ECONNREFUSED',
    'EPIPE',
    'ETIMEDOUT',
    'ENOTFOUND',
    'EAI_AGAIN',
  ),
  ...codes('SOURCE_UNREACHABLE', 'EHOSTUNREACH', 'ENETUNREACH', 'ERR_STREAM_PREMATURE_CLOSE', 'TimeoutError'),
  ...codes('SOURCE_UNREACHABLE', 'InternalError', 'ServiceUnavailable', 'RequestTimeout', 'EIO', 'EMFILE'),
  // The object was replaced while it was read.
  ...codes('EXPORT_CHECKSUM', 'PreconditionFailed', 'InvalidRange'),
]);

function codes(code: ErrorCode, ...names: string[]): [string, ErrorCode][] {
  return names.map((name) => [name, code]);
}

/** A failed access to an export's object, by its URL; a ConnectError stays as it is. */
export function storeFault(error: unknown, url: string): ConnectError {
  if (error instanceof ConnectError) return error;
  const { name, status, message } = factsOf(error);
  const code = isOfKms(name, message) ? 'EXPORT_KMS_DENIED' : (CODES.get(name) ?? codeOfStatus(status));
  return new ConnectError(code, `${url}: ${name}${message === '' ? '' : `: ${message}`}`, {
    cause: error,
    detail: { url, ...(status === null ? {} : { status }) },
  });
}

/** S3 hands on what KMS says: its own codes, or AccessDenied with the permission that is missing. */
function isOfKms(name: string, message: string): boolean {
  return name.startsWith('KMS.') || (name === 'AccessDenied' && /\bkms:/i.test(message));
}

function codeOfStatus(status: number | null): ErrorCode {
  if (status === 404) return 'EXPORT_FILE_MISSING';
  if (status === 401 || status === 403) return 'SOURCE_ACCESS_DENIED';
  if (status === 429) return 'SOURCE_THROTTLED';
  if (status === 412 || status === 416) return 'EXPORT_CHECKSUM';
  if (status !== null && status >= 500) return 'SOURCE_UNREACHABLE';
  return 'SOURCE_REFUSED';
}

function factsOf(error: unknown): { name: string; status: number | null; message: string } {
  if (!(error instanceof Error)) return { name: 'UnknownError', status: null, message: String(error) };
  const system = 'code' in error && typeof error.code === 'string' ? error.code : null;
  const inner = error instanceof AggregateError ? error.errors[0] : undefined;
  if (system === null && inner !== undefined) return factsOf(inner);
  const name = system ?? error.name;
  // Node begins its own messages with the code.
  const message = error.message.startsWith(`${name}: `)
    ? error.message.slice(name.length + 2)
    : error.message;
  return { name, status: statusOf(error), message };
}

function statusOf(error: Error): number | null {
  if (!('$metadata' in error)) return null;
  const metadata: unknown = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return null;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : null;
}
