/** Names of the protocol's error codes (Kafka protocol guide, "Error Codes"). Others appear as `ERROR_<code>`. */
const NAMES: Readonly<Record<number, string>> = {
  [-1]: 'UNKNOWN_SERVER_ERROR',
  1: 'OFFSET_OUT_OF_RANGE',
  2: 'CORRUPT_MESSAGE',
  3: 'UNKNOWN_TOPIC_OR_PARTITION',
  5: 'LEADER_NOT_AVAILABLE',
  6: 'NOT_LEADER_OR_FOLLOWER',
  7: 'REQUEST_TIMED_OUT',
  8: 'BROKER_NOT_AVAILABLE',
  9: 'REPLICA_NOT_AVAILABLE',
  10: 'MESSAGE_TOO_LARGE',
  12: 'OFFSET_METADATA_TOO_LARGE',
  13: 'NETWORK_EXCEPTION',
  14: 'COORDINATOR_LOAD_IN_PROGRESS',
  15: 'COORDINATOR_NOT_AVAILABLE',
  16: 'NOT_COORDINATOR',
  17: 'INVALID_TOPIC_EXCEPTION',
  18: 'RECORD_LIST_TOO_LARGE',
  19: 'NOT_ENOUGH_REPLICAS',
  20: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  21: 'INVALID_REQUIRED_ACKS',
  22: 'ILLEGAL_GENERATION',
  23: 'INCONSISTENT_GROUP_PROTOCOL',
  24: 'INVALID_GROUP_ID',
  25: 'UNKNOWN_MEMBER_ID',
  26: 'INVALID_SESSION_TIMEOUT',
  27: 'REBALANCE_IN_PROGRESS',
  29: 'TOPIC_AUTHORIZATION_FAILED',
  30: 'GROUP_AUTHORIZATION_FAILED',
  31: 'CLUSTER_AUTHORIZATION_FAILED',
  32: 'INVALID_TIMESTAMP',
  33: 'UNSUPPORTED_SASL_MECHANISM',
  34: 'ILLEGAL_SASL_STATE',
  35: 'UNSUPPORTED_VERSION',
  36: 'TOPIC_ALREADY_EXISTS',
  37: 'INVALID_PARTITIONS',
  38: 'INVALID_REPLICATION_FACTOR',
  40: 'INVALID_CONFIG',
  41: 'NOT_CONTROLLER',
  42: 'INVALID_REQUEST',
  43: 'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  44: 'POLICY_VIOLATION',
  45: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
  46: 'DUPLICATE_SEQUENCE_NUMBER',
  47: 'INVALID_PRODUCER_EPOCH',
  48: 'INVALID_TXN_STATE',
  49: 'INVALID_PRODUCER_ID_MAPPING',
  50: 'INVALID_TRANSACTION_TIMEOUT',
  51: 'CONCURRENT_TRANSACTIONS',
  52: 'TRANSACTION_COORDINATOR_FENCED',
  53: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  55: 'OPERATION_NOT_ATTEMPTED',
  56: 'KAFKA_STORAGE_ERROR',
  58: 'SASL_AUTHENTICATION_FAILED',
  59: 'UNKNOWN_PRODUCER_ID',
  60: 'REASSIGNMENT_IN_PROGRESS',
  65: 'DELEGATION_TOKEN_EXPIRED',
  68: 'NON_EMPTY_GROUP',
  69: 'GROUP_ID_NOT_FOUND',
  70: 'FETCH_SESSION_ID_NOT_FOUND',
  72: 'LISTENER_NOT_FOUND',
  73: 'TOPIC_DELETION_DISABLED',
  74: 'FENCED_LEADER_EPOCH',
  75: 'UNKNOWN_LEADER_EPOCH',
  76: 'UNSUPPORTED_COMPRESSION_TYPE',
  78: 'OFFSET_NOT_AVAILABLE',
  79: 'MEMBER_ID_REQUIRED',
  81: 'GROUP_MAX_SIZE_REACHED',
  82: 'FENCED_INSTANCE_ID',
  87: 'INVALID_RECORD',
  88: 'UNSTABLE_OFFSET_COMMIT',
  89: 'THROTTLING_QUOTA_EXCEEDED',
  90: 'PRODUCER_FENCED',
  100: 'UNKNOWN_TOPIC_ID',
  120: 'TRANSACTION_ABORTABLE',
};

