import { type Clock, systemClock } from './clock.ts';
import { DynamoDbError } from './errors.ts';

export interface RetryOptions {
  readonly signal?: AbortSignal | undefined;
  /** Calls in all, the first one included; default 10, with the pauses below some 20 s. */
  readonly attemptsMax?: number;
  /** Upper bound of the first pause; doubles with each; default 50. */
  readonly pauseMs?: number;
  /** Upper bound of any pause; default 5000. */
  readonly pauseMsMax?: number;
  readonly clock?: Clock;
  /** From 0 to below 1. */
  readonly random?: () => number;
}

/**
 * Repeats a *read* after throttles and transient errors, with full jitter (AWS Architecture Blog: Exponential Backoff
 * And Jitter). Anything else, and the last attempt's error, is thrown. Not for writes: their outcome may be unknown.
 */
export async function retried<T>(call: () => Promise<T>, options: RetryOptions = {}): Promise<T> {
  const { signal, attemptsMax = 10, pauseMs = 50, pauseMsMax = 5000, random = Math.random } = options;
  const clock = options.clock ?? systemClock;
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      const again = error instanceof DynamoDbError && error.retryable && attempt < attemptsMax;
      if (!again) throw error;
    }
    await clock.sleep(random() * Math.min(pauseMsMax, pauseMs * 2 ** (attempt - 1)), signal);
  }
}
