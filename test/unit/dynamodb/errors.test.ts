import { describe, expect, test } from 'vitest';
import type { ErrorKind } from '../../../dynamodb/error-table.ts';
import { DynamoDbError, fromAnswer, fromNetwork, fromSdk } from '../../../dynamodb/errors.ts';

function answer(status: number, code: string, message = 'x'): DynamoDbError {
  const body = { __type: `com.amazonaws.dynamodb.v20120810#${code}`, message };
  return fromAnswer(status, Buffer.from(JSON.stringify(body)));
}

const ROWS: readonly (readonly [number, string, ErrorKind, boolean])[] = [
  [400, 'ProvisionedThroughputExceededException', 'throttle', false],
  [400, 'ThrottlingException', 'throttle', false],
  [400, 'RequestLimitExceeded', 'throttle', false],
  [400, 'LimitExceededException', 'throttle', false],
  [500, 'InternalServerError', 'transient', true],
  [500, 'InternalFailure', 'transient', true],
  [503, 'ServiceUnavailable', 'transient', true],
  [400, 'TransactionConflictException', 'transient', false],
  [400, 'ValidationException', 'validation', false],
  [400, 'SerializationException', 'validation', false],
  [413, 'PayloadTooLarge', 'too-large', false],
  [400, 'ResourceNotFoundException', 'not-found', false],
  [400, 'AccessDeniedException', 'auth', false],
  [400, 'ExpiredTokenException', 'auth', false],
  [400, 'UnrecognizedClientException', 'auth', false],
  [400, 'ConditionalCheckFailedException', 'conditional', false],
  [400, 'ExpiredIteratorException', 'expired-iterator', false],
  [400, 'TrimmedDataAccessException', 'trimmed', false],
  [400, 'ResourceInUseException', 'other', false],
  [400, 'UnknownOperationException', 'other', false],
  [400, 'SomethingNew', 'other', false],
  [500, 'SomethingNew', 'transient', true],
];

describe('an answer', () => {
  test.each(ROWS)('%i %s is %s, outcome unknown: %s', (status, code, kind, outcomeUnknown) => {
    expect(answer(status, code)).toMatchObject({ code, status, kind, outcomeUnknown });
  });

  test.each([
    [403, 'auth', false],
    [408, 'transient', true],
    [413, 'too-large', false],
    [429, 'throttle', false],
    [502, 'transient', true],
    [504, 'transient', true],
    [404, 'other', false],
  ] as const)('%i with a proxy’s page is %s', (status, kind, outcomeUnknown) => {
    const error = fromAnswer(status, Buffer.from('<html>'));
    expect(error).toMatchObject({ code: `HTTP_${status}`, kind, outcomeUnknown });
  });

  test('names its type with or without a prefix', () => {
    expect(fromAnswer(400, Buffer.from('{"__type":"ValidationException","Message":"m"}'))).toMatchObject({
      code: 'ValidationException',
      message: 'ValidationException: m',
    });
    expect(fromAnswer(400, Buffer.from('{"code":"Name:http://x/"}')).code).toBe('Name');
    expect(fromAnswer(400, Buffer.from('null')).code).toBe('HTTP_400');
  });

  test('keeps values of items out of its message', () => {
    const message = 'The parameter cannot be converted to a numeric value: s3cret\nlines';
    expect(answer(400, 'ValidationException', message).message).toBe(
      'ValidationException: The parameter cannot be converted to a numeric value: …',
    );
  });
});

function systemError(code: string): Error {
  return Object.assign(new Error(`connect ${code}`), { code });
}

describe('a broken connection', () => {
  test.each([
    ['ECONNREFUSED', false, 'CONNECTION_REFUSED', 'transient', false],
    ['ENOTFOUND', false, 'CONNECTION_REFUSED', 'transient', false],
    ['UND_ERR_CONNECT_TIMEOUT', false, 'TIMEOUT', 'transient', false],
    ['ECONNRESET', false, 'CONNECTION_RESET', 'transient', false],
    ['ECONNRESET', true, 'CONNECTION_RESET', 'transient', true],
    ['UND_ERR_SOCKET', true, 'CONNECTION_RESET', 'transient', true],
    ['SELF_SIGNED_CERT_IN_CHAIN', false, 'TLS_FAILED', 'other', false],
    ['ERR_TLS_CERT_ALTNAME_INVALID', false, 'TLS_FAILED', 'other', false],
  ] as const)('with %s, sent: %s, is %s', (systemCode, sent, code, kind, outcomeUnknown) => {
    expect(fromNetwork(systemError(systemCode), sent)).toMatchObject({ code, kind, outcomeUnknown });
  });

  test('to all addresses of a name is told by the first', () => {
    const error = new AggregateError([systemError('ECONNREFUSED'), systemError('ECONNREFUSED')]);
    expect(fromNetwork(error, false).code).toBe('CONNECTION_REFUSED');
  });

  test('keeps its cause', () => {
    const cause = systemError('ECONNRESET');
    expect(fromNetwork(cause, true).cause).toBe(cause);
  });
});

describe('an exception of the SDK', () => {
  test('is classified by its name and status', () => {
    const exception = Object.assign(new Error('m'), {
      name: 'ResourceNotFoundException',
      $metadata: { httpStatusCode: 400 },
    });
    expect(fromSdk(exception)).toMatchObject({
      code: 'ResourceNotFoundException',
      status: 400,
      kind: 'not-found',
    });
  });

  test('of a connection is classified by its system code', () => {
    expect(fromSdk(Object.assign(systemError('ECONNREFUSED'), { $metadata: { attempts: 3 } }))).toMatchObject(
      {
        code: 'CONNECTION_REFUSED',
        outcomeUnknown: false,
      },
    );
    const timeout = Object.assign(new Error('timed out'), { name: 'TimeoutError' });
    expect(fromSdk(timeout)).toMatchObject({ code: 'TIMEOUT', outcomeUnknown: true });
  });

  test('about credentials is an auth error', () => {
    const exception = Object.assign(new Error('none found'), { name: 'CredentialsProviderError' });
    expect(fromSdk(exception)).toMatchObject({ kind: 'auth', outcomeUnknown: false });
  });

  test('that is ours already stays as it is', () => {
    const error = new DynamoDbError('TIMEOUT', 'm');
    expect(fromSdk(error)).toBe(error);
  });
});
