import type { PartitionReader, SourceBatch, TaskContext } from '../../connectors/connector.ts';
import type { ScanPage } from '../../dynamodb/scan.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import { CodecError } from '../../schemas/faults.ts';
import { Item } from '../../schemas/item.ts';
import { recordFault, sourceFault } from '../faults.ts';
import { type SegmentState, segmentName, toPosition } from './segment.ts';

export interface SegmentReaderOptions {
  readonly table: string;
  readonly snapshot: string;
  /** X: the scan's start, ms server time. */
  readonly exportMs: number;
  /** V of every row (rule C2). */
  readonly version: number;
  readonly segment: number;
  readonly start: SegmentState;
  /** Opens the pages behind a key; null: from the segment's begin. */
  readonly pages: (startKey: Buffer | null) => AsyncGenerator<ScanPage, void, undefined>;
}

/** Reads one segment of a table, a page of at most 1 MB per poll. */
export class SegmentReader implements PartitionReader {
  readonly #options: SegmentReaderOptions;
  readonly #context: TaskContext;
  #state: SegmentState;
  #pages: AsyncGenerator<ScanPage, void, undefined> | null = null;

  constructor(options: SegmentReaderOptions, context: TaskContext) {
    this.#options = options;
    this.#context = context;
    this.#state = options.start;
  }

  async poll(): Promise<SourceBatch> {
    if (this.#state.done) return this.#batch([], 0);
    const page = await this.#next();
    const { rows } = this.#state;
    const records = page.items.map(({ key, avro }, i) => this.#row(key, avro, rows + i + 1));
    const bytes = page.items.reduce((sum, { key, avro }) => sum + key.length + avro.length, 0);
    const lastKey = page.lastKey?.toString() ?? null;
    this.#state = { lastKey, rows: rows + records.length, done: lastKey === null };
    return this.#batch(records, bytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pages?.return();
  }

  async #next(): Promise<ScanPage> {
    const { lastKey } = this.#state;
    this.#pages ??= this.#options.pages(lastKey === null ? null : Buffer.from(lastKey));
    try {
      const { value, done } = await this.#pages.next();
      // The last page has no key behind it, and ends the reading before its iterator does.
      if (done) throw new Error('a scan ended before its last page');
      return value;
    } catch (error) {
      this.#context.signal.throwIfAborted();
      const { table } = this.#options;
      const segment = segmentName(this.#options.segment);
      const place = `Scanning ${segment} of table ${table}`;
      if (error instanceof CodecError) throw recordFault(error, place, { table, segment });
      throw sourceFault(error, place, { table, segment });
    }
  }

  #row(key: Buffer, avro: Buffer, line: number): ChangeRecord {
    const { table, snapshot, exportMs, version, segment } = this.#options;
    return {
      op: 'r',
      version,
      table,
      origin: { snapshot, file: segmentName(segment), line },
      timestampMs: exportMs,
      key,
      before: null,
      after: Item.fromAvro(avro),
    };
  }

  #batch(records: readonly ChangeRecord[], bytes: number): SourceBatch {
    return { records, rejected: [], position: toPosition(this.#state), done: this.#state.done, bytes };
  }
}
