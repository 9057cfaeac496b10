import type { JsonObject } from './json.ts';

/** What a server says to a call. */
export interface Answer {
  readonly status: number;
  readonly body: JsonObject;
}

/** Alternator's form of an error (scylladb alternator/error.hh). */
export function errorAnswer(status: number, type: string, message: string): Answer {
  return { status, body: { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message } };
}

export function validation(message: string): Answer {
  return errorAnswer(400, 'ValidationException', message);
}

/** Any failure of a write ends so, also where it was applied. */
export const internalServerError = errorAnswer(
  500,
  'InternalServerError',
  'Internal server error: exceptions::mutation_write_timeout_exception (Operation timed out - received only 1 responses from 2 CL=LOCAL_QUORUM.)',
);

export const requestLimitExceeded = errorAnswer(
  400,
  'RequestLimitExceeded',
  'too many in-flight requests (configured via max_concurrent_requests_per_shard): 1000',
);

/** DynamoDB's throttling, which Alternator never answers. */
export const throughputExceeded = errorAnswer(
  400,
  'ProvisionedThroughputExceededException',
  'The level of configured provisioned throughput for the table was exceeded.',
);
