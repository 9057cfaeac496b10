/**
 * One answer for many askers: who asks while it is being made waits for the same one, and for a while after it they get
 * the answer that is there.
 *
 * The call is aborted when the last asker has left; one asker's abort takes it from nobody else. Failures are not kept.
 */
export class SharedCall<T> {
  readonly #call: (signal: AbortSignal) => Promise<{ readonly value: T; readonly keepMs: number }>;
  readonly #monotonicMs: () => number;
  #running: Running<T> | null = null;
  #kept: { readonly value: T; readonly untilMs: number } | null = null;

  /** @param call makes the answer, and says for how long it may be given out */
  constructor(
    call: (signal: AbortSignal) => Promise<{ readonly value: T; readonly keepMs: number }>,
    monotonicMs: () => number,
  ) {
    this.#call = call;
    this.#monotonicMs = monotonicMs;
  }

  async get(signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    if (this.#kept !== null && this.#monotonicMs() < this.#kept.untilMs) return this.#kept.value;
    const running = (this.#running ??= this.#start());
    running.askers += 1;
    try {
      return await abortable(running.answer, signal);
    } finally {
      running.askers -= 1;
      if (running.askers === 0) this.#leave(running);
    }
  }

  #start(): Running<T> {
    const abort = new AbortController();
    const answer = this.#call(abort.signal).then(({ value, keepMs }) => {
      this.#kept = { value, untilMs: this.#monotonicMs() + keepMs };
      return value;
    });
    return { answer, abort, askers: 0 };
  }

  #leave(running: Running<T>): void {
    running.abort.abort();
    running.answer.catch(() => {});
    if (this.#running === running) this.#running = null;
  }
}

interface Running<T> {
  readonly answer: Promise<T>;
  readonly abort: AbortController;
  askers: number;
}

function abortable<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
