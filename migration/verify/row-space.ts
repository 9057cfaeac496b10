import type { RowShape } from '../../connectors/connector.ts';
import { DIGEST_BYTES, itemDigest } from '../../schemas/digest.ts';
import type { Item } from '../../schemas/item.ts';
import type { Sighting } from './sides.ts';
import type { Expected } from './transformed.ts';

/** What the target should hold of an item, or at the place that a row has. */
export interface ExpectedPlace {
  /** What tells the row from others; see {@link RowSpace}. */
  readonly key: Buffer;
  /** Null: no row. */
  readonly digest: Buffer | null;
  /** The row itself; null where there is none, or nobody can make it: it is compared, and never written. */
  readonly row: Item | null;
}

/**
 * What a comparison compares: items under their own keys, or the rows that a sink makes of them.
 *
 * Where rows move, a key is that of a row, and says where in the target it stands: an item that changes may leave its
 * place. Then an item of which no row can be made has a key too, behind a mark that no row's key begins with.
 */
export interface RowSpace {
  /** An item's row may stand at several places, one after the other. */
  readonly moves: boolean;
  /** The framed key of the item that a row is of. */
  itemKeyOf(rowKey: Buffer): Buffer;
  /** Is there such a place in the target? An item that cannot be written has none. */
  isPlace(rowKey: Buffer): boolean;
  /** Null: there should be no row, and no place tells so. */
  expected(key: Buffer, expected: Expected): ExpectedPlace | null;
}

/** Rows are items under their own keys. */
export const ITEMS: RowSpace = {
  moves: false,
  itemKeyOf: (rowKey) => rowKey,
  isPlace: () => true,
  expected: (key, { item, certain }) => ({
    key,
    digest: item === null ? null : itemDigest(item.avro),
    row: certain ? item : null,
  }),
};

/** In the place of the digest of a row that cannot be made: nothing in the target equals it. */
const UNMAPPABLE = Buffer.alloc(DIGEST_BYTES, 0xff);
/** In front of the key of an item that has no place. */
const NO_PLACE = Buffer.alloc(4, 0xff);

export function rowSpace(shape: RowShape | undefined): RowSpace {
  return shape === undefined ? ITEMS : new ShapedRows(shape);
}

class ShapedRows implements RowSpace {
  readonly moves: boolean;
  readonly #shape: RowShape;

  constructor(shape: RowShape) {
    this.moves = shape.moves;
    this.#shape = shape;
  }

  itemKeyOf(rowKey: Buffer): Buffer {
    if (!this.moves) return rowKey;
    return this.isPlace(rowKey) ? this.#shape.itemKeyOf(rowKey) : rowKey.subarray(NO_PLACE.length);
  }

  isPlace(rowKey: Buffer): boolean {
    return !this.moves || !rowKey.subarray(0, NO_PLACE.length).equals(NO_PLACE);
  }

  expected(key: Buffer, { item, certain }: Expected): ExpectedPlace | null {
    // An item that a transform fails on was set aside, and nobody knows its row.
    const expected = item === null ? 'none' : certain ? this.#shape.rowOf(key, item) : 'unmappable';
    if (expected === 'none') return this.moves ? null : { key, digest: null, row: null };
    if (expected === 'unmappable') return this.#unmappable(key);
    const { row } = expected;
    return { key: row.key, digest: itemDigest(row.item.avro), row: row.item };
  }

  #unmappable(key: Buffer): ExpectedPlace {
    const placed = this.moves ? Buffer.concat([NO_PLACE, key]) : key;
    return { key: placed, digest: UNMAPPABLE, row: null };
  }
}

/** What there should be at a row's place, given what is expected of its item. */
export function sightingAt(rowKey: Buffer, expected: ExpectedPlace | null): Sighting {
  const { digest, row } = expected?.key.equals(rowKey) ? expected : { digest: null, row: null };
  return { digest, item: () => Promise.resolve(row) };
}
