import { describe, expect, test } from 'vitest';
import { connectionError } from '../../../connectors/kafka/errors.ts';
import { oauthBearer, type SaslTools } from '../../../connectors/kafka/sasl/oauth-bearer.ts';

/** Logs in at a broker that answers with these texts, one after the other; an error is one of kafkajs. */
async function logIn(answers: (string | Error)[], takenBefore = false) {
  const sent: string[] = [];
  const taken: string[] = [];
  const refused: string[] = [];
  const saslAuthenticate: SaslTools['saslAuthenticate'] = async ({ request, response }) => {
    const bytes = await request.encode();
    expect(bytes.readInt32BE(0)).toBe(bytes.length - 4);
    sent.push(bytes.toString('utf8', 4));
    const answer = answers.shift() ?? '';
    if (answer instanceof Error) throw answer;
    return response.parse(await response.decode(Buffer.from(`\0\0\0\0${answer}`)));
  };
  const login = {
    oauthBearerProvider: () => Promise.resolve({ value: 'abc' }),
    tokenTaken: (token: string) => void taken.push(token),
    tokenRefused: (token: string) => {
      refused.push(token);
      return takenBefore;
    },
  };
  const { authenticate } = oauthBearer(login)({ host: 'broker', port: 9098, saslAuthenticate });
  const error: unknown = await authenticate().catch((thrown) => thrown);
  return { error, sent, taken, refused };
}

const protocolError = (type: string, message: string) => Object.assign(new Error(message), { type });

describe('a login with a bearer token', () => {
  test('sends it as RFC 7628 says, and is done when the answer is empty', async () => {
    const { error, sent, taken, refused } = await logIn(['']);
    expect(error).toBeUndefined();
    expect(sent).toEqual(['n,,\u0001auth=Bearer abc\u0001\u0001']);
    expect(taken).toEqual(['abc']);
    expect(refused).toEqual([]);
  });

  test('is refused when the answer is not empty, though it is no error, and lets the broker end it', async () => {
    const { error, sent, refused } = await logIn([
      '{"status":"insufficient_scope","scope":"kafka"}',
      protocolError('SASL_AUTHENTICATION_FAILED', 'late'),
    ]);
    expect(error).toMatchObject({ code: 'AUTHENTICATION_FAILED', retriable: false });
    expect((error as Error).message).toContain(
      'broker:9098 refuses the token: insufficient_scope, scope kafka',
    );
    expect(sent[1]).toBe('\u0001');
    expect(refused).toEqual(['abc']);
  });

  test('is refused when the broker says so at once', async () => {
    const { error, refused } = await logIn([protocolError('SASL_AUTHENTICATION_FAILED', 'Access denied')]);
    expect(error).toMatchObject({
      code: 'AUTHENTICATION_FAILED',
      message: expect.stringContaining('Access denied'),
    });
    expect(refused).toEqual(['abc']);
  });

  test('is worth another try when its token was taken before', async () => {
    const { error } = await logIn(['{"status":"invalid_token"}'], true);
    expect(error).toMatchObject({ code: 'TOKEN_OUTDATED', retriable: true });
  });

  test('that the connection does not outlive is no refusal', async () => {
    const lost = new Error('Closed connection');
    const { error, refused } = await logIn([lost]);
    expect(error).toBe(lost);
    expect(refused).toEqual([]);
  });
});

describe('a login that failed', () => {
  const failed = (why: string) =>
    Object.assign(new Error(`SASL PLAIN authentication failed: ${why}`), {
      name: 'KafkaJSSASLAuthenticationError',
    });

  test.each([
    [failed('Invalid username or password'), 'AUTHENTICATION_FAILED'],
    [failed('Authentication failed: the directory timed out'), 'AUTHENTICATION_FAILED'],
    [protocolError('UNSUPPORTED_SASL_MECHANISM', 'not enabled'), 'AUTHENTICATION_FAILED'],
    [failed('Closed connection'), 'BROKER_UNREACHABLE'],
    [failed('Connection error: read ECONNRESET'), 'BROKER_UNREACHABLE'],
    [failed('Request SaslAuthenticate(key: 36, version: 1) timed out'), 'BROKER_UNREACHABLE'],
  ])('is final when the broker says so, and not when it only went away: %s', (error, code) => {
    expect(connectionError(error, 'broker:9092')).toMatchObject({ code });
  });
});
