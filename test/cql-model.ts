import type { Mutation } from '../sink/cql/mutations.ts';

interface Cell {
  readonly timestamp: number;
  /** Null: a tombstone. */
  readonly value: Buffer | null;
  /** Seconds since the epoch; null: it stays. */
  readonly expiresAt: number | null;
}

interface Row {
  readonly key: readonly Buffer[];
  /** Timestamp of the row's tombstone. */
  deleted: number;
  marker: Cell | null;
  readonly cells: (Cell | null)[];
}

const PRESENT = Buffer.alloc(0);

/**
 * A table as CQL servers keep it: cells with timestamps, row markers and tombstones, which are merged one by one.
 *
 * The rules are those of ScyllaDB's docs/dev/timestamp-conflict-resolution.md. Nothing is ever purged.
 */
export class CqlModel {
  readonly #rows = new Map<string, Row>();
  readonly #keyColumns: number;
  readonly #columns: number;

  /** @param columns all columns, key columns first */
  constructor(keyColumns: number, columns: number) {
    this.#keyColumns = keyColumns;
    this.#columns = columns;
  }

  /** @param nowSeconds the server's clock, which a TTL counts from */
  apply(mutation: Mutation, nowSeconds: number): void {
    if (mutation.kind === 'delete') {
      const row = this.#rowOf(mutation.key);
      row.deleted = Math.max(row.deleted, mutation.version);
      return;
    }
    const { values, version: timestamp, ttlSeconds, leavesAbsent } = mutation;
    const row = this.#rowOf(values.slice(0, this.#keyColumns) as Buffer[]);
    const expiresAt = ttlSeconds === null ? null : nowSeconds + ttlSeconds;
    row.marker = winner(row.marker, { timestamp, value: PRESENT, expiresAt });
    for (let i = this.#keyColumns; i < this.#columns; i++) {
      const value = values[i] ?? null;
      if (value === null && leavesAbsent) continue;
      const cell = { timestamp, value, expiresAt: value === null ? null : expiresAt };
      row.cells[i] = winner(row.cells[i] ?? null, cell);
    }
  }

  /** What a SELECT shows: rows with a live marker or a live cell, by their key in hex. */
  rows(nowSeconds: number): Map<string, (string | null)[]> {
    const shown = new Map<string, (string | null)[]>();
    for (const [name, { key, deleted, marker, cells }] of this.#rows) {
      const live = (cell: Cell | null) => {
        if (cell === null || cell.timestamp <= deleted) return null;
        return cell.expiresAt !== null && cell.expiresAt <= nowSeconds ? null : cell.value;
      };
      const values = cells.slice(this.#keyColumns).map(live);
      if (live(marker) === null && values.every((value) => value === null)) continue;
      shown.set(
        name,
        [...key, ...values].map((value) => value?.toString('hex') ?? null),
      );
    }
    return shown;
  }

  #rowOf(key: readonly Buffer[]): Row {
    const name = key.map((part) => part.toString('hex')).join('/');
    let row = this.#rows.get(name);
    if (row === undefined) {
      row = { key, deleted: -1, marker: null, cells: new Array<Cell | null>(this.#columns).fill(null) };
      this.#rows.set(name, row);
    }
    return row;
  }
}

/** Which of two cells stays: the first rule that decides. */
function winner(a: Cell | null, b: Cell): Cell {
  if (a === null) return b;
  if (a.timestamp !== b.timestamp) return a.timestamp > b.timestamp ? a : b;
  if (a.value === null || b.value === null) return a.value === null ? a : b;
  if ((a.expiresAt === null) !== (b.expiresAt === null)) return a.expiresAt === null ? b : a;
  if (a.expiresAt !== b.expiresAt) return a.expiresAt! > b.expiresAt! ? a : b;
  return Buffer.compare(a.value, b.value) > 0 ? a : b;
}
