import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import type { CredentialProvider } from './credentials.ts';
import type { Endpoints } from './endpoint.ts';
import { fromSdk } from './errors.ts';
import { serverTimeMsOf } from './server-time.ts';

export interface ControlClientOptions {
  readonly region: string;
  readonly endpoints: Endpoints;
  /** `none`, for Alternator without authorization, signs with keys that mean nothing. */
  readonly credentials: CredentialProvider | 'none';
  /** Certificates (PEM) to trust instead of the system's. */
  readonly ca?: string | undefined;
  /** Attempts of one call, the first included; default 3. */
  readonly attemptsMax?: number;
  /** Of one attempt; default 10 000. */
  readonly timeoutMs?: number;
}

/** The control calls' clients: the AWS SDK, for few calls of many shapes. */
export interface ControlClient extends Disposable {
  readonly tables: DynamoDBClient;
  readonly streams: DynamoDBStreamsClient;
}

/** What every control answer carries: the answer's `Date`, ms. */
export interface ServerTime {
  readonly serverTimeMs: number;
}

// No `info`: with it the SDK copies every input for a log line that nobody sees.
const QUIET = { trace() {}, debug() {}, warn() {}, error() {} };
const MEANINGLESS = { accessKeyId: 'none', secretAccessKey: 'none' };

export function createControlClient(options: ControlClientOptions): ControlClient {
  const { credentials, endpoints, timeoutMs = 10_000 } = options;
  const configuration = {
    region: options.region,
    credentials: credentials === 'none' ? MEANINGLESS : credentials,
    maxAttempts: options.attemptsMax ?? 3,
    logger: QUIET as typeof QUIET & { info(): void },
    cacheMiddleware: true,
    requestHandler: {
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
      connectionTimeout: 3000,
      ...(options.ca === undefined ? {} : { httpsAgent: { ca: options.ca, keepAlive: true } }),
    },
  };
  const tables = new DynamoDBClient({ ...configuration, endpoint: endpoints.tables });
  const streams = new DynamoDBStreamsClient({ ...configuration, endpoint: endpoints.streams });
  tables.middlewareStack.add(rememberDate, REMEMBER_DATE);
  streams.middlewareStack.add(rememberDate, REMEMBER_DATE);
  return {
    tables,
    streams,
    [Symbol.dispose]() {
      tables.destroy();
      streams.destroy();
    },
  };
}

/**
 * Waits for one SDK call: its errors become {@link DynamoDbError} (an abort throws the signal's reason), and its answer
 * gets the server's time.
 */
export async function answered<Output extends object>(
  call: Promise<Output>,
  signal?: AbortSignal,
): Promise<Output & ServerTime> {
  let output: Output;
  try {
    output = await call;
  } catch (error) {
    signal?.throwIfAborted();
    throw fromSdk(error);
  }
  return { ...output, serverTimeMs: serverTimeMsOf(DATES.get(output)) };
}

/** The options of an SDK call. Given ones cost the SDK its cached middleware, so none without a signal. */
export function callOptions(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

// The SDK's outputs carry no headers; a Date is kept as long as its output.
const DATES = new WeakMap<object, string>();

// Outermost of its step, so that it sees the answer and what was made of it.
const REMEMBER_DATE = { step: 'deserialize', name: 'rememberDate', priority: 'high' } as const;

function rememberDate<Args, Result extends { response: unknown; output?: object }>(
  next: (args: Args) => Promise<Result>,
): (args: Args) => Promise<Result> {
  return async (args) => {
    const result = await next(args);
    const date = dateOf(result.response);
    if (date !== null && result.output !== undefined) DATES.set(result.output, date);
    return result;
  };
}

function dateOf(response: unknown): string | null {
  if (typeof response !== 'object' || response === null || !('headers' in response)) return null;
  const { headers } = response;
  if (typeof headers !== 'object' || headers === null || !('date' in headers)) return null;
  return typeof headers.date === 'string' ? headers.date : null;
}
