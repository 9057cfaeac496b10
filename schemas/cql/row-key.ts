import type { TableMapping, Unmappable } from './table-mapping.ts';

/** Big-endian, before each part. */
const LENGTH_BYTES = 4;

/**
 * What tells a row from all others: the framed key of its item, and where the row's place follows from more than that
 * (see {@link TableMapping.rekeyed}) also the bytes of its key columns, each part behind its length.
 *
 * @param keyValues of the key columns, as they stand or would stand in the table
 */
export function rowKeyOf(mapping: TableMapping, framedKey: Buffer, keyValues: readonly Buffer[]): Buffer {
  if (!mapping.rekeyed) return framedKey;
  return Buffer.concat(
    [framedKey, ...keyValues].flatMap((part) => {
      const length = Buffer.allocUnsafe(LENGTH_BYTES);
      length.writeUInt32BE(part.length);
      return [length, part];
    }),
  );
}

/** The framed key of the item that a row is of. */
export function itemKeyOf(mapping: TableMapping, rowKey: Buffer): Buffer {
  return mapping.rekeyed ? partsOf(rowKey)[0]! : rowKey;
}

/** The key columns of a row. */
export function keyValuesOf(mapping: TableMapping, rowKey: Buffer): readonly Buffer[] | Unmappable {
  return mapping.rekeyed ? partsOf(rowKey).slice(1) : mapping.keyOf(rowKey);
}

function partsOf(rowKey: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < rowKey.length; ) {
    const from = at + LENGTH_BYTES;
    at = from + rowKey.readUInt32BE(at);
    parts.push(rowKey.subarray(from, at));
  }
  return parts;
}
