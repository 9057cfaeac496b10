import { KafkaError } from '../errors.ts';

/** A client of an OAuth 2.0 server, and where the server gives tokens. */
export interface TokenGrant {
  readonly tokenEndpoint: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string;
}

export interface GrantedToken {
  readonly token: string;
  /** `expires_in`; null: the server does not say. */
  readonly lifetimeMs: number | null;
}

const TIMEOUT_MS = 5000;

/** What a bearer token may consist of (RFC 6750 §2.1); a control character would end SASL's message early. */
const BEARER = /^[\w.~+/-]+=*$/;
/** What an error code of a token endpoint consists of (RFC 6749 §5.2). Its description is never shown. */
const ERROR_CODE = /^[\w.-]{1,64}$/;
/** Answers that may be another one a moment later. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429]);

/** Why a URL is no place to send a secret to, as the end of a sentence; null: it is one. */
export function tokenEndpointProblem(url: string): string | null {
  if (!URL.canParse(url)) return 'is not a URL';
  const { protocol, hostname, username, password, hash } = new URL(url);
  if (username !== '' || password !== '') return 'holds a user name or a password';
  if (hash !== '') return 'holds a fragment (#…)';
  const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  if (protocol === 'https:' || (protocol === 'http:' && isLoopback)) return null;
  return 'would be told the client secret in clear: it must be https, or http on the loopback';
}

/**
 * Asks for a token with the client's own credentials (RFC 6749 §4.4), shown in the Authorization header (§2.3.1).
 *
 * @throws KafkaError AUTHENTICATION_FAILED when the endpoint refuses the client or gives no token,
 * TOKEN_ENDPOINT_UNREACHABLE, which is retried, when it does not answer within 5 s or not now
 */
export async function requestToken(grant: TokenGrant): Promise<GrantedToken> {
  const place = placeOf(grant.tokenEndpoint);
  let response: Response;
  let text: string;
  try {
    response = await fetch(grant.tokenEndpoint, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${formEncoded(grant.clientId)}:${formEncoded(grant.clientSecret)}`).toString('base64')}`,
        accept: 'application/json',
      },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        ...(grant.scope === undefined ? {} : { scope: grant.scope }),
      }),
      // The secret goes where the configuration says, and nowhere else.
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    text = await response.text();
  } catch (error) {
    throw new KafkaError('TOKEN_ENDPOINT_UNREACHABLE', `${place}: ${reasonOf(error)}`, { cause: error });
  }
  const answer = jsonObject(text);
  if (!response.ok) throw refusal(place, response.status, answer['error']);
  const token = answer['access_token'];
  if (typeof token !== 'string' || !BEARER.test(token)) {
    throw new KafkaError('AUTHENTICATION_FAILED', `the token endpoint ${place} gave no bearer token`);
  }
  return { token, lifetimeMs: lifetimeOf(answer['expires_in']) };
}

function refusal(place: string, status: number, error: unknown): KafkaError {
  if (status >= 500 || PASSING.has(status)) {
    return new KafkaError('TOKEN_ENDPOINT_UNREACHABLE', `${place} answered HTTP ${status}`);
  }
  if (status < 400) {
    const text = `the token endpoint ${place} sends elsewhere (HTTP ${status}): name the place itself`;
    return new KafkaError('AUTHENTICATION_FAILED', text);
  }
  const code = typeof error === 'string' && ERROR_CODE.test(error) ? `, ${error}` : '';
  return new KafkaError(
    'AUTHENTICATION_FAILED',
    `the token endpoint ${place} refuses the client id, its secret or the scope (HTTP ${status}${code})`,
  );
}

/** Without the query, which may hold what nobody should see. */
function placeOf(tokenEndpoint: string): string {
  const { origin, pathname } = new URL(tokenEndpoint);
  return `${origin}${pathname}`;
}

/** What `fetch` hides: its own message is "fetch failed", the cause tells the system's or the certificate's. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS} ms`;
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return cause.message !== '' ? cause.message : String('code' in cause ? cause.code : cause.name);
}

function jsonObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** Seconds by the standard; some servers write them as text. */
function lifetimeOf(expiresIn: unknown): number | null {
  const seconds = typeof expiresIn === 'string' ? Number.parseFloat(expiresIn) : expiresIn;
  return typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : null;
}

/** application/x-www-form-urlencoded, which RFC 6749 §2.3.1 wants of both before they are joined. */
const formEncoded = (text: string) => new URLSearchParams([['', text]]).toString().slice(1);
