import { KafkaError } from '../errors.ts';

/** What SASL/OAUTHBEARER needs of a client. */
export interface BearerLogin {
  /** Asked at every connection; keeps and renews the token itself. */
  readonly oauthBearerProvider: () => Promise<{ readonly value: string }>;
  /** Told when a broker took a token. */
  readonly tokenTaken?: (token: string) => void;
  /** Told when a broker did not take a token. True: another one may be taken, because this one was before. */
  readonly tokenRefused?: (token: string) => boolean;
}

/** What kafkajs gives to an authentication provider. Bytes on both sides begin with their length (int32). */
export interface SaslTools {
  readonly host: string;
  readonly port: number;
  readonly saslAuthenticate: (exchange: {
    readonly request: { readonly encode: () => Promise<Buffer> };
    readonly response: {
      readonly decode: (bytes: Buffer) => Promise<string>;
      readonly parse: (text: string) => Promise<string>;
    };
  }) => Promise<string>;
}

const SEPARATOR = '\u0001';

/**
 * Logs in with a bearer token (RFC 7628).
 *
 * In place of kafkajs's own, which takes a refusal for a success: a broker refuses a token with an *answer* that says
 * why, waits for one more byte, and only then with an error (RFC 7628 §3.2.3; Kafka: OAuthBearerSaslServer).
 */
export const oauthBearer =
  (login: BearerLogin) =>
  ({ host, port, saslAuthenticate }: SaslTools) => ({
    authenticate: async (): Promise<void> => {
      const { value } = await login.oauthBearerProvider();
      const exchange = (text: string) =>
        saslAuthenticate({
          request: { encode: () => Promise.resolve(withLength(text)) },
          response: { decode: withoutLength, parse: (answer) => Promise.resolve(answer) },
        });
      const refused = (why: string, cause?: unknown) => {
        const code = login.tokenRefused?.(value) === true ? 'TOKEN_OUTDATED' : 'AUTHENTICATION_FAILED';
        return new KafkaError(code, `${host}:${port} refuses the token${why}`, { cause });
      };
      let answer: string;
      try {
        answer = await exchange(`n,,${SEPARATOR}auth=Bearer ${value}${SEPARATOR}${SEPARATOR}`);
      } catch (error) {
        if (isRefusal(error)) throw refused(`: ${error.message}`, error);
        throw error;
      }
      if (answer === '') {
        login.tokenTaken?.(value);
        return;
      }
      // Lets the broker end the exchange with its own log line; what it says now is known already.
      await exchange(SEPARATOR).catch(() => {});
      throw refused(reasonOf(answer));
    },
  });

function withLength(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

const withoutLength = (bytes: Buffer) => Promise.resolve(bytes.toString('utf8', 4));

/** kafkajs's error for code 58, SASL_AUTHENTICATION_FAILED, with the broker's message. */
const isRefusal = (error: unknown): error is Error =>
  error instanceof Error && 'type' in error && error.type === 'SASL_AUTHENTICATION_FAILED';

/** The `status` of the refusal, such as `invalid_token` or `insufficient_scope`, and the scope that is wanted. */
function reasonOf(answer: string): string {
  const parts = ['status', 'scope'].flatMap((name) => {
    const found = new RegExp(`"${name}"\\s*:\\s*"([\\w .:/-]{1,100})"`).exec(answer)?.[1];
    return found === undefined ? [] : [name === 'scope' ? `scope ${found} is wanted` : found];
  });
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`;
}
