import { createHash, type Hash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type {
  PartitionReader,
  Position,
  SnapshotFrom,
  SourceBatch,
  TaskContext,
} from '../../connectors/connector.ts';
import { ConnectError } from '../../connectors/errors.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import { CodecError } from '../../schemas/faults.ts';
import { Item } from '../../schemas/item.ts';
import { recordFault } from '../faults.ts';
import { attributeAt } from './fault-place.ts';
import { gunzipped, LINE_BYTES_MAX, LineSplitter } from './lines.ts';
import type { Location } from './locate.ts';
import type { ObjectStore } from './object-store.ts';
import { type RowReader, rowReader } from './row.ts';

/**
 * A batch of rows is cut into one record batch per topic partition, and two make a transaction: smaller ones cost a third
 * of the throughput in round trips (bench/export-to-kafka.ts), larger ones memory.
 */
const ROWS_MAX = 4000;
const BATCH_BYTES = 1024 * 1024;

/** A data file, as `discover` found it. */
export interface OpenFile {
  /** Its partition's id; how records and errors call it. */
  readonly id: string;
  readonly location: Location;
  readonly md5: string | null;
  readonly itemCount: number | null;
  /** Of an incremental export: its lines say what became of keys, where a full one's hold items. */
  readonly window: boolean;
  /** Its lines are text Ion, not DynamoDB JSON. */
  readonly ion: boolean;
}

/** Position in a data file: lines read, and whether the file has been found whole. */
interface FilePosition extends Position {
  readonly line: number;
  readonly done: boolean;
}

/**
 * Reads one data file of an export.
 *
 * The file is read once before its first row is given, to compare its MD5 with the manifest's: no row of a damaged file
 * reaches the topic, and a position keeps its meaning, because the lines before it were these very lines. MD5 and item
 * count are taken again while rows are read; `done` is said only when they hold.
 *
 * A line that is no item is set aside with its bytes and counts as an item of the file. Throws EXPORT_CHECKSUM,
 * EXPORT_COUNT, EXPORT_GZIP, EXPORT_LINE_TOO_LONG, EXPORT_ION_UNREADABLE, EXPORT_FILE_MISSING and what the store throws.
 */
export class DataFileReader implements PartitionReader {
  readonly #store: ObjectStore;
  readonly #file: OpenFile;
  readonly #from: SnapshotFrom;
  readonly #stop = new AbortController();
  readonly #unlink: () => void;
  readonly #rows: RowReader;
  readonly #lines: LineSplitter;
  readonly #skip: number;
  #chunks: AsyncGenerator<Buffer> | null = null;
  #md5: Hash | null = null;
  #done: boolean;

  constructor(
    store: ObjectStore,
    file: OpenFile,
    from: SnapshotFrom,
    context: Pick<TaskContext, 'signal'>,
    lineBytesMax = LINE_BYTES_MAX,
  ) {
    this.#store = store;
    this.#file = file;
    this.#from = from;
    this.#rows = rowReader(file, from.table.keySchema);
    this.#lines = new LineSplitter(file.id, lineBytesMax);
    this.#skip = Number(from.position?.['line'] ?? 0);
    this.#done = from.position?.['done'] === true;
    this.#unlink = follow(context.signal, this.#stop);
  }

  async poll(): Promise<SourceBatch> {
    const batch = new Rows();
    if (this.#done) return this.#end(batch);
    this.#chunks ??= await this.#begin();
    const lines = this.#lines;
    for (;;) {
      while (lines.next()) {
        this.#readLine(batch);
        if (batch.isFull) return batch.upTo({ line: lines.line, done: false });
      }
      const chunk = await this.#chunks.next();
      if (chunk.done === true) break;
      lines.push(chunk.value);
    }
    if (lines.last()) this.#readLine(batch);
    this.#checkWhole();
    this.#done = true;
    return this.#end(batch);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unlink();
    this.#stop.abort(new Error('the reader was closed'));
    await this.#chunks?.return(undefined).catch(() => {});
  }

  async #begin(): Promise<AsyncGenerator<Buffer>> {
    if (this.#file.md5 !== null) {
      const md5 = createHash('md5');
      for await (const chunk of this.#read()) md5.update(chunk);
      this.#checkMd5(md5);
      this.#md5 = createHash('md5');
    }
    return gunzipped(this.#hashed(), this.#file.id);
  }

  #read(): AsyncIterable<Buffer> {
    return this.#store.read(this.#file.location, this.#stop.signal);
  }

  async *#hashed(): AsyncGenerator<Buffer> {
    for await (const chunk of this.#read()) {
      this.#md5?.update(chunk);
      yield chunk;
    }
  }

  #readLine(batch: Rows): void {
    const lines = this.#lines;
    if (lines.line <= this.#skip) return;
    const { table, snapshot, version } = this.#from;
    try {
      const { avro, key } = this.#rows.read(lines.bytes, lines.start, lines.end);
      batch.add(
        {
          op: avro === null ? 'd' : 'r',
          version,
          table: table.table,
          origin: { snapshot: snapshot.id, file: this.#file.id, line: lines.line },
          timestampMs: snapshot.exportMs,
          key,
          before: null,
          after: avro === null ? null : Item.fromAvro(avro),
        },
        (avro?.length ?? 0) + key.length,
      );
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      // A copy: a slice would keep the chunk alive, and the carry is overwritten.
      const bytes = Buffer.from(lines.bytes.subarray(lines.start, lines.end));
      const fault = this.#fault(error, bytes);
      if (fault.remedy !== 'dead-letter') throw fault;
      batch.reject(fault, bytes);
    }
  }

  #fault(error: CodecError, line: Buffer): ConnectError {
    const { id: file } = this.#file;
    const place = { table: this.#from.table.table, file, line: this.#lines.line };
    const attribute =
      error.position === undefined ? null : attributeAt(this.#rows.json(line), error.position);
    const where = `${file}, line ${place.line}`;
    if (attribute === null) return recordFault(error, where, place);
    return recordFault(error, `${where}, attribute ${JSON.stringify(attribute)}`, { ...place, attribute });
  }

  #checkWhole(): void {
    if (this.#md5 !== null) this.#checkMd5(this.#md5);
    const { id: file, itemCount } = this.#file;
    const actual = this.#lines.line;
    const expected = Math.max(itemCount ?? actual, this.#skip);
    if (actual === expected) return;
    throw new ConnectError('EXPORT_COUNT', `${file} holds ${actual} items, the manifest says ${expected}`, {
      detail: { table: this.#from.table.table, file, expected, actual },
    });
  }

  #checkMd5(md5: Hash): void {
    const { id: file, md5: expected } = this.#file;
    if (expected === null || md5.digest('base64') === expected) return;
    throw new ConnectError('EXPORT_CHECKSUM', `${file} does not have the MD5 that the manifest states`, {
      detail: { table: this.#from.table.table, file },
    });
  }

  #end(batch: Rows): SourceBatch {
    return batch.upTo({ line: Math.max(this.#lines.line, this.#skip), done: true });
  }
}

/** The rows of one poll. */
class Rows {
  readonly #records: ChangeRecord[] = [];
  readonly #rejected: SourceBatch['rejected'][number][] = [];
  #bytes = 0;

  get isFull(): boolean {
    return this.#bytes >= BATCH_BYTES || this.#records.length + this.#rejected.length >= ROWS_MAX;
  }

  add(record: ChangeRecord, bytes: number): void {
    this.#records.push(record);
    this.#bytes += bytes;
  }

  reject(error: ConnectError, bytes: Buffer): void {
    this.#rejected.push({ error, bytes });
    this.#bytes += bytes.length;
  }

  upTo(position: FilePosition): SourceBatch {
    const { done } = position;
    return { records: this.#records, rejected: this.#rejected, position, done, bytes: this.#bytes };
  }
}

/** Lets `own` abort with `signal`; the result ends that. */
function follow(signal: AbortSignal, own: AbortController): () => void {
  // Node warns of a leak above ten listeners; a task reads more files than that at a time.
  setMaxListeners(0, signal);
  const abort = () => own.abort(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  return () => signal.removeEventListener('abort', abort);
}
