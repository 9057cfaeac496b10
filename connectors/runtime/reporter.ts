import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { ConnectError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { RetryStage, TaskMetrics } from '../metrics/metrics.ts';
import { NOTHING_TO_READ, readMark } from './read-mark.ts';
import type { TaskReport } from './source/task-run.ts';
import { reportedError, type StatusWriter, statusKeys, type TableReport } from './status-log.ts';

const FLUSH_INTERVAL_MS = 1000;
/** How often what was written is looked at. A topic that is behind for longer has a report said twice. */
const LOOK_INTERVAL_MS = 10_000;

/** Hears of a table that halts, at once. */
export type HaltListener = (table: string, error: ConnectError) => void;

interface Measured {
  readonly metrics: TaskMetrics;
  /** Where this task's tables are tried again. */
  readonly stage: RetryStage;
}

/** What was written last under a key. */
interface Written {
  /** All but when it was said. */
  readonly text: string;
  readonly said: unknown;
  /** The topic said something else when it was last looked at, which may be only that it is behind. */
  isDoubted: boolean;
}

interface TableState {
  phase: string | null;
  error: { error: ConnectError; halted: boolean } | null;
  /** Null: nobody reads it on here. */
  readTo: (() => number | null) | null;
}

/**
 * Gathers what a task's tables say, and puts it into the status topic about once a second.
 *
 * Nobody is kept from writing of another's task: one that slept while its task went elsewhere reports once more before it gives it
 * up. So what was written is looked at, and said again when the topic holds something else.
 */
export class Reporter implements TaskReport {
  readonly #connector: string;
  readonly #task: number;
  readonly #run = randomUUID();
  readonly #status: Pick<StatusWriter, 'write' | 'stands'>;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #tables = new Map<string, TableState>();
  readonly #written = new Map<string, Written>();
  /** Monotonic ms of the next look. */
  #lookMs = 0;
  readonly #haltListeners = new Set<HaltListener>();
  readonly #measured: Measured | null;
  /** What was counted as a retry last: one failure may stop every table. */
  #retried: ConnectError | null = null;

  constructor(
    connector: string,
    task: number,
    tables: readonly string[],
    world: { status: Pick<StatusWriter, 'write' | 'stands'>; clock: Clock; log: Logger },
    measured: Measured | null = null,
  ) {
    this.#measured = measured;
    measured?.metrics.watchHalts(() => new Map([...this.halts].map(([table, { code }]) => [table, code])));
    this.#connector = connector;
    this.#task = task;
    this.#status = world.status;
    this.#clock = world.clock;
    this.#log = world.log;
    // Whatever an earlier run said of them is no longer so.
    for (const table of tables) this.#state(table);
  }

  fault(table: string, error: ConnectError | null): void {
    if (error !== null && error !== this.#retried) {
      this.#retried = error;
      this.#measured?.metrics.retried(this.#measured.stage, error.code);
    }
    this.#state(table).error = error && { error, halted: false };
  }

  halted(table: string, error: ConnectError): void {
    const state = this.#state(table);
    const isNew = state.error?.halted !== true;
    const said = ofTable(table, error);
    state.error = { error: said, halted: true };
    if (isNew) this.#measured?.metrics.halted(error.code, error.remedy === 'dead-letter');
    if (isNew) for (const listener of this.#haltListeners) listener(table, said);
  }

  /** Once for each table that halts from now on. @returns how to hear no more. */
  onHalt(listener: HaltListener): () => void {
    this.#haltListeners.add(listener);
    return () => void this.#haltListeners.delete(listener);
  }

  readTo(table: string, ask: () => number | null): void {
    this.#state(table).readTo = ask;
  }

  phase(table: string, phase: string): void {
    this.#state(table).phase = phase;
  }

  /** Errors that halted tables, by table. */
  get halts(): Map<string, ConnectError> {
    const halts = new Map<string, ConnectError>();
    for (const [table, { error }] of this.#tables) if (error?.halted) halts.set(table, error.error);
    return halts;
  }

  /** Reports until the signal aborts, then once more. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.flush();
      await this.#clock.sleep(FLUSH_INTERVAL_MS, signal).catch(() => {});
    }
    await this.flush();
  }

  /** A status that cannot be written is no reason to stop: the next one says the same and more. */
  async flush(): Promise<void> {
    const nowMs = this.#clock.monotonic();
    const looks = nowMs >= this.#lookMs;
    if (looks) this.#lookMs = nowMs + LOOK_INTERVAL_MS;
    const readTo = new Map([...this.#tables].map(([table, state]) => [table, state.readTo?.() ?? null]));
    const claims = new Map(
      [...readTo].filter(([table, ms]) => this.#tables.get(table)!.readTo !== null && ms !== NOTHING_TO_READ),
    );
    // Before the reports: one that is ahead of its mark would have its table read as far as the others are.
    const marks = claims.size > 0 ? readMark(this.#run, claims) : null;
    const markKey = statusKeys.mark(this.#connector, this.#task);
    if (marks !== null && !(await this.#say(markKey, marks, looks))) return;
    for (const [table, readToMs] of readTo) {
      const state = this.#state(table);
      const isMarked = claims.has(table);
      const report: Omit<TableReport, 'atMs'> = {
        phase: state.phase,
        error: state.error && reportedError(state.error.error, state.error.halted),
        readToMs: isMarked ? null : readToMs,
        markedBy: isMarked ? this.#run : null,
      };
      const key = statusKeys.table(this.#connector, this.#task, table);
      if (!(await this.#say(key, report, looks))) return;
    }
  }

  /** Writes what is not said yet, or was lost. @returns whether it stands. */
  async #say(key: string, what: object, looks: boolean): Promise<boolean> {
    const text = JSON.stringify(what);
    const written = this.#written.get(key);
    if (written?.text === text && !(looks && this.#isLost(key, written))) return true;
    try {
      const said = { ...what, atMs: this.#clock.now() };
      await this.#status.write(key, said);
      this.#written.set(key, { text, said, isDoubted: false });
      return true;
    } catch (error) {
      this.#log.warn({ key, err: error }, 'status not written');
      return false;
    }
  }

  /** The topic says something else, at two looks in a row. */
  #isLost(key: string, written: Written): boolean {
    const isDoubted = !this.#status.stands(key, written.said);
    const isLost = isDoubted && written.isDoubted;
    written.isDoubted = isDoubted;
    return isLost;
  }

  #state(table: string): TableState {
    let state = this.#tables.get(table);
    if (!state) {
      state = { phase: null, error: null, readTo: null };
      this.#tables.set(table, state);
    }
    return state;
  }
}

/** The error with its table named, whoever threw it. */
function ofTable(table: string, error: ConnectError): ConnectError {
  if ('table' in error.detail) return error;
  const { code, message, detail } = error;
  return new ConnectError(code, message, { cause: error, detail: { table, ...detail } });
}
