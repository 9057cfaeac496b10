/** Lets a loop wait until something changed or a time has passed. */
export class Wake {
  #waiting: (() => void)[] = [];
  #rung = false;

  /** Something changed: whoever waits, or waits next, goes on at once. */
  ring(): void {
    this.#rung = true;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }

  /** Resolves after a ring, or after `ms`; rejects with the signal's reason once it aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#rung) {
      this.#rung = false;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', stop);
        this.#rung = false;
        resolve();
      };
      const stop = () => {
        clearTimeout(timer);
        reject(signal.reason);
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', stop, { once: true });
      this.#waiting.push(end);
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
