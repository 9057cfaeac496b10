import { exitCodes } from './exit.ts';

/** The part of `process` that signals come from. */
export interface SignalSource {
  on(event: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  off(event: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
}

/**
 * Turns the first SIGINT or SIGTERM into an abort, so that a command finishes what is in flight, and a SIGINT after it
 * into an exit at once. Another SIGTERM is no impatience: supervisors repeat it.
 *
 * @param exit ends the process; nothing is committed any more
 */
export function watchSignals(
  source: SignalSource,
  exit: (code: typeof exitCodes.interrupted) => void,
): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const stop = () => controller.abort(new DOMException('Interrupted', 'AbortError'));
  const interrupt = () => (controller.signal.aborted ? exit(exitCodes.interrupted) : stop());
  source.on('SIGINT', interrupt);
  source.on('SIGTERM', stop);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      source.off('SIGINT', interrupt);
      source.off('SIGTERM', stop);
    },
  };
}
