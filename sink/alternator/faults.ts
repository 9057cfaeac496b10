import { ConnectError, type ErrorCode } from '../../connectors/errors.ts';
import { DynamoDbError } from '../../dynamodb/errors.ts';
import { CodecError } from '../../schemas/faults.ts';

/** What the failure of a write says of its items. */
export type Verdict =
  /** Not executed; send again, slower. */
  | 'throttled'
  /** Not executed; send again, perhaps elsewhere. */
  | 'not-executed'
  /** Executed, or not, or later: rule C7's wait applies. */
  | 'unknown'
  /** One item, or some, will never be accepted. Nothing was executed. */
  | 'refused'
  /** So is the size of one item, or of the request. */
  | 'too-large'
  /** The target as a whole is broken. */
  | 'broken';

/**
 * Judges a failed write.
 *
 * Alternator answers every failure on its write path with 500, also those that it executes later (ScyllaDB
 * `alternator/executor.cc`); errors with status 400 are found before anything is written.
 */
export function verdictOf(error: unknown): Verdict {
  // Found while the request was built.
  if (error instanceof CodecError) return 'refused';
  if (!(error instanceof DynamoDbError)) return 'broken';
  if (error.outcomeUnknown) return 'unknown';
  switch (error.kind) {
    case 'throttle':
      return 'throttled';
    case 'transient':
      return 'not-executed';
    case 'validation':
      return 'refused';
    case 'too-large':
      return 'too-large';
    default:
      return 'broken';
  }
}

const CODE_OF_KIND: Partial<Record<DynamoDbError['kind'], ErrorCode>> = {
  throttle: 'TARGET_THROTTLED',
  transient: 'TARGET_UNREACHABLE',
  'not-found': 'TARGET_TABLE_MISSING',
  auth: 'TARGET_ACCESS_DENIED',
};

/**
 * A failure of the target as one of the runtime's errors. A ConnectError stays as it is, and so does what is no error
 * of the target: an abort's reason, a defect.
 *
 * @param table the target table, for the detail
 */
export function targetError(error: unknown, table: string): unknown {
  if (!(error instanceof DynamoDbError)) return error;
  const code = CODE_OF_KIND[error.kind] ?? 'TARGET_REFUSED';
  return new ConnectError(code, `Target table "${table}": ${error.message}`, {
    cause: error,
    detail: { table },
  });
}

/** Runs a step against the target; what it throws becomes a {@link targetError}. */
export async function atTarget<T>(table: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw targetError(error, table);
  }
}
