/** Below what a sink waits before it repeats a write whose outcome it does not know. */
const STANDSTILL_MS = 500;
const TICK_MS = 20;

/** Knows whether this process stood still a moment ago: what it then finds to be read may have come in another order. */
export interface Standstill extends Disposable {
  readonly isRecent: boolean;
}

/** On a busy machine a process gets nothing to do for seconds; or it compiles what it imports. */
export function watchForStandstill(): Standstill {
  let tickedMs = performance.now();
  let stoodMs = Number.NEGATIVE_INFINITY;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    if (nowMs - tickedMs > STANDSTILL_MS) stoodMs = nowMs;
    tickedMs = nowMs;
  }, TICK_MS);
  timer.unref();
  return {
    get isRecent() {
      const nowMs = performance.now();
      return nowMs - tickedMs > STANDSTILL_MS || nowMs - stoodMs < STANDSTILL_MS;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
