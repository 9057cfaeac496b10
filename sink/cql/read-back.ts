import type { TargetRow } from '../../connectors/connector.ts';
import { keyValuesOf } from '../../schemas/cql/row-key.ts';
import { isUnmappable, type TableMapping } from '../../schemas/cql/table-mapping.ts';
import type { Item } from '../../schemas/item.ts';
import { merged } from '../merged.ts';
import type { Cells } from './raw-cells.ts';
import type { CqlReader } from './reading.ts';
import type { CqlRowShape } from './row-shape.ts';
import { columnsOf } from './statements.ts';

/** The table that is read, and what it is read with. */
export interface ReadTarget {
  readonly mapping: TableMapping;
  readonly shape: CqlRowShape;
  readonly reader: CqlReader;
  readonly statements: ReadStatements;
}

/** Texts of statements that select all columns, in the table's order. */
export interface ReadStatements {
  /** Rows of a range of tokens: above the first parameter, up to the second. */
  readonly range: string;
  /** The row of the key columns. */
  readonly row: string;
}

const RANGES = 64;
const RANGES_AT_ONCE = 4;
const PAGE_ROWS = 100;
const PAGE_ROWS_MAX = 5000;
/** About what a page should hold: rows differ by a factor of ten thousand, and servers count rows only. */
const PAGE_BYTES = 1 << 20;
/**
 * A column without a value is a tombstone where a change took it away, and Cassandra gives a page up that meets 100 000 of them
 * (cassandra.yaml, tombstone_failure_threshold).
 */
const PAGE_CELLS_MAX = 50_000;
const LOOK_UPS_AT_ONCE = 32;

/** Tokens of Murmur3Partitioner; no row has the least. */
const TOKEN_MIN = -(2n ** 63n);
const TOKEN_MAX = 2n ** 63n - 1n;

/** All rows of the table, in pages, some token ranges at once. Whoever takes them slowly is sent them slowly. */
export async function* readRows(target: ReadTarget): AsyncGenerator<readonly TargetRow[], void, undefined> {
  const ranges = tokenRanges();
  const shares = Array.from({ length: RANGES_AT_ONCE }, (_, share) =>
    readRanges(
      target,
      ranges.filter((_, i) => i % RANGES_AT_ONCE === share),
    ),
  );
  for await (const cells of merged(shares)) {
    const rows = cells.map((one) => target.shape.rowRead(one)).filter((row) => row !== null);
    if (rows.length > 0) yield rows;
  }
}

async function* readRanges(
  { mapping, reader, statements }: ReadTarget,
  ranges: readonly (readonly Buffer[])[],
): AsyncGenerator<readonly Cells[], void, undefined> {
  let fetchSize = PAGE_ROWS;
  for (const params of ranges) {
    const query = { statement: statements.range, params, columns: columnsOf(mapping.table).length };
    for (let from: string | null = null; ; ) {
      const { rows, next }: { rows: readonly Cells[]; next: string | null } = await reader.page(
        query,
        fetchSize,
        from,
      );
      if (rows.length > 0) {
        yield rows;
        fetchSize = pageRows(rows);
      }
      if (next === null) break;
      from = next;
    }
  }
}

/** Rows of the next page, by the size of those of the last. */
function pageRows(rows: readonly Cells[]): number {
  let [bytes, count] = [0, 0];
  for (const cells of rows) {
    count += cells.length;
    for (const cell of cells) bytes += cell?.length ?? 0;
  }
  const most = Math.min(
    (PAGE_BYTES * rows.length) / Math.max(1, bytes),
    (PAGE_CELLS_MAX * rows.length) / count,
  );
  return Math.min(PAGE_ROWS_MAX, Math.max(1, Math.floor(most)));
}

/** Equal parts of the ring: above the first, up to the second; as bytes of a bigint. */
export function tokenRanges(): readonly (readonly [Buffer, Buffer])[] {
  const step = 2n ** 64n / BigInt(RANGES);
  return Array.from({ length: RANGES }, (_, i) => {
    const from = TOKEN_MIN + BigInt(i) * step;
    return [int64(from), int64(i === RANGES - 1 ? TOKEN_MAX : from + step)];
  });
}

function int64(value: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

/** The rows of some row keys, in the order asked; null where there is none. */
export async function lookUpRows(target: ReadTarget, keys: readonly Buffer[]): Promise<(Item | null)[]> {
  const found: (Item | null)[] = [];
  for (let from = 0; from < keys.length; from += LOOK_UPS_AT_ONCE) {
    const some = keys.slice(from, from + LOOK_UPS_AT_ONCE);
    found.push(...(await Promise.all(some.map((key) => lookUpRow(target, key)))));
  }
  return found;
}

async function lookUpRow(
  { mapping, shape, reader, statements }: ReadTarget,
  rowKey: Buffer,
): Promise<Item | null> {
  const params = keyColumnsOf(mapping, rowKey);
  // An item whose key no row can have has none.
  if (params === null) return null;
  const cells = await reader.row({
    statement: statements.row,
    params,
    columns: columnsOf(mapping.table).length,
  });
  return cells && shape.itemAt(rowKey, cells);
}

/** The key columns of a row key; null: no row can have it. */
export function keyColumnsOf(mapping: TableMapping, rowKey: Buffer): readonly Buffer[] | null {
  const key = keyValuesOf(mapping, rowKey);
  return isUnmappable(key) ? null : key;
}
