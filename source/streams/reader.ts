import type { PartitionReader, SourceBatch, TaskContext } from '../../connectors/connector.ts';
import { ConnectError } from '../../connectors/errors.ts';
import type { ShardAge } from '../../connectors/metrics/metrics.ts';
import type { RecordsPage } from '../../dynamodb/streams.ts';
import { sourceFault } from '../faults.ts';
import { type ReadRecords, readRecords } from './batch.ts';
import { type CursorAnswer, PlaceTrimmed, RECORDS_MAX, type ShardCursor, ShardVanished } from './cursor.ts';
import { isKept, look, RETENTION_MS, readTo } from './horizon.ts';
import { LagWatch } from './lag.ts';
import { OpenWatch } from './open-watch.ts';
import { type ShardState, toPosition } from './position.ts';
import type { RecordContext } from './record.ts';
import { TipWatch } from './tip.ts';

/** A page of this size may have been cut by the 1 MB of GetRecords: more may follow. */
const FULL_BYTES = 256 * 1024;
const IDLE_PAUSE_MS = 1000;
const UNSURE_PAUSE_MS = 250;
const CLOSED_PAUSE_MS = 100;
const HOUR_MS = 3_600_000;

export interface ShardReaderOptions {
  readonly record: RecordContext;
  readonly start: ShardState;
  /** Nothing is stored of this shard yet. */
  readonly first: boolean;
  /** Coverage as far as it is known, ms. */
  readonly coverageMs: number;
  /** What is older than the coverage is published too: there is no snapshot that holds it (rule C1). */
  readonly publishAll: boolean;
  /** Known to be closed: nothing is waited for in it. */
  readonly closed: boolean;
  readonly cursor: ShardCursor;
  /** CreationRequestDateTime of the stream, ms; 0: not known. */
  readonly createdMs: number;
  /** A server time, ms, at which the shard was open; null: it is closed. */
  readonly openAt: () => Promise<number | null>;
  readonly serverTimeMs: () => Promise<number>;
  /** Server time, ms, of a listing that lacks the shard; null: it is listed. */
  readonly goneAt: () => Promise<number | null>;
}

/**
 * Reads one shard of a stream (rules C1, C2 and C5), one GetRecords per poll.
 *
 * At the tip it polls once a second, every 250 ms until it knows that it is there, and without a pause while records
 * wait. Batches without records tell how far it has read; their position changes only when p does, some minutes apart.
 *
 * Throws SOURCE_DATA_GAP where changes may be lost, SOURCE_STREAM_UNSUITABLE for a record without images.
 */
export class ShardReader implements PartitionReader {
  readonly #options: ShardReaderOptions;
  readonly #context: TaskContext;
  readonly #tip = new TipWatch();
  readonly #lag = new LagWatch();
  readonly #open: OpenWatch;
  #state: ShardState;
  #first: boolean;
  /** Pages hold records up to this sequence number again; null: they don't. */
  #behind: string | null = null;
  #pauseMs = 0;

