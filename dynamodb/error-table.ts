/** What can be done about an error of the DynamoDB API. */
export type ErrorKind =
  /** Too fast: the same request again, later and slower. */
  | 'throttle'
  /** The same request again, after a pause. */
  | 'transient'
  /** This item or request will never be accepted. */
  | 'validation'
  /** The request is too large: split it; one item alone will never be accepted. */
  | 'too-large'
  | 'not-found'
  /** Credentials or permissions: for somebody to mend, never the item's fault. */
  | 'auth'
  | 'conditional'
  /** A stream iterator older than 15 minutes: renew it. */
  | 'expired-iterator'
  /** The stream no longer has what was asked for (rule C5). */
  | 'trimmed'
  | 'other';

/**
 * Every code we know, by kind; the one place where errors are judged.
 *
 * Sources: Amazon DynamoDB Developer Guide, "Error handling with DynamoDB"; API reference of both services, "Common
 * Errors"; the retry classification of the AWS SDK for JavaScript (smithy `service-error-classification`); ScyllaDB
 * `alternator/error.hh` and `alternator/server.cc`.
 */
const CODES: Readonly<Record<ErrorKind, readonly string[]>> = {
  throttle: [
    'ProvisionedThroughputExceededException',
    'ThrottlingException',
    'ThrottledException',
    'Throttling',
    // Alternator: max_concurrent_requests_per_shard; DynamoDB: the account's limit.
    'RequestLimitExceeded',
    // Streams: DescribeStream more than 10/s; tables: too many created at once.
    'LimitExceededException',
    'RequestThrottled',
    'RequestThrottledException',
    'TooManyRequestsException',
    'BandwidthLimitExceeded',
    'SlowDown',
  ],
  transient: [
    // Alternator answers any failure of a write with it: timeout, unavailable, overloaded, rate limit.
    'InternalServerError',
    'InternalFailure',
    'InternalServerException',
    'ServiceUnavailable',
    'ServiceUnavailableException',
    'RequestTimeout',
    'RequestTimeoutException',
    'TransactionConflictException',
    'TransactionInProgressException',
    'ReplicatedWriteConflictException',
    'CONNECTION_REFUSED',
    'CONNECTION_RESET',
    'TIMEOUT',
    // The answer's CRC-32 does not fit, or it is no JSON: its content is unknown.
    'CORRUPT_ANSWER',
  ],
  validation: ['ValidationException', 'SerializationException', 'ItemCollectionSizeLimitExceededException'],
  'too-large': ['PayloadTooLarge', 'RequestEntityTooLarge', 'HTTP_413'],
  'not-found': ['ResourceNotFoundException', 'TableNotFoundException'],
  auth: [
    'AccessDeniedException',
    'AccessDenied',
    'UnrecognizedClientException',
    'InvalidClientTokenId',
    'InvalidSignatureException',
    'SignatureDoesNotMatch',
    'IncompleteSignatureException',
    'IncompleteSignature',
    'MissingAuthenticationTokenException',
    'MissingAuthenticationToken',
    'ExpiredTokenException',
    'ExpiredToken',
    'OptInRequired',
    'NotAuthorized',
    // Thrown by the SDK's providers, before anything is sent.
    'CredentialsProviderError',
    'TokenProviderError',
  ],
  conditional: ['ConditionalCheckFailedException'],
  'expired-iterator': ['ExpiredIteratorException'],
  trimmed: ['TrimmedDataAccessException'],
  other: ['ResourceInUseException', 'UnknownOperationException', 'TLS_FAILED'],
};

const KIND_OF = new Map<string, ErrorKind>();
for (const [kind, codes] of Object.entries(CODES)) {
  for (const code of codes) KIND_OF.set(code, kind as ErrorKind);
}

// A status without a known code: proxies and load balancers answer so.
const KIND_OF_STATUS: ReadonlyMap<number, ErrorKind> = new Map<number, ErrorKind>([
  [401, 'auth'],
  [403, 'auth'],
  [408, 'transient'],
  [413, 'too-large'],
  [429, 'throttle'],
  [500, 'transient'],
  [502, 'transient'],
  [503, 'transient'],
  [504, 'transient'],
]);

export function classify(code: string, status: number | null): ErrorKind {
  return KIND_OF.get(code) ?? (status === null ? undefined : KIND_OF_STATUS.get(status)) ?? 'other';
}

const UNKNOWN_OUTCOME = new Set(['CONNECTION_RESET', 'TIMEOUT', 'CORRUPT_ANSWER']);

/**
 * Whether a write with this answer may have been, or may still be, executed.
 *
 * After a 5xx the server may go on: Alternator for up to `alternator_timeout_in_ms`, 10 s (ScyllaDB db/config.cc).
 */
export function outcomeUnknownOf(code: string, status: number | null): boolean {
  return UNKNOWN_OUTCOME.has(code) || status === 408 || (status !== null && status >= 500);
}
