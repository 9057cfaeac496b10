import type { Problem } from '../../connectors/connector.ts';
import { asConnectError, type ConnectError } from '../../connectors/errors.ts';

/** A problem as `plan` says it. */
export interface PlanProblem {
  /** Null: it is no single table's. */
  readonly table: string | null;
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** Collects what is wrong, so that one look finds all of it. */
export class Problems {
  readonly #found: Problem[] = [];
  readonly #signal: AbortSignal;

  /** @param signal an abort ends the look; it is no problem of what was looked at */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  add(table: string | null, error: ConnectError): void {
    const repeated = this.#found.some(
      (one) => one.table === table && one.error.code === error.code && one.error.message === error.message,
    );
    if (!repeated) this.#found.push({ table, error });
  }

  addAll(problems: readonly Problem[]): void {
    for (const { table, error } of problems) this.add(table, error);
  }

  /** Runs a step; what it throws becomes a problem, and null its result. */
  async attempt<T>(table: string | null, step: () => Promise<T>): Promise<T | null> {
    try {
      return await step();
    } catch (thrown) {
      this.#signal.throwIfAborted();
      this.add(table, asConnectError(thrown));
      return null;
    }
  }

  has(code: ConnectError['code']): boolean {
    return this.#found.some(({ error }) => error.code === code);
  }

  /** First what is everybody's, then by table. */
  list(): PlanProblem[] {
    const rows = this.#found.map(({ table, error: { code, message, hint } }) => ({
      table,
      code,
      message,
      remedy: hint,
    }));
    return rows.sort((a, b) => (a.table ?? '').localeCompare(b.table ?? ''));
  }
}
