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
  /** How often windows follow the full one, 0 to 1. */
  readonly windowed: number;
}

interface Row {
  readonly key: string;
  /** Null: deleted, in a window. */
  readonly n: number | null;
}

const FILES = 2;

/** All exports that were ever made: they outlive the processes that asked for them. */
export class Exports {
  readonly made = new Map<string, readonly (readonly Row[])[]>();
  /**
   * By the id of a full snapshot, what it and its windows together say of a key that is not there at their end: born
   * within the fuzz of one and deleted within the next. Mended by a repair only (rule C1).
   */
  readonly ghosts = new Map<string, ReadonlyMap<string, number>>();
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
  #full(exportMs: number): Row[] {
    return this.#table.keys.flatMap((key) => {
      const atMs = exportMs + this.#time.random.between(this.kind.fromMs, this.kind.toMs);
      const n = this.#table.stateAt(key, atMs);
      return n === null ? [] : [{ key, n }];
    });
  }

  /** What became of the keys that were written in it, each once; nothing of what was not there before and is not after. */
  #window(fromMs: number, toMs: number): Row[] {
    const written = this.#table.keys.filter((key) => this.#table.isWrittenIn(key, fromMs, toMs));
    return written.flatMap((key) => {
      const n = this.#table.stateAt(key, toMs);
      return n === null && this.#table.stateAt(key, fromMs) === null ? [] : [{ key, n }];
    });
  }

  #keep(exportMs: number, rows: readonly Row[]): SnapshotFacts {
    const files: Row[][] = Array.from({ length: FILES }, () => []);
    for (const row of rows) this.#time.random.pick(files).push(row);
    const id = `export-${this.made.size}`;
    this.made.set(id, files);
    return { id, exportMs, arn: null, partitions: FILES, rows: rows.length, facts: {} };
  }

  /** A full export and the windows that continue it up to a time: contiguous, or overlapping a little. */
  #chain(endMs: number, windows: number): [SnapshotFacts, ...SnapshotFacts[]] {
    const { random } = this.#time;
    const exportMs = windows === 0 ? endMs : Math.floor(endMs - random.between(5000, 50_000));
    const ends = Array.from({ length: windows - 1 }, () => Math.floor(random.between(exportMs, endMs)));
    const full = this.#full(exportMs);
    const chain: [SnapshotFacts, ...SnapshotFacts[]] = [this.#keep(exportMs, full)];
    const said = new Map(full.map(({ key, n }) => [key, n]));
    let fromMs = exportMs - this.kind.slackMs;
    for (const toMs of windows === 0 ? [] : [...ends.sort((a, b) => a - b), endMs]) {
      const rows = this.#window(fromMs, toMs);
      for (const { key, n } of rows) said.set(key, n);
      chain.push(this.#keep(toMs, rows));
      fromMs = toMs - (random.chance(0.5) ? random.between(0, 8000) : 0);
    }
    const ghosts = [...said].flatMap(([key, n]) =>
      n !== null && windows > 0 && this.#table.stateAt(key, endMs) === null ? [[key, n] as const] : [],
    );
    this.ghosts.set(chain[0].id, new Map(ghosts));
    return chain;
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
        let exportMs = this.made.size === 0 ? kind.manifestMs : null;
        if (exportMs === null) {
          const fromMs = isOff('C1.slack') ? this.#time.nowMs : (notBeforeMs ?? 0);
          await clock.sleep(Math.max(0, fromMs - this.#time.nowMs), signal);
          exportMs = Math.ceil(Math.max(this.#time.nowMs, fromMs));
        }
        const readyMs = exportMs + kind.toMs + this.#time.random.between(0, 8000);
        await clock.sleep(Math.max(0, readyMs - this.#time.nowMs), signal);
        const windows = this.#time.random.chance(kind.windowed) ? 1 + this.#time.random.below(3) : 0;
        return this.#chain(exportMs, windows);
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
        const records = some.map(({ key, n }, i) => this.#row(partition.id, line + i + 1, from, key, n));
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

  #row(file: string, line: number, from: SnapshotFrom, name: string, n: number | null): ChangeRecord {
    const { snapshot, version, table } = from;
    const bytes = Buffer.from(JSON.stringify(itemOf(name, n ?? 0)));
    const { avro, key } = this.#scanner.scan(bytes, 0, bytes.length);
    return {
      op: n === null ? 'd' : 'r',
      version: isOff('C2.below') ? snapshot.exportMs * 1000 : version,
      table: table.table,
      origin: { snapshot: snapshot.id, file, line },
      timestampMs: snapshot.exportMs,
      key,
      before: null,
      after: n === null ? null : Item.fromAvro(avro),
    };
  }
}

async function* partitionsOf(snapshot: SnapshotFacts): AsyncGenerator<SourcePartition> {
  for (let file = 0; file < snapshot.partitions; file++) {
    yield { id: `file-${file}`, after: [], expectedRecords: null };
  }
}
