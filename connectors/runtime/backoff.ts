import type { Clock } from '../clock.ts';
import { asConnectError, ConnectError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { type RetrySettings, WAITS_FOR_EVER } from './error-handling.ts';

export interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
}

const BASE_MS = 200;
export const BACKOFF: Backoff = { baseMs: BASE_MS, maxMs: WAITS_FOR_EVER.retryDelayMaxMs };

/** Full jitter: anything between 0 and the doubled bound (AWS architecture blog, "Exponential backoff and jitter"). */
export function backoffMs(attempt: number, backoff: Backoff = BACKOFF): number {
  return Math.random() * Math.min(backoff.maxMs, backoff.baseMs * 2 ** Math.min(attempt, 20));
}

/** The same, with the bound of `errors.retry.delay.max.ms`. */
export function retryDelayMs(attempt: number, { retryDelayMaxMs }: RetrySettings): number {
  return backoffMs(attempt, { baseMs: BASE_MS, maxMs: retryDelayMaxMs });
}

export interface Patience extends RetrySettings {
  /** The step tries by itself for a while before it throws: that time counts as time in which it failed. */
  readonly triesItself?: boolean;
}

/**
 * Repeats a step while the error table says `retry`: a service that comes back is used again.
 *
 * Throws the step's ConnectError for every other remedy, and the signal's reason once it aborts. A target's fault
 * (`TARGET_…`) that lasts longer than `retryTimeoutMs` is thrown too, its remedy still `retry`: who runs the task may begin
 * it anew. Faults of Kafka and lost leases are no target's: they are always waited out.
 *
 * @param onRetry hears each failure that is tried again; null when the step has succeeded after one.
 */
export async function retrying<T>(
  step: () => Promise<T>,
  world: { clock: Clock; log: Logger; signal: AbortSignal },
  onRetry: (error: ConnectError | null) => void = () => {},
  patience: Patience = WAITS_FOR_EVER,
): Promise<T> {
  const { clock, log, signal } = world;
  let failingSinceMs: number | null = null;
  for (let attempt = 0; ; attempt++) {
    signal.throwIfAborted();
    const begunMs = clock.monotonic();
    try {
      const value = await step();
      if (attempt > 0) onRetry(null);
      return value;
    } catch (thrown) {
      signal.throwIfAborted();
      const error = asConnectError(thrown);
      if (error.remedy !== 'retry') throw error;
      let delayMs = retryDelayMs(attempt, patience);
      if (isTargets(error) && patience.retryTimeoutMs >= 0) {
        failingSinceMs ??= patience.triesItself ? begunMs : clock.monotonic();
        const leftMs = patience.retryTimeoutMs - (clock.monotonic() - failingSinceMs);
        if (leftMs <= 0) throw outlasted(error, patience);
        delayMs = Math.min(delayMs, leftMs);
      }
      onRetry(error);
      log.warn({ code: error.code, ...error.detail, attempt }, error.message);
      await clock.sleep(delayMs, signal);
    }
  }
}

function isTargets({ code }: ConnectError): boolean {
  return code.startsWith('TARGET_');
}

function outlasted(error: ConnectError, { retryTimeoutMs }: RetrySettings): ConnectError {
  const { code, message, detail } = error;
  const said = `${message} (given up: errors.retry.timeout is ${retryTimeoutMs} ms)`;
  return new ConnectError(code, said, { cause: error, detail });
}
