import type { CaptureProgress, PartitionReader, Position, SourceBatch } from '../../connector.ts';
import { asConnectError, ConnectError } from '../../errors.ts';
import type { Flow } from '../../metrics/metrics.ts';
import { retryDelayMs } from '../backoff.ts';
import { WAITS_FOR_EVER } from '../error-handling.ts';
import { FLOOD } from '../failure-runs.ts';
import { addCounts, NO_COUNTS, type PartitionName, type StoredPosition } from '../offset-store.ts';
import { toBatches } from './outgoing.ts';
import type { TaskRun } from './task-run.ts';

/** A position without records is stored at least this often while it moves (rule C5 allows 5 minutes). */
const QUIET_STORE_MS = 60_000;

/**
 * Reads one source partition to its end: poll, convert, publish with the position (law 1), one batch ahead.
 *
 * A passing failure of the source drops the reader; it is opened again from the stored position.
 */
export class PartitionRun {
  readonly #task: TaskRun;
  readonly #name: PartitionName;
  readonly #topic: string;
  readonly #open: (position: Position | null) => Promise<PartitionReader>;
  #stored: StoredPosition | null;
  #storedAt: number;
  #capture: CaptureProgress | null = null;
  /** In a row, without a batch between them. */
  #failures = 0;
  #rejectedInARow = 0;

  constructor(
    task: TaskRun,
    name: PartitionName,
    topic: string,
    stored: StoredPosition | null,
    open: (position: Position | null) => Promise<PartitionReader>,
  ) {
    this.#task = task;
    this.#name = name;
    this.#topic = topic;
    this.#stored = stored;
    this.#storedAt = task.clock.monotonic();
    this.#open = open;
  }

  /** What the last published read said of capture; null before it. */
  get capture(): CaptureProgress | null {
    return this.#capture;
  }

  /** Resolves when the partition is drained and committed. Throws what halts its table, or the abort. */
  async run(): Promise<void> {
    const { clock, log, context, report, definition } = this.#task;
    const { signal } = context;
    for (;;) {
      try {
        return await this.#readOn();
      } catch (thrown) {
        signal.throwIfAborted();
        const error = asConnectError(thrown);
        if (error.remedy !== 'retry') throw error;
        report.fault(this.#name.table, error);
        const detail = { partition: this.#name.partition, attempt: this.#failures };
        log.warn({ code: error.code, ...detail }, `read again from its position: ${error.message}`);
        await clock.sleep(retryDelayMs(this.#failures++, definition.errors ?? WAITS_FOR_EVER), signal);
      }
    }
  }

  async #readOn(): Promise<void> {
    await using reader = await this.#open(this.#stored?.position ?? null);
    let inFlight: Promise<void> = Promise.resolve();
    let quiet = false;
    try {
      for (;;) {
        this.#task.context.signal.throwIfAborted();
        const batch = await this.#poll(reader, quiet);
        quiet = batch.records.length === 0;
        await inFlight;
        inFlight = this.#publish(batch);
        // Observed at the next turn; a rejection meanwhile is not "unhandled".
        inFlight.catch(() => {});
        if (batch.done) break;
      }
    } finally {
      // Law 1: what was handed over is settled before the position is read again.
      await inFlight;
    }
  }

  /** Of a thousand shards with a backlog only some are read at a time; quiet ones wait inside their poll. */
  async #poll(reader: PartitionReader, quiet: boolean): Promise<SourceBatch> {
    if (quiet) return this.#measured(reader);
    using _turn = await this.#task.turns.take();
    await this.#task.publisher.room();
    return await this.#measured(reader);
  }

  get #flow(): Flow {
    return { table: this.#name.table, kind: this.#task.definition.run.kind };
  }

  async #measured(reader: PartitionReader): Promise<SourceBatch> {
    const { clock, context } = this.#task;
    const begunMs = clock.monotonic();
    const batch = await reader.poll();
    const { bytes, records } = batch;
    if (records.length > 0) {
      const tookMs = clock.monotonic() - begunMs;
      context.metrics?.polled(this.#flow, { records: records.length, bytes, tookMs });
    }
    return batch;
  }

  async #publish(batch: SourceBatch): Promise<void> {
    const nothing = batch.records.length === 0 && batch.rejected.length === 0;
    if (!(nothing && !batch.done && !this.#quietStoreDue(batch.position))) await this.#store(batch);
    if (batch.capture) this.#capture = batch.capture;
    if (this.#failures === 0) return;
    this.#failures = 0;
    this.#task.report.fault(this.#name.table, null);
  }

  #quietStoreDue(position: Position): boolean {
    if (this.#stored === null) return true;
    if (this.#task.clock.monotonic() - this.#storedAt < QUIET_STORE_MS) return false;
    return JSON.stringify(position) !== JSON.stringify(this.#stored.position);
  }

  async #store(batch: SourceBatch): Promise<void> {
    const { definition, converter, partitions, publisher, clock, letters } = this.#task;
    const begunMs = clock.monotonic();
    const { rejected } = batch;
    const first = rejected[0];
    if (first && definition.tolerance === 'none') throw first.error;
    this.#refuseFlood(batch);
    const { batches, counts } = toBatches(this.#topic, partitions, batch.records, converter);
    const stored: StoredPosition = {
      position: batch.position,
      done: batch.done,
      coverageMs: batch.capture?.coverageMs ?? null,
      counts: addCounts(addCounts(this.#stored?.counts ?? NO_COUNTS, counts), {
        ...NO_COUNTS,
        deadLettered: rejected.length,
      }),
      version: batch.records.reduce(
        (highest, { version }) => Math.max(highest, version),
        this.#stored?.version ?? 0,
      ),
    };
    const offsets = this.#task.offsets(definition.name);
    const set = rejected.length > 0 ? await letters.batches(rejected, this.#topic) : [];
    await publisher.publish({
      batches: [...batches, ...set],
      offsets: [offsets.entry(this.#name, stored)],
      catalog: [],
      bytes: batch.bytes,
    });
    this.#stored = stored;
    this.#storedAt = clock.monotonic();
    this.#count(batch, this.#storedAt - begunMs);
    if (rejected.length > 0) letters.published(rejected, this.#name.table, this.#topic);
  }

  #count({ records, rejected, bytes }: SourceBatch, tookMs: number): void {
    const { metrics } = this.#task.context;
    if (records.length > 0) metrics?.published(this.#flow, { records: records.length, bytes, tookMs });
    const reasons = rejected.map(({ error }) => error.code);
    metrics?.setAside(this.#flow, reasons);
  }

  /** Nothing but bad records, one after the other, is a broken partition or configuration, not bad records. */
  #refuseFlood({ records, rejected }: SourceBatch): void {
    this.#rejectedInARow = records.length > 0 ? 0 : this.#rejectedInARow + rejected.length;
    if (this.#rejectedInARow < FLOOD) return;
    const { table, partition } = this.#name;
    const last = rejected.at(-1)?.error;
    throw new ConnectError(
      'DEAD_LETTER_FLOOD',
      `${FLOOD} records in a row are bad; the last: ${last?.message}`,
      {
        detail: { ...last?.detail, table, partition },
        cause: last,
      },
    );
  }
}

/** The gap that a vanished, unread parent is (rule C5). */
export function lostLineage(table: string, partition: string): ConnectError {
  return new ConnectError(
    'SOURCE_DATA_GAP',
    `The parent of shard ${partition} of table ${table} is gone and was never read: its changes are lost`,
    { detail: { table, shard: partition } },
  );
}
