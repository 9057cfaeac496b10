import type { ExpectedRow, RowShape, TargetRow } from '../../connectors/connector.ts';
import { ConnectError } from '../../connectors/errors.ts';
import { CqlBytesError } from '../../schemas/cql/faults.ts';
import { itemKeyOf, rowKeyOf } from '../../schemas/cql/row-key.ts';
import { isUnmappable, type TableMapping } from '../../schemas/cql/table-mapping.ts';
import { CodecError } from '../../schemas/faults.ts';
import { Item } from '../../schemas/item.ts';
import { hasExpired, keyColumns } from './mutations.ts';
import type { Cells } from './raw-cells.ts';
import { columnsOf } from './statements.ts';

/** Rows whose time comes this soon are left out of every comparison: a read takes time, and clocks differ. */
const EXPIRES_SOON_SECONDS = 300;

/** Rows as `verify` compares them: a binary attribute per column that has a value, its bytes in their one form. */
export class CqlRowShape implements RowShape {
  readonly #mapping: TableMapping;
  readonly #nowSeconds: () => number;

  /** @param nowSeconds seconds since the epoch, our clock */
  constructor(mapping: TableMapping, nowSeconds: () => number) {
    this.#mapping = mapping;
    this.#nowSeconds = nowSeconds;
  }

  get moves(): boolean {
    return this.#mapping.rekeyed;
  }

  rowOf(key: Buffer, item: Item): ExpectedRow {
    const bound = this.#mapping.bind(item);
    if (isUnmappable(bound)) return 'unmappable';
    return this.#isOver(bound.expiresAt) ? 'none' : { row: this.#row(key, bound.values) };
  }

  itemKeyOf(rowKey: Buffer): Buffer {
    return itemKeyOf(this.#mapping, rowKey);
  }

  /** A row that was read; null: it has expired, or does so soon. Throws where it holds no key of an item. */
  rowRead(cells: Cells): TargetRow | null {
    if (this.#isOver(this.#mapping.expiresAtOf(cells))) return null;
    return this.#row(this.#itemKeyOf(cells), cells);
  }

  /**
   * The row that was read at the place of a row key; null: as {@link rowRead}, or it is another item's, which has come to the
   * place after the one that is asked for (`unique: true`).
   */
  itemAt(rowKey: Buffer, cells: Cells): Item | null {
    const row = this.rowRead(cells);
    return row?.key.equals(rowKey) ? row.item : null;
  }

  /** Bytes of the columns of a row, in their order. */
  valuesOf(row: Item): (Buffer | null)[] {
    return columnsOf(this.#mapping.table).map(({ name }) => {
      const value = row.attributes.get(name);
      return value !== undefined && 'B' in value ? Buffer.from(value.B) : null;
    });
  }

  #row(itemKey: Buffer, values: Cells): TargetRow {
    const { table } = this.#mapping;
    const canonical = this.#mapping.canonical(values);
    const attributes = new Map(
      columnsOf(table).flatMap(({ name }, i) => {
        const bytes = canonical[i];
        return bytes == null ? [] : [[name, { B: bytes }] as const];
      }),
    );
    const key = canonical.slice(0, keyColumns(this.#mapping)) as Buffer[];
    return { key: rowKeyOf(this.#mapping, itemKey, key), item: Item.fromAttributes(attributes) };
  }

  #itemKeyOf(cells: Cells): Buffer {
    try {
      return this.#mapping.sourceKeyOf(cells);
    } catch (error) {
      if (!(error instanceof CodecError || error instanceof CqlBytesError)) throw error;
      const { name } = this.#mapping.table;
      throw new ConnectError(
        'TARGET_REFUSED',
        `A row of "${name}" does not tell which item it is of, so somebody else has written it: ${error.message}`,
        { cause: error, detail: { table: name } },
      );
    }
  }

  #isOver(expiresAt: number | null): boolean {
    return hasExpired(expiresAt, this.#nowSeconds(), EXPIRES_SOON_SECONDS);
  }
}