/** Errors that go away by asking again, perhaps another broker after new metadata. */
const RETRIABLE: ReadonlySet<string> = new Set([
  'BROKER_UNREACHABLE',
  'CONNECTION_LOST',
  'CORRUPT_MESSAGE',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'REQUEST_TIMED_OUT',
  'BROKER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'NOT_CONTROLLER',
  'CONCURRENT_TRANSACTIONS',
  'TRANSACTION_COORDINATOR_FENCED',
  'KAFKA_STORAGE_ERROR',
  'REASSIGNMENT_IN_PROGRESS',
  'LISTENER_NOT_FOUND',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'OFFSET_NOT_AVAILABLE',
  'UNSTABLE_OFFSET_COMMIT',
  'THROTTLING_QUOTA_EXCEEDED',
  'UNKNOWN_TOPIC_ID',
  'TOKEN_ENDPOINT_UNREACHABLE',
  'TOKEN_OUTDATED',
  'CREDENTIALS_UNAVAILABLE',
]);

/** Errors that say: somebody newer owns this now. Final for whoever gets one. */
const FENCED: ReadonlySet<string> = new Set([
  'FENCED',
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_ID_MAPPING',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'FENCED_INSTANCE_ID',
  'REBALANCE_IN_PROGRESS',
]);

/**
 * Whatever goes wrong with Kafka, classified once.
 *
 * `code` is the protocol's error name, or one of ours: BROKER_UNREACHABLE (no connection to be had), CONNECTION_LOST (a
 * request's outcome is unknown), REQUEST_TIMED_OUT, AUTHENTICATION_FAILED, TOKEN_ENDPOINT_UNREACHABLE (no token to log in
 * with, for now), TOKEN_OUTDATED (refused now, taken before), CREDENTIALS_UNAVAILABLE (no AWS keys, for now), FENCED,
 * PRODUCER_FAILED, CLIENT_CLOSED.
 */
export class KafkaError extends Error {
  override readonly name = 'KafkaError';
  readonly code: string;
  /** True when the same request may succeed later. */
  readonly retriable: boolean;
  /** True when a newer owner exists: stop, never retry (Rule C3). */
  readonly fenced: boolean;

  constructor(code: string, message: string, options: { cause?: unknown } = {}) {
    super(`${code}: ${message}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retriable = RETRIABLE.has(code);
    this.fenced = FENCED.has(code);
  }
}

/** The error for a protocol error code, with what was being done, or null for 0 (no error). */
export function protocolError(errorCode: number, doing: string): KafkaError | null {
  if (errorCode === 0) return null;
  return new KafkaError(NAMES[errorCode] ?? `ERROR_${errorCode}`, doing);
}

/** Throws what `protocolError` finds. */
export function throwIfFailed(errorCode: number, doing: string): void {
  const error = protocolError(errorCode, doing);
  if (error) throw error;
}

/** How kafkajs words a connection that ends, or does not answer, in the middle of a login. */
const ENDED =
  / failed: (Closed connection|Connection (error|timeout|closed)|Not connected|Request .* timed out)/;

/**
 * Turns whatever a connection attempt threw into a KafkaError: refused, wrong password, TLS, timeout.
 *
 * kafkajs calls every failure of a login one of authentication, also that of a broker which is just stopping; only its
 * words tell them apart.
 */
export function connectionError(error: unknown, address: string): KafkaError {
  if (error instanceof KafkaError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const name = error instanceof Error ? error.name : '';
  const type = error instanceof Error && 'type' in error ? error.type : '';
  const isRefused = name === 'KafkaJSSASLAuthenticationError' && !ENDED.test(text);
  if (isRefused || type === 'UNSUPPORTED_SASL_MECHANISM') {
    return new KafkaError('AUTHENTICATION_FAILED', `${address}: ${text}`, { cause: error });
  }
  return new KafkaError('BROKER_UNREACHABLE', `${address}: ${text}`, { cause: error });
}

/** A KafkaError as it is; anything else wrapped as UNEXPECTED, neither retriable nor fenced. */
export function asKafkaError(error: unknown): KafkaError {
  if (error instanceof KafkaError) return error;
  return new KafkaError('UNEXPECTED', error instanceof Error ? error.message : String(error), {
    cause: error,
  });
}
