import { ConnectError, type ErrorCode, type ErrorDetail } from '../connectors/errors.ts';
import type { ErrorKind } from '../dynamodb/error-table.ts';
import { type DynamoDbError, fromSdk } from '../dynamodb/errors.ts';
import type { CodecCode, CodecError } from '../schemas/faults.ts';

/** What each fault of a value is called in the table of errors. */
const RECORD_CODES: Readonly<Record<CodecCode, ErrorCode>> = {
  NOT_JSON: 'RECORD_NOT_JSON',
  NOT_ION: 'RECORD_NOT_ION',
  ION_UNREADABLE: 'EXPORT_ION_UNREADABLE',
  ITEM_MISSING: 'RECORD_ITEM_MISSING',
  UNKNOWN_TYPE: 'RECORD_TYPE_UNKNOWN',
  NUMBER_INVALID: 'RECORD_NUMBER',
  NUMBER_PRECISION: 'RECORD_NUMBER',
  NUMBER_RANGE: 'RECORD_NUMBER',
  BASE64_INVALID: 'RECORD_BINARY',
  UTF8_INVALID: 'RECORD_TEXT',
  NESTING_TOO_DEEP: 'RECORD_NESTING',
  DUPLICATE_NAME: 'RECORD_DUPLICATE_NAME',
  SET_INVALID: 'RECORD_SET',
  KEY_MISSING: 'RECORD_KEY',
  KEY_TYPE: 'RECORD_KEY',
  KEY_EMPTY: 'RECORD_KEY',
  KEY_OTHER: 'RECORD_KEY',
  SCHEMA_UNKNOWN: 'RECORD_UNDECODABLE',
  AVRO_INVALID: 'RECORD_UNDECODABLE',
};

/**
 * A record that cannot be decoded, with where it stands.
 *
 * @param place for people, as the message begins: `data/a.json.gz, line 7`
 * @param detail the same in parts; names only, never a value
 */
export function recordFault(error: CodecError, place: string, detail: ErrorDetail): ConnectError {
  return new ConnectError(RECORD_CODES[error.code], `${place}: ${error.message}`, { cause: error, detail });
}

const SOURCE_CODES: Readonly<Record<ErrorKind, ErrorCode>> = {
  throttle: 'SOURCE_THROTTLED',
  transient: 'SOURCE_UNREACHABLE',
  'not-found': 'SOURCE_TABLE_MISSING',
  auth: 'SOURCE_ACCESS_DENIED',
  validation: 'SOURCE_REFUSED',
  'too-large': 'SOURCE_REFUSED',
  conditional: 'SOURCE_REFUSED',
  'expired-iterator': 'SOURCE_REFUSED',
  // Who reads a stream judges this before (rule C5); anywhere else it means the same.
  trimmed: 'SOURCE_DATA_GAP',
  other: 'SOURCE_REFUSED',
};

/**
 * Thrown by the SDK's providers before anything is sent: who gives temporary credentials (a role's metadata service, STS) may be away
 * for a while, like every service, in the middle of a migration.
 */
export const CREDENTIALS_NOT_GIVEN: ReadonlySet<string> = new Set([
  'CredentialsProviderError',
  'TokenProviderError',
]);

/**
 * A failed call to the source's DynamoDB API.
 *
 * An abort is no failure: whoever catches asks the signal first.
 *
 * @param action what was being done, as the message begins: `describing table "Music"`
 */
export function sourceFault(error: unknown, action: string, detail: ErrorDetail = {}): ConnectError {
  if (error instanceof ConnectError) return error;
  const fault: DynamoDbError = fromSdk(error);
  const code = CREDENTIALS_NOT_GIVEN.has(fault.code) ? 'SOURCE_CREDENTIALS' : SOURCE_CODES[fault.kind];
  return new ConnectError(code, `${action}: ${fault.message}`, { cause: error, detail });
}