  constructor(options: ShardReaderOptions, context: TaskContext) {
    this.#options = options;
    this.#context = context;
    this.#state = options.start;
    this.#first = options.first;
    this.#open = new OpenWatch(options.openAt, context.clock);
    // Not taken back with the reader: while the source is away the shard falls behind all the more.
    const { table, shard } = options.record;
    context.metrics?.watchShard(table, shard, () => this.#age());
  }

  async poll(): Promise<SourceBatch> {
    const { clock, signal } = this.#context;
    if (this.#pauseMs > 0) await clock.sleep(this.#pauseMs, signal);
    try {
      return this.#follow(await this.#next());
    } catch (error) {
      signal.throwIfAborted();
      const { table, shard } = this.#options.record;
      if (error instanceof ShardVanished) return this.#vanished(error);
      if (error instanceof PlaceTrimmed) {
        const message = `Shard ${shard} of table ${table} cannot be read from its oldest record`;
        throw new ConnectError('SOURCE_UNREACHABLE', message, { cause: error, detail: { table, shard } });
      }
      throw sourceFault(error, `Reading shard ${shard} of table ${table}`, { table, shard });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #follow(answer: CursorAnswer): SourceBatch {
    const { page } = answer;
    const { record, coverageMs, publishAll } = this.#options;
    // Before the page's own records move p: it is the silence before them that is judged.
    const horizon = look(this.#state.horizon, record.shard, page.serverTimeMs);
    const start = { ...this.#state, horizon };
    if (answer.renewed) {
      this.#tip.reset();
      this.#lag.renewed();
    }
    const covered = publishAll ? 0 : Math.max(coverageMs, horizon.coverageMs);
    const read = readRecords(page.records, start, covered, this.#behind, record);
    if (read.skipped > 0) {
      const { shard } = record;
      this.#context.log.debug(
        { shard, skipped: read.skipped },
        'records older than the coverage are the snapshot’s',
      );
    }
    this.#state = this.#moveToTip(read.state, page);
    this.#first = false;
    this.#pauseMs = this.#watchLag(read, page);
    return this.#batch(read, page.next === null);
  }

  async #next(): Promise<CursorAnswer> {
    const { cursor } = this.#options;
    try {
      return await cursor.next(this.#state.sequence);
    } catch (error) {
      const { sequence, horizon } = this.#state;
      const nothingRead = sequence === null && !horizon.published;
      if (!(error instanceof PlaceTrimmed) || nothingRead) throw error;
      this.#passTrim(error, await this.#options.serverTimeMs());
      return cursor.next(null);
    }
  }

  /** Rule C5: a trimmed position is no loss where its record was due to go and p says what followed it. */
  #passTrim(error: PlaceTrimmed, serverTimeMs: number): void {
    const { table, shard } = this.#options.record;
    const horizon = look(this.#state.horizon, shard, serverTimeMs);
    const { sequence, recordMs } = this.#state;
    if (recordMs !== null ? isKept(recordMs, serverTimeMs) : horizon.published) {
      const message = `The stream of ${table} no longer holds the place up to which shard ${shard} was read`;
      throw new ConnectError('SOURCE_DATA_GAP', message, { cause: error, detail: { table, shard } });
    }
    this.#state = { ...this.#state, horizon };
    this.#behind = sequence;
  }

  /** Rule C5: p moves with records, and at the tip while the shard is open; draining does not move it. */
  #moveToTip(state: ShardState, page: RecordsPage): ShardState {
    if (page.records.length > 0 || page.next === null) {
      this.#tip.reset();
      return state;
    }
    const openMs = this.#tip.sawNothing(page.serverTimeMs) ? this.#open.take() : null;
    if (openMs === null) return state;
    return { ...state, horizon: readTo(state.horizon, Math.min(openMs, page.serverTimeMs)) };
  }

  /** @returns the pause before the next poll, ms */
  #watchLag(read: ReadRecords, page: RecordsPage): number {
    const behind = this.#lag.saw({
      serverTimeMs: page.serverTimeMs,
      monotonicMs: this.#context.clock.monotonic(),
      lastRecordMs: page.records.at(-1)?.acdtMs ?? null,
      full: page.records.length >= RECORDS_MAX || read.bytes >= FULL_BYTES,
      done: page.next === null,
    });
    if (behind) return 0;
    if (this.#options.closed) return CLOSED_PAUSE_MS;
    return this.#lag.sure ? IDLE_PAUSE_MS : UNSURE_PAUSE_MS;
  }

  /**
   * The service does not know the shard any more: what was not read of it is lost (rule C5).
   *
   * Except where nothing of the lineage was ever read for this epoch: a shard vanishes when all its records are older than
   * 24 h, so coverage rises above them as it does for a late read, and nothing of it is missed. One that is listed, or that is
   * too young for that before its first read, is only not known everywhere yet: it is tried again.
   */
  async #vanished(error: ShardVanished): Promise<SourceBatch> {
    const { table, shard } = this.#options.record;
    const detail = { table, shard };
    const { horizon } = this.#state;
    const goneMs = await this.#options.goneAt();
    if (goneMs === null || (this.#first && isKept(horizon.readMs ?? this.#options.createdMs, goneMs))) {
      const what = goneMs === null ? 'is listed, but' : 'is too young to be gone, but';
      const message = `Shard ${shard} of table ${table} ${what} cannot be read`;
      throw new ConnectError('SOURCE_UNREACHABLE', message, { cause: error, detail });
    }
    if (!this.#first || horizon.published) {
      const message = `Shard ${shard} of table ${table} is gone and was not read to its end`;
      throw new ConnectError('SOURCE_DATA_GAP', message, { cause: error, detail });
    }
    this.#state = { ...this.#state, horizon: look({ ...horizon, readMs: null }, shard, goneMs) };
    this.#lag.saw({
      serverTimeMs: goneMs,
      monotonicMs: this.#context.clock.monotonic(),
      lastRecordMs: null,
      full: false,
      done: true,
    });
    return this.#batch({ records: [], rejected: [], bytes: 0 }, true);
  }

  #age(): ShardAge {
    const nowMs = this.#context.clock.now();
    const { readMs } = this.#state.horizon;
    const readToMs = Math.max(this.#lag.readToMs ?? 0, readMs ?? 0);
    return {
      behindMs: readToMs === 0 ? null : Math.max(0, nowMs - readToMs),
      horizonHours: readMs === null ? null : (readMs + RETENTION_MS - nowMs) / HOUR_MS,
    };
  }

  #batch(read: Pick<ReadRecords, 'records' | 'rejected' | 'bytes'>, done: boolean): SourceBatch {
    const { table, shard } = this.#options.record;
    if (done) this.#context.metrics?.watchShard(table, shard, null);
    return {
      records: read.records,
      rejected: read.rejected,
      position: toPosition(this.#state),
      done,
      bytes: read.bytes,
      capture: { coverageMs: this.#state.horizon.coverageMs, readToMs: this.#lag.readToMs },
    };
  }
}
