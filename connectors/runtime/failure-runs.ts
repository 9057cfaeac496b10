import { ConnectError } from '../errors.ts';

/** Equal failures in a row, after which a configuration is broken rather than records bad. */
export const FLOOD = 100;

interface Run {
  readonly code: string;
  readonly count: number;
}

/**
 * Counts equal failures in a row, for each table by itself: where one failure meets every record, the target or the
 * configuration is wrong, and setting records aside would only hide it.
 */
export class FailureRuns {
  readonly #runs = new Map<string, Run>();
  readonly #countMax: number;

  /** @param countMax a run this long is a flood; infinite where records are known to be bad. */
  constructor(countMax = FLOOD) {
    this.#countMax = countMax;
  }

  /** A record of the table was written: whatever failed before it was not everything. */
  succeeded(table: string): void {
    this.#runs.delete(table);
  }

  /**
   * @param failures what became of records, in the order of their topic; null: written.
   * @throws DEAD_LETTER_FLOOD
   */
  observe(table: string, failures: Iterable<ConnectError | null>): void {
    for (const error of failures) {
      if (error === null) this.succeeded(table);
      else this.#failed(table, error);
    }
  }

  #failed(table: string, error: ConnectError): void {
    const before = this.#runs.get(table);
    const count = before?.code === error.code ? before.count + 1 : 1;
    this.#runs.set(table, { code: error.code, count });
    if (count < this.#countMax) return;
    const message = `${count} records in a row failed with ${error.code}; the last: ${error.message}`;
    throw new ConnectError('DEAD_LETTER_FLOOD', message, {
      cause: error,
      detail: { ...error.detail, table },
    });
  }
}
