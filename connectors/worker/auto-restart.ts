import type { Clock } from '../clock.ts';
import type { ErrorSettings } from '../config/settings.ts';
import type { ConnectError } from '../errors.ts';

type AutoRestartSettings = Pick<
  ErrorSettings,
  'autoRestart' | 'autoRestartDelayMs' | 'autoRestartDelayMaxMs'
>;

interface Restarts {
  /** Of the restart before the next one, ms. */
  readonly delayMs: number;
  /** When it is due, monotonic ms. */
  readonly dueMs: number;
  /** Since when what was restarted runs, monotonic ms; null: it does not yet. */
  readonly runsSinceMs: number | null;
}

/**
 * Says when what failed is started again (`errors.auto.restart.…`); Kafka Connect itself never does so.
 *
 * Only what may work again by itself is: an error whose remedy is `retry`. The pause doubles from one failure to the next,
 * and begins anew when it ran for longer than the last pause.
 */
export class AutoRestart {
  readonly #settings: AutoRestartSettings;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #restarts = new Map<string, Restarts>();

  constructor(settings: AutoRestartSettings, clock: Pick<Clock, 'monotonic'>) {
    this.#settings = settings;
    this.#clock = clock;
  }

  /**
   * Asked when something fails; each table of a task may ask, and those that fail while a restart waits are told the rest
   * of its pause.
   *
   * @param key what is restarted as a whole, e.g. `<connector>-<task>`.
   * @returns ms until it should be started again; null: never.
   */
  next(key: string, error: ConnectError): number | null {
    const { autoRestart, autoRestartDelayMs, autoRestartDelayMaxMs } = this.#settings;
    if (!autoRestart || error.remedy !== 'retry') return null;
    const nowMs = this.#clock.monotonic();
    const before = this.#restarts.get(key);
    if (before && before.runsSinceMs === null && nowMs < before.dueMs) return before.dueMs - nowMs;
    const ranWell = before?.runsSinceMs != null && nowMs - before.runsSinceMs > before.delayMs;
    const wanted = before === undefined || ranWell ? autoRestartDelayMs : before.delayMs * 2;
    const delayMs = Math.min(wanted, autoRestartDelayMaxMs);
    this.#restarts.set(key, { delayMs, dueMs: nowMs + delayMs, runsSinceMs: null });
    return delayMs;
  }

  /** It runs again; may be said at any time and often: the first time after the restart was due counts. */
  succeeded(key: string): void {
    const before = this.#restarts.get(key);
    const nowMs = this.#clock.monotonic();
    if (!before || before.runsSinceMs !== null || nowMs < before.dueMs) return;
    this.#restarts.set(key, { ...before, runsSinceMs: nowMs });
  }

  /** Somebody restarted, changed or removed it: what failed before counts no more. */
  forget(key: string): void {
    this.#restarts.delete(key);
  }
}
