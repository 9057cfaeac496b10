import { Pool } from 'undici';
import type { CredentialProvider, Credentials } from './credentials.ts';
import { type DynamoDbError, fromAnswer } from './errors.ts';
import { type RawAnswer, type RoundTripLimits, roundTrip } from './round-trip.ts';
import { serverTimeMsOf } from './server-time.ts';
import { CONTENT_TYPE, Signer } from './sigv4.ts';

/** The `X-Amz-Target` of a call: service, version and operation. */
export type CallTarget = `DynamoDB_20120810.${string}` | `DynamoDBStreams_20120810.${string}`;

/** For the TCP and TLS handshake. */
const CONNECT_TIMEOUT_MS = 3000;

export interface DataClientOptions {
  /** Scheme, host and port. */
  readonly endpoint: string;
  /** What the signature names; stand-ins accept any. */
  readonly region: string;
  /** `none` sends unsigned requests, for Alternator without authorization. */
  readonly credentials: CredentialProvider | 'none';
  /** Most connections, each with one request at a time; default 64. */
  readonly connections?: number;
  /** Default of a call's time from start to last byte; 15 000, above Alternator's own 10 000. */
  readonly timeoutMs?: number;
  /** Certificates (PEM) to trust instead of the system's. */
  readonly ca?: string | undefined;
  /** What signatures are dated with; default the system's clock. */
  readonly nowMs?: () => number;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  /** Called right before the first byte is written, when body and signature are made; what it throws, `call` throws. */
  readonly beforeSend?: (() => void) | undefined;
}

/** An answer with status 200. */
export interface Answer {
  readonly status: number;
  readonly body: Buffer;
  /** The answer's `Date`, ms; read when asked for, and throws where the server sent none. */
  readonly serverTimeMs: number;
}

// Signatures are refused at 5 minutes; below one, a refused signature has another reason.
const SKEW_MIN_MS = 60_000;

/**
 * Sends the calls of the data path, bodies as bytes, over kept connections to one endpoint.
 *
 * An order of magnitude cheaper than the SDK, which stays for the control calls. Retries nothing: whoever calls knows
 * what a retry may do.
 */
export class DataClient implements AsyncDisposable {
  readonly endpoint: string;
  readonly #host: string;
  readonly #pool: Pool;
  readonly #signer: Signer;
  readonly #credentials: CredentialProvider | 'none';
  readonly #timeoutMs: number;
  readonly #nowMs: () => number;
  #clockOffsetMs = 0;

  constructor(options: DataClientOptions) {
    const url = new URL(options.endpoint);
    this.endpoint = url.origin;
    this.#host = url.host;
    this.#signer = new Signer(options.region);
    this.#credentials = options.credentials;
    this.#timeoutMs = options.timeoutMs ?? 15_000;
    this.#nowMs = options.nowMs ?? Date.now;
    this.#pool = new Pool(url.origin, {
      connections: options.connections ?? 64,
      pipelining: 1,
      allowH2: false,
      // One timer of our own covers the whole call.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: 30_000,
      connect: {
        timeout: CONNECT_TIMEOUT_MS,
        ...(options.ca === undefined ? {} : { ca: options.ca }),
      },
    });
  }

  /**
   * Sends one request and waits for its answer.
   *
   * Throws {@link DynamoDbError} for every status but 200 and for a broken connection, and the signal's reason after an
   * abort, whose outcome is as unknown as a timeout's.
   */
  async call(target: CallTarget, body: Buffer | string, options: CallOptions = {}): Promise<Answer> {
    const { timeoutMs = this.#timeoutMs, signal, beforeSend } = options;
    const limits = { timeoutMs, signal, beforeSend };
    const answer = await this.#send(target, body, limits);
    if (answer.status === 200) return new DatedAnswer(answer);
    const error = fromAnswer(answer.status, answer.body);
    // A refused signature was not executed, so it may be sent again with the server's time, as the SDK does.
    if (!this.#learnSkew(error, answer)) throw error;
    const again = await this.#send(target, body, limits);
    if (again.status !== 200) throw fromAnswer(again.status, again.body);
    return new DatedAnswer(again);
  }

  /** Lets calls under way end, then closes the connections. */
  async close(): Promise<void> {
    await this.#pool.close();
  }

  /** Closes at once: calls under way fail with CONNECTION_RESET. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }

  async #send(target: CallTarget, body: Buffer | string, limits: RoundTripLimits): Promise<RawAnswer> {
    const headers = ['content-type', CONTENT_TYPE, 'x-amz-target', target];
    if (this.#credentials !== 'none') this.#sign(headers, target, body, await this.#credentials());
    return roundTrip(this.#pool, { path: '/', method: 'POST', headers, body }, limits);
  }

  #sign(headers: string[], target: CallTarget, body: Buffer | string, credentials: Credentials): void {
    const nowMs = this.#nowMs() + this.#clockOffsetMs;
    const signature = this.#signer.sign({ host: this.#host, target, body }, credentials, nowMs);
    headers.push('x-amz-date', signature.amzDate, 'authorization', signature.authorization);
    if (credentials.sessionToken !== undefined)
      headers.push('x-amz-security-token', credentials.sessionToken);
  }

  #learnSkew(error: DynamoDbError, answer: RawAnswer): boolean {
    if (error.kind !== 'auth' || answer.date === null || this.#credentials === 'none') return false;
    const offsetMs = serverTimeMsOf(answer.date) - this.#nowMs();
    if (Math.abs(offsetMs - this.#clockOffsetMs) < SKEW_MIN_MS) return false;
    this.#clockOffsetMs = offsetMs;
    return true;
  }
}

class DatedAnswer implements Answer {
  readonly status: number;
  readonly body: Buffer;
  readonly #date: string | null;

  constructor(raw: RawAnswer) {
    this.status = raw.status;
    this.body = raw.body;
    this.#date = raw.date;
  }

  get serverTimeMs(): number {
    return serverTimeMsOf(this.#date);
  }
}
