import type { Clock } from '../clock.ts';
import { asConnectError, type ConnectError } from '../errors.ts';
import type { Logger } from '../log.ts';

export interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
}

export const BACKOFF: Backoff = { baseMs: 200, maxMs: 15_000 };

/** Full jitter: anything between 0 and the doubled bound (AWS architecture blog, "Exponential backoff and jitter"). */
export function backoffMs(attempt: number, backoff: Backoff = BACKOFF): number {
  return Math.random() * Math.min(backoff.maxMs, backoff.baseMs * 2 ** Math.min(attempt, 20));
}

/**
 * Repeats a step while the error table says `retry`, without an end: a service that comes back is used again.
 *
 * Throws the step's ConnectError for every other remedy, and the signal's reason once it aborts.
 * @param onRetry hears each failure that is tried again; null when the step has succeeded after one.
 */
export async function retrying<T>(
  step: () => Promise<T>,
  world: { clock: Clock; log: Logger; signal: AbortSignal },
  onRetry: (error: ConnectError | null) => void = () => {},
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    world.signal.throwIfAborted();
    try {
      const value = await step();
      if (attempt > 0) onRetry(null);
      return value;
    } catch (thrown) {
      world.signal.throwIfAborted();
      const error = asConnectError(thrown);
      if (error.remedy !== 'retry') throw error;
      onRetry(error);
      world.log.warn({ code: error.code, ...error.detail, attempt }, error.message);
      await world.clock.sleep(backoffMs(attempt), world.signal);
    }
  }
}
