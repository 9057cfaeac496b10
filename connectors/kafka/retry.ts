import { asKafkaError, KafkaError } from './errors.ts';

export interface RetryOptions {
  /** How long after the first attempt a retriable error is still retried, ms. */
  readonly budgetMs: number;
  /** First pause; it doubles up to `pauseMaxMs`, with full jitter on its upper half. */
  readonly pauseMs?: number;
  readonly pauseMaxMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** Called with each error that will be retried: to refresh metadata, forget a coordinator, log. */
  readonly onRetry?: (error: KafkaError) => Promise<void> | void;
}

/** Runs an attempt until it succeeds, fails for good, or the budget is used up; throws the last KafkaError. */
export async function retrying<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const deadline = performance.now() + options.budgetMs;
  let pauseMs = options.pauseMs ?? 50;
  for (;;) {
    if (options.signal?.aborted) throw new KafkaError('ABORTED', 'stopped while waiting for Kafka');
    try {
      return await attempt();
    } catch (thrown) {
      const error = asKafkaError(thrown);
      if (!error.retriable || performance.now() + pauseMs > deadline) throw error;
      await options.onRetry?.(error);
      await pause(pauseMs * (0.5 + Math.random() / 2), options.signal);
      pauseMs = Math.min(pauseMs * 2, options.pauseMaxMs ?? 1000);
    }
  }
}

/** Waits; an abort ends the wait early, without an error. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}
