import type { MappedColumn } from './mapped-column.ts';
import type { Unmappable } from './table-mapping.ts';
import { Misfit } from './value-codec.ts';

/** Most bytes of a key on the wire and on disk: its length is written in 16 bits. */
const KEY_BYTES_MAX = 65_535;
/** What each column of a partition key of several adds: its length and an end mark. */
const COMPONENT_BYTES = 3;

const missing = new Misfit('is missing, and the column is part of the key');
const empty = new Misfit('is empty, which a partition key of one column cannot be');
const oversize = new Misfit(`is oversize: a key has ${KEY_BYTES_MAX} bytes at most`);
const oversizeTogether = new Misfit(
  `is oversize with the columns before it: a key has ${KEY_BYTES_MAX} bytes at most`,
);

/** Why no table takes these values as a key; null: it does. The key's columns are the first, those of the partition before. */
export function keyRefusal(
  columns: readonly MappedColumn[],
  values: readonly (Buffer | null)[],
): Unmappable | null {
  const isAlone = columns[1]?.role !== 'partition';
  let partitionBytes = 0;
  let clusteringBytes = 0;
  for (let i = 0; i < columns.length && columns[i]!.role !== 'regular'; i++) {
    const { name: column, role } = columns[i]!;
    const bytes = values[i] ?? null;
    if (bytes === null) return { column, misfit: missing };
    if (bytes.length > KEY_BYTES_MAX) return { column, misfit: oversize };
    if (role === 'partition') {
      if (isAlone && bytes.length === 0) return { column, misfit: empty };
      partitionBytes += bytes.length + (isAlone ? 0 : COMPONENT_BYTES);
    } else clusteringBytes += bytes.length;
    if (partitionBytes > KEY_BYTES_MAX || clusteringBytes > KEY_BYTES_MAX)
      return { column, misfit: oversizeTogether };
  }
  return null;
}
