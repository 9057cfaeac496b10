import type { Clock } from '../../connectors/clock.ts';
import type { Mender, Mending, MendOutcome } from '../../connectors/connector.ts';
import type { Item } from '../../schemas/item.ts';
import type { InFlight } from '../in-flight.ts';
import { boundOf, sizeOf, type WriteStatements } from './bound-statement.ts';
import { cqlError, verdictOf } from './faults.ts';
import { type Mutation, remainingSeconds } from './mutations.ts';
import type { CqlOptions } from './options.ts';
import type { Cells } from './raw-cells.ts';
import { keyColumnsOf, type ReadTarget } from './read-back.ts';
import { columnsOf, timedColumns } from './statements.ts';

export interface MenderParts extends Pick<ReadTarget, 'mapping' | 'shape' | 'reader'> {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly inFlight: InFlight;
  readonly consistency: CqlOptions['consistency'];
  readonly writes: WriteStatements;
  /** Selects a row, all columns and behind them the write times of those that have one. */
  readonly selectTimes: string;
  readonly execute: (statement: string, params: unknown[]) => Promise<unknown>;
  /** V of a repair that is written now, µs; null: none is safe yet. */
  readonly versionNow: () => Promise<number | null>;
  /** `keyspace.table`, for messages. */
  readonly name: string;
  /** Closes what was opened for it. */
  readonly close: () => Promise<void>;
}

/** After failing for so long without having been executed a write is given up, and with it the repair. */
const GIVE_UP_MS = 60_000;
const BACKOFF_MS = 50;
const BACKOFF_MAX_MS = 5000;
/** Until a write that few nodes have acknowledged shows on the others. */
const SPREAD_MS = 1000;
/** So far beyond our clock a row's time is no skew: no repair outranks it before it has passed. */
const AHEAD_MICROS = 60_000_000;
const MAJORITIES: ReadonlySet<string> = new Set(['quorum', 'localQuorum', 'eachQuorum', 'all']);

/**
 * Mends rows of a CQL table (rule C12): each is written with a version below that of every change that is still to come, so
 * that the sink's writes win whenever they are executed; and only where nothing as new has been written.
 */
export class CqlMender implements Mender {
  readonly settleMs: number;
  readonly #parts: MenderParts;

  constructor(parts: MenderParts) {
    this.#parts = parts;
    this.settleMs = MAJORITIES.has(parts.consistency) ? 0 : SPREAD_MS;
  }

  async mend(mendings: readonly Mending[]): Promise<readonly MendOutcome[]> {
    const version = await this.#parts.versionNow();
    if (version === null) return mendings.map(() => 'changed');
    const outcomes = await Promise.allSettled(mendings.map((mending) => this.#one(mending, version)));
    // All have ended: nothing of these keys is under way that nobody waits for.
    return outcomes.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.close();
  }

  async #one({ key: rowKey, seen, wanted, newest }: Mending, version: number): Promise<MendOutcome> {
    const { mapping, shape } = this.#parts;
    if (newest >= version) return 'changed';
    const key = keyColumnsOf(mapping, rowKey);
    if (key === null) return 'refused';
    const cells = await this.#read(key);
    const row = cells && shape.rowRead(cells.slice(0, columnsOf(mapping.table).length));
    const mine = row?.key.equals(rowKey) ? row.item : null;
    if (!isSame(mine, seen)) return 'changed';
    // Two items have met that were said never to: what mends the one would take the row of the other away.
    if (row !== null && mine === null) return 'refused';
    const writtenLast = cells === null ? -1 : this.#writtenLast(cells);
    if (writtenLast >= version) return writtenLast > this.#nowMicros() + AHEAD_MICROS ? 'later' : 'changed';
    return this.#write(this.#mutationTo(wanted, key, version));
  }

  async #read(key: readonly Buffer[]): Promise<Cells | null> {
    const { inFlight, signal, mapping, reader, selectTimes } = this.#parts;
    const columns = columnsOf(mapping.table).length + timedColumns(mapping.table).length;
    const slot = await inFlight.acquire(0, signal);
    try {
      return await reader.row({ statement: selectTimes, params: key, columns });
    } finally {
      inFlight.release(slot, 'no-load');
    }
  }

  /** µs; −1 where no column tells: that of the newest record is all there is to go by then. */
  #writtenLast(cells: Cells): number {
    const times = cells.slice(columnsOf(this.#parts.mapping.table).length);
    return Math.max(-1, ...times.map((time) => (time === null ? -1 : Number(time.readBigInt64BE()))));
  }

  #nowMicros(): number {
    return this.#parts.clock.now() * 1000;
  }

  #mutationTo(wanted: Item | null, key: readonly Buffer[], version: number): Mutation {
    const { mapping, shape, clock } = this.#parts;
    if (wanted === null) return { kind: 'delete', key, version };
    const values = shape.valuesOf(wanted);
    const ttlSeconds = remainingSeconds(mapping.expiresAtOf(values), Math.floor(clock.now() / 1000));
    return { kind: 'insert', values, leavesAbsent: false, version, ttlSeconds };
  }

  async #write(mutation: Mutation): Promise<MendOutcome> {
    const { clock, signal, writes, name } = this.#parts;
    const { statement, params } = boundOf(mutation, writes);
    const sinceMs = clock.monotonic();
    for (let attempt = 0; ; attempt++) {
      const error = await this.#attempt(statement, params, sizeOf(mutation));
      if (error === null) return 'written';
      const verdict = verdictOf(error);
      if (verdict === 'unknown' || verdict === 'refused') return verdict;
      if (verdict === 'broken' || clock.monotonic() - sinceMs > GIVE_UP_MS) throw cqlError(error, name);
      await clock.sleep(Math.random() * Math.min(BACKOFF_MAX_MS, BACKOFF_MS * 2 ** attempt), signal);
    }
  }

  /** @returns what the server, or the road to it, said; null: it is written. */
  async #attempt(statement: string, params: unknown[], bytes: number): Promise<unknown> {
    const { inFlight, signal, execute } = this.#parts;
    const slot = await inFlight.acquire(bytes, signal);
    try {
      await execute(statement, params);
      inFlight.release(slot, 'answered');
      return null;
    } catch (error) {
      inFlight.release(slot, verdictOf(error) === 'throttled' ? 'overloaded' : 'no-load');
      return error;
    }
  }
}

function isSame(a: Item | null, b: Item | null): boolean {
  return a === null || b === null ? a === b : a.equals(b);
}
