import { classify, type ErrorKind, outcomeUnknownOf } from './error-table.ts';

export interface DynamoDbErrorDetail {
  /** HTTP status; null when no answer came. */
  readonly status?: number | null;
  /** Overrides what the table says, for network errors whose request never left. */
  readonly outcomeUnknown?: boolean;
  readonly cause?: unknown;
}

/**
 * An answer that is not 200, or no answer, from DynamoDB or a server that speaks its API.
 *
 * The message names the code, never an item's value: what the service says is cut where it would repeat one.
 */
export class DynamoDbError extends Error {
  /** AWS's name without prefix, or CONNECTION_REFUSED, CONNECTION_RESET, TIMEOUT, TLS_FAILED, CORRUPT_ANSWER. */
  readonly code: string;
  readonly status: number | null;
  readonly kind: ErrorKind;
  /** The write may have been executed, or may still be executed later (rule C7). */
  readonly outcomeUnknown: boolean;

  constructor(code: string, message: string, detail: DynamoDbErrorDetail = {}) {
    super(`${code}: ${withoutValues(message)}`, detail.cause === undefined ? {} : { cause: detail.cause });
    this.name = 'DynamoDbError';
    this.code = code;
    this.status = detail.status ?? null;
    this.kind = classify(code, this.status);
    this.outcomeUnknown = detail.outcomeUnknown ?? outcomeUnknownOf(code, this.status);
  }

  /** May the same request be sent again, after a pause? */
  get retryable(): boolean {
    return this.kind === 'throttle' || this.kind === 'transient';
  }
}

/** Turns an answer that is not 200 into an error; `body` is JSON, or a proxy's page. */
export function fromAnswer(status: number, body: Buffer): DynamoDbError {
  const parsed = parseObject(body);
  const type = text(parsed['__type']) ?? text(parsed['code']);
  const code = type === null ? `HTTP_${status}` : withoutPrefix(type);
  const message = text(parsed['message']) ?? text(parsed['Message']) ?? `the server answered HTTP ${status}`;
  return new DynamoDbError(code, message, { status });
}

/**
 * Turns a failure below HTTP into an error.
 *
 * @param sent whether a byte of the request may have left: if not, the outcome is known (nothing happened)
 */
export function fromNetwork(error: unknown, sent: boolean): DynamoDbError {
  const systemCode = systemCodeOf(error);
  const code = networkCode(systemCode);
  const message = error instanceof Error ? error.message : 'the connection failed';
  // Neither can happen once a request is under way.
  const never = code === 'CONNECTION_REFUSED' || code === 'TLS_FAILED';
  return new DynamoDbError(code, message || systemCode, { outcomeUnknown: sent && !never, cause: error });
}

/** Turns what the AWS SDK threw into an error; a DynamoDbError stays as it is. */
export function fromSdk(error: unknown): DynamoDbError {
  if (error instanceof DynamoDbError) return error;
  if (!(error instanceof Error)) return new DynamoDbError('UnknownError', String(error));
  const status = statusOf(error);
  if (status !== null && error.name !== 'Error') {
    return new DynamoDbError(withoutPrefix(error.name), error.message, { status, cause: error });
  }
  if (systemCodeOf(error) !== '' || error.name === 'TimeoutError') return fromNetwork(error, true);
  return new DynamoDbError(withoutPrefix(error.name), error.message, { status, cause: error });
}

// Node's codes (errno) and undici's; an SDK TimeoutError carries none or ETIMEDOUT.
const REFUSED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);
const TIMED_OUT = new Set(['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'TimeoutError']);
const TLS = /^(ERR_TLS|ERR_SSL|EPROTO|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(GET|VERIFY))/;

function networkCode(systemCode: string): string {
  if (TLS.test(systemCode)) return 'TLS_FAILED';
  if (REFUSED.has(systemCode)) return 'CONNECTION_REFUSED';
  return TIMED_OUT.has(systemCode) ? 'TIMEOUT' : 'CONNECTION_RESET';
}

/** The system code of an error or of what it wraps; '' if there is none. Happy Eyeballs wraps several in one. */
function systemCodeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return systemCodeOf(error.errors[0]);
  return error.name === 'TimeoutError' ? 'TimeoutError' : systemCodeOf(error.cause);
}

function statusOf(error: Error): number | null {
  if (!('$metadata' in error)) return null;
  const metadata: unknown = error.$metadata;
  if (typeof metadata !== 'object' || metadata === null || !('httpStatusCode' in metadata)) return null;
  return typeof metadata.httpStatusCode === 'number' ? metadata.httpStatusCode : null;
}

// `com.amazonaws.dynamodb.v20120810#ResourceNotFoundException`, and in REST style `Name:http://…`.
function withoutPrefix(type: string): string {
  return type.slice(type.lastIndexOf('#') + 1).split(':')[0] ?? type;
}

// DynamoDB: "The parameter cannot be converted to a numeric value: x"; Alternator repeats malformed values the same way.
function withoutValues(message: string): string {
  return message.replace(/((?:numeric value|value object[^:]*|base64[^:]*|malformed[^:]*): ).*$/is, '$1…');
}

function parseObject(body: Buffer): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body.toString());
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch {
    return {};
  }
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
