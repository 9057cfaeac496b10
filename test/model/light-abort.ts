type Listener = () => void;

const ABORTED = new Error('aborted without a reason');

/** As much of an AbortSignal as production code uses, without what the real one costs: a history makes thousands. */
export class LightSignal {
  aborted = false;
  reason: unknown = undefined;
  #listeners: Set<Listener> | null = null;

  static any(signals: readonly LightSignal[]): LightSignal {
    const all = new LightSignal();
    for (const signal of signals) {
      if (signal.aborted) {
        all.abort(signal.reason);
        return all;
      }
      signal.addEventListener('abort', () => all.abort(signal.reason));
    }
    return all;
  }

  addEventListener(_event: 'abort', listener: Listener): void {
    this.#listeners ??= new Set();
    this.#listeners.add(listener);
  }

  removeEventListener(_event: 'abort', listener: Listener): void {
    this.#listeners?.delete(listener);
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  /** Called by `events.setMaxListeners`, which takes it for an EventEmitter. */
  setMaxListeners(): void {}

  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    const listeners = this.#listeners ?? [];
    this.#listeners = null;
    for (const listener of listeners) listener();
  }
}

export class LightController {
  readonly signal = new LightSignal();

  abort(reason: unknown = ABORTED): void {
    this.signal.abort(reason);
  }
}
