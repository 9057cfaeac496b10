import { crc32 } from '@node-rs/crc32';
import type { Dispatcher } from 'undici';
import { DynamoDbError, fromNetwork } from './errors.ts';

/** What came back, whatever its status. */
export interface RawAnswer {
  readonly status: number;
  readonly body: Buffer;
  readonly date: string | null;
}

export interface RoundTripLimits {
  /** From the call to the last byte of the answer, the wait for a free connection included. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Called right before the first byte is written; what it throws ends the call, and nothing was sent. */
  readonly beforeSend?: (() => void) | undefined;
}

type Headers = Parameters<NonNullable<Dispatcher.DispatchHandler['onResponseStart']>>[2];

/**
 * One request and its answer on a connection of a pool.
 *
 * After a timeout, an abort or a 5xx the connection is destroyed: an answer that comes late must never be taken for
 * the next request's, and what the server still does for this one must not share a connection with what follows
 * (rule C7). Rejects with a {@link DynamoDbError}, or with the signal's reason.
 */
export function roundTrip(
  pool: Dispatcher,
  request: Dispatcher.DispatchOptions,
  limits: RoundTripLimits,
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const handler = new RoundTrip(resolve, reject, limits);
    pool.dispatch(request, handler);
  });
}

class RoundTrip implements Dispatcher.DispatchHandler {
  readonly #resolve: (answer: RawAnswer) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #beforeSend: (() => void) | undefined;
  readonly #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | null = null;
  #settled = false;
  #status = 0;
  #headers: Headers = {};
  #chunks: Buffer[] = [];
  #bytesLeft = Number.NaN;

  constructor(
    resolve: (answer: RawAnswer) => void,
    reject: (reason: unknown) => void,
    limits: RoundTripLimits,
  ) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#signal = limits.signal;
    this.#beforeSend = limits.beforeSend;
    this.#timer = setTimeout(this.#onTimeout, limits.timeoutMs, limits.timeoutMs);
    if (limits.signal?.aborted) this.#onAbort();
    else limits.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (!this.#settled) {
      try {
        this.#beforeSend?.();
      } catch (error) {
        this.#fail(error);
      }
    }
    // Given up while it waited for a connection: it must not be sent now.
    if (this.#settled) controller.abort(new Error('given up before it was sent'));
    else this.#controller = controller;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    this.#status = status;
    this.#headers = headers;
    this.#bytesLeft = Number(headers['content-length'] ?? Number.NaN);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytesLeft -= chunk.length;
    if (this.#status >= 500 && this.#bytesLeft === 0) {
      this.#finish();
      controller.abort(new Error('dropped after a 5xx'));
    }
  }

  onResponseEnd(): void {
    this.#finish();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(fromNetwork(error, this.#controller !== null));
  }

  #onTimeout = (timeoutMs: number): void => {
    const outcomeUnknown = this.#controller !== null;
    this.#giveUp(new DynamoDbError('TIMEOUT', `no answer within ${timeoutMs} ms`, { outcomeUnknown }));
  };

  #onAbort = (): void => {
    this.#giveUp(this.#signal?.reason);
  };

  #giveUp(reason: unknown): void {
    this.#fail(reason);
    this.#controller?.abort(reason instanceof Error ? reason : new Error('aborted'));
  }

  #finish(): void {
    if (!this.#settle()) return;
    const body = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
    const checksum = this.#headers['x-amz-crc32'];
    if (checksum !== undefined && crc32(body) !== Number(checksum)) {
      this.#reject(new DynamoDbError('CORRUPT_ANSWER', "the body does not fit the answer's x-amz-crc32"));
      return;
    }
    const { date } = this.#headers;
    this.#resolve({ status: this.#status, body, date: typeof date === 'string' ? date : null });
  }

  #fail(reason: unknown): void {
    if (this.#settle()) this.#reject(reason);
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#onAbort);
    return true;
  }
}
