import type { Item } from './item.ts';

/** Snapshot row, create, update, delete: Debezium's letters. */
export type Op = 'r' | 'c' | 'u' | 'd';

/** Where a snapshot row came from. `line` counts from 1; a Scan's "file" is its segment. */
export interface ExportOrigin {
  readonly snapshot: string;
  readonly file: string;
  readonly line: number;
}

/** Where a change came from. `sequence` is a decimal text of 21 to 40 digits: compare as BigInt only. */
export interface StreamOrigin {
  readonly shard: string;
  readonly sequence: string;
  readonly event: string;
  /** Deleted by time to live, not by a client. */
  readonly ttl: boolean;
}

/** What became of one item; the value of a record in a snapshot or changes topic. */
export interface ChangeRecord {
  readonly op: Op;
  /** V of rule C2: microseconds since the epoch, an integer below 2^53; orders everything that happened to a key. */
  readonly version: number;
  /** Name of the source table. */
  readonly table: string;
  readonly origin: ExportOrigin | StreamOrigin;
  /** Kafka timestamp, ms: creation time of a change, X of a snapshot row. */
  readonly timestampMs: number;
  /** The framed key bytes as they are sent; the partition is computed from them (rule C4). */
  readonly key: Buffer;
  /** Null: there was no item, or the stream does not tell. */
  readonly before: Item | null;
  /** The old image did not pass the transforms: no row was made of it. */
  readonly beforeFiltered?: true;
  /** Null exactly when the item is gone (op `d`). */
  readonly after: Item | null;
}

/** Stands in every partition of a snapshot topic before the first and after the last row of a snapshot. */
export interface Marker {
  readonly kind: 'begin' | 'complete';
  readonly snapshot: string;
  /** 0 for the first snapshot of an epoch. */
  readonly rank: number;
  /** The version of its rows. */
  readonly version: number;
  /** X: exportTime, or the end of an incremental window, or the start of a scan; ms. */
  readonly exportMs: number;
  /** begin: where this partition's changes go on after the snapshot; null without a capture. */
  readonly changesOffset: number | null;
  /** complete: rows of this snapshot in this partition. */
  readonly rows: number | null;
}

export function isStreamOrigin(origin: ExportOrigin | StreamOrigin): origin is StreamOrigin {
  return 'shard' in origin;
}
