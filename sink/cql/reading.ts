import type cassandra from 'cassandra-driver';
import type { Clock } from '../../connectors/clock.ts';
import { cqlError, verdictOf } from './faults.ts';
import { type Cells, cellsOf } from './raw-cells.ts';

/** A statement that reads, and how its answer is to be taken. */
export interface Query {
  readonly statement: string;
  readonly params: readonly Buffer[];
  /** Columns it selects. */
  readonly columns: number;
}

export interface Page {
  readonly rows: readonly Cells[];
  /** Where the next page begins; null: this was the last. */
  readonly next: string | null;
}

export interface ReaderParts {
  readonly execute: (
    statement: string,
    params: readonly Buffer[],
    options: cassandra.QueryOptions,
  ) => Promise<Pick<cassandra.types.ResultSet, 'rows' | 'pageState'>>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Of every read: {@link Cluster.reads}. */
  readonly options: cassandra.QueryOptions;
  /** `keyspace.table`, for messages. */
  readonly name: string;
}

/** A read that fails for so long is given up. */
const GIVE_UP_MS = 60_000;
const BACKOFF_MS = 50;
const BACKOFF_MAX_MS = 5000;

/** Reads rows as bytes, and again where that may help. */
export class CqlReader {
  readonly #parts: ReaderParts;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
  }

  /**
   * @param fetchSize most rows of the page
   * @param from {@link Page.next} of the page before; null: the first
   */
  async page(query: Query, fetchSize: number, from: string | null): Promise<Page> {
    const { execute, clock, signal, name } = this.#parts;
    const options = { ...this.#parts.options, fetchSize, ...(from !== null && { pageState: from }) };
    const sinceMs = clock.monotonic();
    for (let attempt = 0; ; attempt++) {
      signal.throwIfAborted();
      try {
        const { rows, pageState } = await execute(query.statement, query.params, options);
        return { rows: rows.map((row) => cellsOf(row, query.columns)), next: pageState };
      } catch (error) {
        const verdict = verdictOf(error);
        const isOver =
          verdict === 'refused' || verdict === 'broken' || clock.monotonic() - sinceMs > GIVE_UP_MS;
        if (isOver) throw cqlError(error, name);
        await clock.sleep(Math.random() * Math.min(BACKOFF_MAX_MS, BACKOFF_MS * 2 ** attempt), signal);
      }
    }
  }

  /** The one row of a key; null: there is none. */
  async row(query: Query): Promise<Cells | null> {
    return (await this.page(query, 2, null)).rows[0] ?? null;
  }
}
