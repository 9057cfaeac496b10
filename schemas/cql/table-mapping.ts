import type { Item } from '../item.ts';
import type { CqlType, UdtField } from './type.ts';
import type { Misfit } from './value-codec.ts';

/** A column of a CQL table, by its name as it is, unquoted. */
export interface CqlColumn {
  readonly name: string;
  readonly type: CqlType;
}

/** The CQL table that a mapping makes of a source table. Order is that of the statements' parameters. */
export interface CqlTable {
  /** Name as it is, unquoted; without the keyspace. */
  readonly name: string;
  readonly partitionKey: readonly CqlColumn[];
  readonly clusteringKey: readonly CqlColumn[];
  /** The others; the leftovers column is the last, where there is one. */
  readonly columns: readonly CqlColumn[];
  /** User-defined types that it uses, each behind those it uses itself. */
  readonly types: readonly { readonly name: string; readonly fields: readonly UdtField[] }[];
  /** What stands behind WITH in CREATE TABLE, as the user wrote it; null: nothing. */
  readonly options: string | null;
}

/** A row as it is written: CQL bytes in the order of the table's columns, key columns first. */
export interface BoundRow {
  /** Null: the column has no value. Never null for a key column. */
  readonly values: readonly (Buffer | null)[];
  /** When the item expires, seconds since the epoch; null: never, or it tells no usable time. */
  readonly expiresAt: number | null;
  /** Attributes that no column holds, and that the mapping drops. */
  readonly dropped: number;
  /** Columns whose attribute did not fit and went where the mapping says: leftovers or null. */
  readonly misfits: readonly {
    readonly column: string;
    readonly misfit: Misfit;
    readonly went: 'leftovers' | 'null';
  }[];
}

/** Why an item cannot become a row: it is set aside. */
export interface Unmappable {
  /** The attribute's name where no column holds it and the mapping sets such items aside. */
  readonly column: string;
  readonly misfit: Misfit;
}

/** What becomes of one source table in CQL. Pure: knows no server. */
export interface TableMapping {
  readonly table: CqlTable;
  /** The row's place follows from other attributes than the source key (rule C6): deletes need the old image. */
  readonly rekeyed: boolean;
  /** Changes when the same item would become another row. */
  readonly fingerprint: string;
  /** What is lost, or may be, in sentences for people. */
  readonly losses: readonly string[];
  readonly expired: 'keep' | 'delete';
  /**
   * The row of an item; all columns. Throws CodecError, as do the next two, where the bytes are no item or no key.
   */
  bind(item: Item): BoundRow | Unmappable;
  /** The key columns of an item's row, alone. */
  bindKey(item: Item): readonly Buffer[] | Unmappable;
  /** The key columns from the framed source key; only where the mapping is not `rekeyed`. */
  keyOf(framedKey: Buffer): readonly Buffer[] | Unmappable;
  /** The framed source key of a row that was read back, from its columns' bytes. Throws where the row holds none. */
  sourceKeyOf(values: readonly (Buffer | null)[]): Buffer;
  /** As {@link BoundRow.expiresAt}, of a row that was read back. */
  expiresAtOf(values: readonly (Buffer | null)[]): number | null;
  /** Bytes of columns as they compare ({@link ValueCodec.canonical}); an empty non-frozen collection is null. */
  canonical(values: readonly (Buffer | null)[]): readonly (Buffer | null)[];
}

export function isUnmappable(bound: object): bound is Unmappable {
  return 'misfit' in bound;
}
