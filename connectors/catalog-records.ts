import type { KeySchema, KeyType } from '../schemas/values.ts';

/** What a source table is; all a sink needs to create its target without asking the source. */
export interface TableFacts {
  readonly table: string;
  readonly arn: string | null;
  /** TableId: another one under the same name is another table. Null where a stand-in has none. */
  readonly tableId: string | null;
  readonly keySchema: KeySchema;
  /** Types of all attributes that keys of the table and of its indexes use. */
  readonly attributeTypes: Readonly<Record<string, KeyType>>;
  readonly localIndexes: readonly IndexFacts[];
  /** Put in place at cutover (rule C10); recorded from the start. */
  readonly globalIndexes: readonly IndexFacts[];
  readonly ttlAttribute: string | null;
  /** As the source estimates them; refreshed every six hours there. */
  readonly itemCount: number | null;
  readonly sizeBytes: number | null;
}

export interface IndexFacts {
  readonly name: string;
  readonly keySchema: KeySchema;
  readonly projection: 'ALL' | 'KEYS_ONLY' | 'INCLUDE';
  /** Non-key attributes of an INCLUDE projection. */
  readonly projected: readonly string[];
}

/** A source connector that publishes a table: its positions, and the transactional ids of its tasks, are of its group. */
export interface PublishedBy {
  /** `group.id` of its workers; of a migration file, its name. */
  readonly group: string;
  readonly connector: string;
}

/** One unbroken capture (rule C2). Without a capture (`changes: none`) `streamArn` is null. */
export interface Epoch {
  /** 1, 2, … per table. */
  readonly number: number;
  /** V0, µs. */
  readonly version0: number;
  readonly streamArn: string | null;
  /** CreationRequestDateTime of the stream, ms; null without a capture. */
  readonly createdMs: number | null;
  /** Server time at the epoch's begin, ms. */
  readonly begunMs: number;
  /** End of each partition of the changes topic when the epoch began. */
  readonly firstOffsets: readonly number[];
  /** Shards where lineages begin. */
  readonly roots: readonly string[];
  /** Messina enabled this stream, so `cleanup` may disable it. */
  readonly streamEnabled: boolean;
  /** Who captures it: nobody else may (rule C3). Absent: nobody does, or the record is an older one. */
  readonly capturedBy?: PublishedBy;
}

/** Catalog record `table/T`. */
export interface TableRecord {
  readonly facts: TableFacts;
  readonly epoch: Epoch;
}

/**
 * Catalog record `request/T/N`: what a snapshot source noted while the snapshot of epoch N is being made.
 *
 * It stays when the snapshot stands: `cleanup` learns from it what was switched on (`pitrEnabled`).
 */
export interface RequestRecord {
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
}

/** What a snapshot source says of a snapshot. */
export interface SnapshotFacts {
  /** Unique per table: the export id, or made from the scan's start. */
  readonly id: string;
  /** X: exportTime, the end of an incremental window, or the start of a scan; ms server time. */
  readonly exportMs: number;
  readonly arn: string | null;
  /** Data files or segments. */
  readonly partitions: number;
  /** Rows of the whole, where known beforehand. */
  readonly rows: number | null;
  /** What the source needs to find it again, e.g. where its manifest lies. */
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
}

/** The proof of rule C1, with all its times, ms server time. */
export interface CoverageProof {
  readonly proven: boolean;
  /** Coverage reaches back to here; null: no coverage is claimed. */
  readonly fromMs: number | null;
  readonly slackMs: number;
  readonly exportMs: number;
}

/** Catalog record `snapshot/T/id`. */
export interface SnapshotRecord {
  readonly facts: SnapshotFacts;
  readonly epoch: number;
  readonly rank: number;
  /** V of its rows, µs. */
  readonly version: number;
  /** `due`: a window whose begin-markers do not stand yet. */
  readonly state: 'due' | 'begun' | 'complete';
  /** An incremental window: id of the full snapshot that it continues. Null: a full one. */
  readonly windowOf: string | null;
  /** Its complete-marker opens the gate: the last of a chain of a full snapshot and its windows (rule C7). */
  readonly opensGate: boolean;
  readonly proof: CoverageProof;
  /** Per topic partition: where its changes go on after the snapshot. Null without a capture. */
  readonly changesOffsets: readonly number[] | null;
  /** The id that its source gave it, where it was published before under that one; absent: its id. */
  readonly takenAs?: string;
  /** Who publishes it: nobody else may publish the table's rows (rule C3). Absent: the record is an older one. */
  readonly publishedBy?: PublishedBy;
}

/** Catalog record `snapshot/T/id/P`, one per topic partition. */
export interface SnapshotPartitionRecord {
  readonly beginOffset: number;
  /** Null until the complete-marker stands. */
  readonly completeOffset: number | null;
  readonly rows: number | null;
}

/** Catalog record `sink/CONNECTOR/T`: this sink writes, or has written, to its target table. */
export interface SinkRecord {
  readonly fingerprint: string;
  readonly targetTable: string;
  /** Epoch ms, our clock; for people. */
  readonly preparedMs: number;
  /** Number of the table's epoch then; rows of items that may move are written in this one only (rule C6). */
  readonly epoch: number;
  /** Settings of the target table that were changed for the migration, as they were before. */
  readonly restore: TableSettings;
  /** Id of the full snapshot whose windows were mended against the source (rule C1); null: none was. */
  readonly mendedSnapshot: string | null;
  /** Which table that is, as the target tells it; absent: it does not, or the record is an older one. */
  readonly targetId?: string;
}

/** Catalog record `repair/CONNECTOR/T`: what repairs may have written (rule C12). */
export interface RepairRecord {
  /** No repair through this connector has written a higher V; a later epoch outranks it too (rule C2). */
  readonly version: number;
}

/** Settings of a target table by their names, as the target writes them. */
export type TableSettings = Readonly<Record<string, string>>;

/** What a sink is told of a table: the facts, and that is all it ever gets of the source. */
export interface SinkTable {
  readonly facts: TableFacts;
}
