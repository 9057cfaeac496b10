import { z } from 'zod';
import type { SnapshotFacts, TableFacts } from '../../connectors/catalog-records.ts';
import type {
  PartitionReader,
  SnapshotFrom,
  SnapshotSource,
  SourceBatch,
  SourcePartition,
} from '../../connectors/connector.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import { Item } from '../../schemas/item.ts';
import { ItemScanner } from '../../schemas/scanner.ts';
import { isOff } from './naive.ts';
import { itemOf, type SourceTable } from './source-table.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface ExportKind {
  /** Rows show the table at any time from X + `fromMs` to X + `toMs`: the fuzz of an export, the length of a scan. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly slackMs: number;
  /** An export made earlier, at this time; null: one is made when it is asked for. */
  readonly manifestMs: number | null;
}

const FILES = 2;

/** All exports that were ever made: they outlive the processes that asked for them. */
export class Exports {
  readonly made = new Map<string, readonly { key: string; n: number }[][]>();
  readonly kind: ExportKind;
  readonly #time: VirtualTime;
  readonly #table: SourceTable;
  readonly #scanner: ItemScanner;

  constructor(time: VirtualTime, table: SourceTable, kind: ExportKind, facts: TableFacts) {
    this.#time = time;
    this.#table = table;
    this.kind = kind;
    this.#scanner = new ItemScanner(facts.keySchema);
  }

  /** Each key as it was at some time around X: a fuzzy, not transactional picture. */
  make(exportMs: number): SnapshotFacts {
    const { random } = this.#time;
    const files: { key: string; n: number }[][] = Array.from({ length: FILES }, () => []);
    for (const key of this.#table.keys) {
      const n = this.#table.stateAt(key, exportMs + random.between(this.kind.fromMs, this.kind.toMs));
      if (n !== null) random.pick(files).push({ key, n });
    }
    const id = `export-${this.made.size}`;
    this.made.set(id, files);
    const rows = files.reduce((sum, file) => sum + file.length, 0);
    return { id, exportMs, arn: null, partitions: FILES, rows, facts: {} };
  }

  source(): SnapshotSource<unknown> {
    const { kind } = this;
    return {
      kind: 'snapshot',
      name: 'ModelExport',
      summary: 'A fuzzy export of the model.',
      options: z.unknown(),
      check: () => Promise.resolve([]),
      describe: () => Promise.reject(new Error('the capture describes the table')),
      serverTimeMs: async () => this.#table.serverTimeMs(),
      slackMs: () => (isOff('C1.slack') ? 0 : kind.slackMs),
      take: async (_options, _table, { notBeforeMs }, { clock, signal }) => {
        let exportMs = kind.manifestMs;
        if (exportMs === null) {
          const fromMs = isOff('C1.slack') ? this.#time.nowMs : (notBeforeMs ?? 0);
          await clock.sleep(Math.max(0, fromMs - this.#time.nowMs), signal);
          exportMs = Math.ceil(Math.max(this.#time.nowMs, fromMs));
        }
        const readyMs = exportMs + kind.toMs + this.#time.random.between(0, 8000);
        await clock.sleep(Math.max(0, readyMs - this.#time.nowMs), signal);
        return [this.make(exportMs)];
      },
      discover: (_options, _table, snapshot) => partitionsOf(snapshot),
      open: async (_options, partition, from, { clock, signal }) => {
        return this.#reader(partition, from, (ms) => clock.sleep(ms, signal));
      },
    };
  }

  #reader(
    partition: SourcePartition,
    from: SnapshotFrom,
    sleep: (ms: number) => Promise<void>,
  ): PartitionReader {
    const rows = this.made.get(from.snapshot.id)![Number(partition.id.slice('file-'.length))]!;
    const { random } = this.#time;
    let line = Number(from.position?.['line'] ?? 0);
    return {
      poll: async (): Promise<SourceBatch> => {
        await sleep(random.between(0, 1500));
        const some = rows.slice(line, line + random.pick([1, 2, 4]));
        const records = some.map(({ key, n }, i) =>
          this.#row(partition.id, line + i + 1, from, itemOf(key, n)),
        );
        line += some.length;
        return {
          records,
          rejected: [],
          position: { line },
          done: line === rows.length,
          bytes: 100 * some.length,
        };
      },
      [Symbol.asyncDispose]: async () => {},
    };
  }

  #row(file: string, line: number, from: SnapshotFrom, item: object): ChangeRecord {
    const { facts } = { facts: from.snapshot };
    const bytes = Buffer.from(JSON.stringify(item));
    const { avro, key } = this.#scanner.scan(bytes, 0, bytes.length);
    return {
      op: 'r',
      version: isOff('C2.below') ? facts.exportMs * 1000 : from.version,
      table: from.table.table,
      origin: { snapshot: facts.id, file, line },
      timestampMs: facts.exportMs,
      key,
      before: null,
      after: Item.fromAvro(avro),
    };
  }
}

async function* partitionsOf(snapshot: SnapshotFacts): AsyncGenerator<SourcePartition> {
  for (let file = 0; file < snapshot.partitions; file++) {
    yield { id: `file-${file}`, after: [], expectedRecords: null };
  }
}
