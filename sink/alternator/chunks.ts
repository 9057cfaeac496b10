import type { ChangeRecord } from '../../schemas/change.ts';

/** Some records of a batch that go to one node in one request; the rest of the batch is elsewhere. */
export interface Chunk {
  readonly node: string;
  /** The assignment of keys to nodes that `node` comes from. */
  readonly generation: number;
  /** Indexes into the batch. */
  readonly indexes: readonly number[];
  /** Bytes of the items as Avro; their JSON is up to twice as long, with many escapes more. */
  readonly bytes: number;
}

/**
 * Items of one request, as Avro. About 1 MiB of JSON, far below the servers' 16 MiB (ScyllaDB `alternator/server.hh`, DynamoDB
 * API: BatchWriteItem) even where every character is escaped; a larger item goes alone.
 */
const CHUNK_BYTES_MAX = 512 * 1024;

export function bytesOf(record: ChangeRecord): number {
  return record.after === null ? record.key.length : record.after.avro.length;
}

/** Groups records by node, and cuts each group where a request would become too long or too large. */
export function cutChunks(
  records: readonly ChangeRecord[],
  indexes: readonly number[],
  itemsMax: number,
  nodes: { readonly generation: number; nodeOf(key: Buffer): string },
): Chunk[] {
  const { generation } = nodes;
  const chunks: Chunk[] = [];
  const open = new Map<string, { indexes: number[]; bytes: number }>();
  const close = (node: string, group: { indexes: number[]; bytes: number }) => {
    chunks.push({ node, generation, indexes: group.indexes, bytes: group.bytes });
    group.indexes = [];
    group.bytes = 0;
  };
  for (const index of indexes) {
    const record = records[index]!;
    const node = nodes.nodeOf(record.key);
    let group = open.get(node);
    if (group === undefined) open.set(node, (group = { indexes: [], bytes: 0 }));
    const bytes = bytesOf(record);
    const full = group.indexes.length >= itemsMax || group.bytes + bytes > CHUNK_BYTES_MAX;
    if (full && group.indexes.length > 0) close(node, group);
    group.indexes.push(index);
    group.bytes += bytes;
  }
  for (const [node, group] of open) if (group.indexes.length > 0) close(node, group);
  return chunks;
}

/** The same chunk with fewer records. */
export function narrowed(records: readonly ChangeRecord[], chunk: Chunk, indexes: readonly number[]): Chunk {
  let bytes = 0;
  for (const index of indexes) bytes += bytesOf(records[index]!);
  return { ...chunk, indexes, bytes };
}
