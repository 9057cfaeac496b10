/** Lets a loop wait until something changed or a time has passed. */
export class Wake {
  readonly #waiting = new Set<() => void>();
  #rung = false;

  /** Something changed: whoever waits, or waits next, goes on at once. */
  ring(): void {
    this.#rung = true;
    for (const go of this.#waiting) go();
  }

  /** Resolves after a ring, or after `ms`; rejects with the signal's reason once it aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#rung) {
      this.#rung = false;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const forget = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', stop);
        this.#waiting.delete(end);
      };
      const end = () => {
        forget();
        this.#rung = false;
        resolve();
      };
      const stop = () => {
        forget();
        reject(signal.reason);
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', stop, { once: true });
      this.#waiting.add(end);
    });
  }
}

/** Waits until the catalog (or another log) holds what `find` looks for. */
export async function until<T>(
  find: () => T | null,
  log: { subscribe(listener: () => void): () => void },
  signal: AbortSignal,
): Promise<T> {
  const wake = new Wake();
  const unsubscribe = log.subscribe(() => wake.ring());
  try {
    for (;;) {
      const found = find();
      if (found !== null) return found;
      await wake.wait(1_000, signal);
    }
  } finally {
    unsubscribe();
  }
}
