import type { Clock } from '../../clock.ts';
import type { ConnectError, ErrorDetail } from '../../errors.ts';
import type { Logger } from '../../log.ts';
import type { ErrorLogSettings } from '../error-handling.ts';

/** More in a second are counted only. */
const LINES_MAX = 10;
const SECOND_MS = 1000;

/** A record that was set aside, as the log tells of it. */
export interface SetAside {
  readonly error: ConnectError;
  readonly table: string;
  readonly stage: string;
  /** Class name of the converter, transform or connector that failed. */
  readonly by: string;
  /** Where the record stands: topic, partition and offset, or a source's file and line. */
  readonly place: ErrorDetail;
  readonly timestampMs: number;
}

/**
 * Logs each record that is set aside, in the words of Kafka Connect's LogReporter: `errors.log.enable`, and with
 * `errors.log.include.messages` where it stands. Never key or value, unlike there.
 *
 * At most {@link LINES_MAX} lines a second: a flood of bad records must not become a flood of lines. What was left out is
 * counted, in a line of its own at the end of that second.
 */
export class SetAsideLog {
  readonly #settings: ErrorLogSettings;
  readonly #task: string;
  readonly #clock: Clock;
  readonly #log: Logger;
  #sinceMs = Number.NEGATIVE_INFINITY;
  #lines = 0;
  #suppressed = 0;

  /** @param task `<connector>-<task>` */
  constructor(settings: ErrorLogSettings, task: string, world: { clock: Clock; log: Logger }) {
    this.#settings = settings;
    this.#task = task;
    this.#clock = world.clock;
    this.#log = world.log;
  }

  add(record: SetAside): void {
    if (!this.#settings.log) return;
    const nowMs = this.#clock.monotonic();
    if (nowMs - this.#sinceMs >= SECOND_MS) {
      this.#tellSuppressed();
      this.#sinceMs = nowMs;
      this.#lines = 0;
    }
    if (this.#lines < LINES_MAX) {
      this.#lines++;
      this.#line(record);
      return;
    }
    this.#suppressed++;
    if (this.#suppressed > 1) return;
    const leftMs = this.#sinceMs + SECOND_MS - nowMs;
    void this.#clock.sleep(leftMs).then(() => this.#tellSuppressed());
  }

  #line({ error, table, stage, by, place, timestampMs }: SetAside): void {
    const where = this.#settings.logMessages ? { ...place, timestamp: timestampMs } : {};
    this.#log.warn(
      { code: error.code, table, stage, class: by, ...where },
      `Record set aside in task ${this.#task}, stage ${stage}, class ${by}: ${error.message}`,
    );
  }

  #tellSuppressed(): void {
    if (this.#suppressed === 0) return;
    const records = this.#suppressed;
    this.#suppressed = 0;
    this.#log.warn({ records }, `${records} more records set aside in task ${this.#task} within a second`);
  }
}
