/**
 * What a connector is. The runtime knows only this file; `source/` and `sink/` implement it.
 *
 * Glossary
 * - *record*: one {@link ChangeRecord}, a snapshot row or a change.
 * - *partition* (source): what is read in order and has a position of its own: a data file, a scan segment, a shard.
 *   A Kafka *topic partition* is always called so.
 * - *position*: where a source partition is read up to, a flat object of primitives, stored beside the records.
 * - *offset*: a place in a topic partition.
 * - *epoch*: one unbroken capture of a table's stream. *snapshot*: rows of one export or scan of a table.
 * - *coverage*: the time since which every change is captured (rule C1).
 * - *server time*: the `Date` header of the service that answered, ms; never our clock.
 * - *gate*: holds changes of a topic partition back until its snapshot is written (rule C7).
 * - *task*: a share of a connector's work. Task 0 of a source also leads it: markers and catalog.
 *
 * The five laws, each tested by the suites in `test/conformance`:
 * 1. Poll before position: a position is saved only after every record up to it is in the topic.
 * 2. Put is durable: when `put` resolves, each record not named in the result can be read back; when it throws,
 *    nothing is assumed of the batch.
 * 3. Put is repeatable: the same batch twice equals once.
 * 4. One key, one order: changes of one key reach the target in topic order, or carry versions that make order irrelevant.
 * 5. Round trip: `decode(encode(r))` equals `r` for every kind of value.
 */

import type { z } from 'zod';
import type { ChangeRecord } from '../schemas/change.ts';
import type { Item } from '../schemas/item.ts';
import type { Epoch, SinkTable, SnapshotFacts, TableFacts, TableSettings } from './catalog-records.ts';
import type { Clock } from './clock.ts';
import type { ConnectError } from './errors.ts';
import type { Logger } from './log.ts';
import type { TaskMetrics } from './metrics/metrics.ts';

export interface Plugin<O> {
  /** The class name in configurations, e.g. `S3ExportSource`. */
  readonly name: string;
  /** One sentence for lists. */
  readonly summary: string;
  /** Strict; every leaf described; defaults in the schema. */
  readonly options: z.ZodType<O>;
}

/** What every step gets: nothing else of the world is reached around it. */
export interface TaskContext {
  readonly log: Logger;
  readonly clock: Clock;
  /** Told per batch or request, never per record; absent where nobody asks. */
  readonly metrics?: TaskMetrics | undefined;
  /** Aborts when the task must stop; every wait inside a step ends with it. */
  readonly signal: AbortSignal;
}

/** Something `plan` and the start of `migrate` found to be wrong. Nothing has been touched. */
export interface Problem {
  readonly table: string | null;
  readonly error: ConnectError;
}

// ------------------------------------------------------------------ sources

export type Position = Readonly<Record<string, string | number | boolean | null>>;

export interface SourcePartition {
  /** Unique within its table and snapshot or epoch: a data file's key, `segment-3`, a shard id. */
  readonly id: string;
  /** Partitions to be drained and committed before this one is read (rule C5): in a position of changes `after`, blanks between. */
  readonly after: readonly string[];
  /** Records it must hold, where its source says so (a manifest's itemCount), else null. */
  readonly expectedRecords: number | null;
  /** What `open` needs beyond the id: flat, as it comes from `discover`; absent for a partition known from its position alone. */
  readonly facts?: Position;
}

/** A record that could not be decoded. */
export interface RejectedRecord {
  readonly error: ConnectError;
  /** The original bytes: the dead letter's value. */
  readonly bytes: Buffer;
}

export interface SourceBatch {
  readonly records: readonly ChangeRecord[];
  readonly rejected: readonly RejectedRecord[];
  /** Where the partition is read up to once these records are in the topic (law 1). */
  readonly position: Position;
  /** The partition is drained: nothing will ever follow. A data file is done only when its checksum and count hold. */
  readonly done: boolean;
  /** Bytes the records hold in memory, for back-pressure. */
  readonly bytes: number;
  /** Changes only: what this read tells of capture. */
  readonly capture?: CaptureProgress;
}

export interface CaptureProgress {
  /** Lowest time that this partition's reading lets coverage reach back to, ms server time (rules C1 and C5). */
  readonly coverageMs: number;
  /** Every change older than this, ms server time, has been read from this partition; null: not known yet. */
  readonly readToMs: number | null;
}

export interface PartitionReader extends AsyncDisposable {
  /**
   * The next records, or none yet. Waits a little itself (through `context.clock`) where the source asks for a pause.
   * After a throw the reader is dropped and opened again from the stored position.
   */
  poll(): Promise<SourceBatch>;
}

/** Where reading starts. */
export interface OpenFrom {
  /** The stored position; null: the partition was never read. */
  readonly position: Position | null;
  /** Last positions of the partitions in `after` that were read. */
  readonly parents: readonly Position[];
  readonly table: TableFacts;
}

export interface SnapshotFrom extends OpenFrom {
  readonly snapshot: SnapshotFacts;
  /** V of every row (rule C2). */
  readonly version: number;
}

export interface ChangesFrom extends OpenFrom {
  readonly epoch: Epoch;
  /** Coverage as far as it is known, ms server time: older records are the snapshot's (rule C1). */
  readonly coverageMs: number;
}

interface SourceConnector<O, From> extends Plugin<O> {
  /**
   * Looks, touches nothing: access, existence, suitability, per table. Problems, never throws for one.
   * @param tables literal table names.
   */
  check(options: O, tables: readonly string[], context: TaskContext): Promise<readonly Problem[]>;
  /**
   * The literal names that a list of table names and globs means, sorted; absent: this connector knows no globs.
   * Throws SOURCE_TABLE_MISSING when a glob matches none.
   */
  tables?(options: O, entries: readonly string[], context: TaskContext): Promise<readonly string[]>;
  /** What the table is: keys, indexes, TTL. Throws SOURCE_TABLE_MISSING. */
  describe(options: O, table: string, context: TaskContext): Promise<TableFacts>;
  open(options: O, partition: SourcePartition, from: From, context: TaskContext): Promise<PartitionReader>;
}

/** What a snapshot is taken for. */
export interface SnapshotAsked {
  /** A snapshot taken by this call begins at or after it, ms server time; null: capture claims nothing. */
  readonly notBeforeMs: number | null;
  /** What an earlier call noted for this very snapshot and epoch before it ended without an answer; null: nothing. */
  readonly noted: Position | null;
  /** Keeps what a later call needs to go on with (an export's token, its ARN); durable when it resolves. */
  note(facts: Position): Promise<void>;
}

/** Publishes rows of snapshots: an export, a scan. */
export interface SnapshotSource<O> extends SourceConnector<O, SnapshotFrom> {
  readonly kind: 'snapshot';
  /**
   * Finds or takes the table's snapshot; may wait long (for the slack, for an export being made).
   *
   * @returns the full snapshot and, after it, the incremental windows that continue it, in their order (rule C1).
   */
  take(
    options: O,
    table: TableFacts,
    asked: SnapshotAsked,
    context: TaskContext,
  ): Promise<readonly [SnapshotFacts, ...SnapshotFacts[]]>;
  /** The source's clock now, ms: from the answer of a cheap call. */
  serverTimeMs(options: O, table: string, context: TaskContext): Promise<number>;
  /** The slack of rule C1 for this kind of snapshot, ms. */
  slackMs(options: O): number;
  /**
   * Why a snapshot that was begun (with its windows, as `take` gave them) is not to be finished under these options: they name
   * another one. Null: it is. Absent: options name none. Asks nobody.
   */
  changed?(options: O, table: string, begun: readonly SnapshotFacts[]): ConnectError | null;
  discover(
    options: O,
    table: TableFacts,
    snapshot: SnapshotFacts,
    context: TaskContext,
  ): AsyncIterable<SourcePartition>;
}

/** Publishes changes of a stream. */
export interface ChangesSource<O> extends SourceConnector<O, ChangesFrom> {
  readonly kind: 'changes';
  /** Makes sure that the table's stream is there and suitable (enables one where there is none), and what it is. */
  capture(options: O, table: TableFacts, context: TaskContext): Promise<CaptureFacts>;
  /**
   * All partitions that exist now. Called again and again: children appear late.
   * Throws SOURCE_DATA_GAP when the stream or table is another one than the epoch's.
   */
  discover(options: O, table: TableFacts, epoch: Epoch, context: TaskContext): AsyncIterable<SourcePartition>;
}

export interface CaptureFacts {
  readonly streamArn: string;
  /** CreationRequestDateTime of the stream, ms. */
  readonly createdMs: number;
  /** Server time of this answer, ms. */
  readonly serverTimeMs: number;
  /** Partitions without a listed parent: where lineages begin in this epoch. */
  readonly roots: readonly string[];
  /** There was none: this very call enabled it. */
  readonly enabled: boolean;
}

// ------------------------------------------------------------------ sinks

export interface PutFailure {
  /** Index of the record in the batch. */
  readonly index: number;
  readonly error: ConnectError;
}

/** Who holds a topic partition, as the sink must know it before its first write (rule C7). */
export interface TakeOver {
  /** The last owner said in its last commit that nothing of it is in flight; true also when there never was one. */
  readonly clean: boolean;
  /** Nobody ever wrote for this partition. */
  readonly first: boolean;
}

export interface SinkTask extends AsyncDisposable {
  /** Called once before the first `put` of a lane: waits out what the last owner may have left in flight. */
  adopt(table: SinkTable, lane: string, takeOver: TakeOver): Promise<void>;
  /**
   * Writes records of one table and one topic partition ("lane"). For a sink without versions the runtime calls it
   * for a lane only when the call before has settled, and no key stands in a batch twice (rule C7).
   * Resolves when everything not named in the result is durable (law 2); throws when the target is broken:
   * then the runtime waits and repeats the same batch (law 3).
   */
  put(
    table: SinkTable,
    lane: string,
    batch: readonly ChangeRecord[],
    standing?: LaneStanding,
  ): Promise<readonly PutFailure[]>;
  /**
   * Which table stands in the target: an id that no other one has, be it made later under the same name or be it in another
   * cluster, and that stays while nodes come and go. `''`: the target tells none; null: there is no table. Absent: it is never asked,
   * and the sink goes on in whatever stands there.
   */
  tableId?(table: SinkTable): Promise<string | null>;
}

/** How a lane stands while a batch of it is written. */
export interface LaneStanding {
  /**
   * Asked before each request: false once the lane may be another's, though the task's lease holds again for others.
   * Then nothing more is sent: LEASE_LOST is thrown (rule C7).
   */
  isOurs(): boolean;
  /** A target that fails for so long, ms, is not tried again within this call; absent: as long as the sink sees fit. */
  readonly failsAfterMs?: number;
  /** V of rows that are the first ever of their keys, in a table that was empty; null: there are none (rule C6). */
  readonly firstVersion: number | null;
}

export interface SinkContext extends TaskContext {
  /** False when the task's lease may have run out: nothing may be sent any more (rule C7). */
  readonly leaseValid: () => boolean;
}

/** A row of the target as `verify` sees it. */
export interface TargetRow {
  /** What tells it from other rows: the framed key of its item as the source makes it, or what {@link RowShape} says. */
  readonly key: Buffer;
  /** The item, or what {@link RowShape} makes of one. */
  readonly item: Item;
}

/**
 * How the rows of a sink differ from the items they are made of: what `verify` compares in the items' place, and what
 * is mended. Both sides come to the same bytes exactly when the row is right.
 */
export interface RowShape {
  /**
   * The place of a row follows from more than its item's key, so an item that changes may leave a row elsewhere: a row's
   * key is then more than that of its item. False: it is the item's framed key.
   */
  readonly moves: boolean;
  /** The row that an item should have. */
  rowOf(key: Buffer, item: Item): ExpectedRow;
  /** The framed key of the item that a row is of. */
  itemKeyOf(rowKey: Buffer): Buffer;
}

/**
 * row: there should be this one. none: there should be none, e.g. it has expired. unmappable: it cannot be written, and is
 * set aside or halts the table: whatever the target holds is different.
 */
export type ExpectedRow = { readonly row: TargetRow } | 'none' | 'unmappable';

/** One key whose row in the target is not what it should be (rule C12). */
export interface Mending {
  /** Framed. */
  readonly key: Buffer;
  /** The row as it was seen: something is written only while it is still that; null: there was none. */
  readonly seen: Item | null;
  /** The row as it should be; null: none. */
  readonly wanted: Item | null;
  /** Version of the newest record of its item that is known; −1: none is. */
  readonly newest: number;
  /** An earlier try failed, though both rows were the same then: the target may not be able to compare all that was seen. */
  readonly loosely: boolean;
}

/**
 * written: acknowledged. changed: the row was not what had been seen, or something as new as this repair has been or will be
 * written; nothing is written. later: nothing either, for somebody has stamped the row with a time that is far from come.
 * unknown: executed, or not, or some time within {@link Mender.settleMs}. refused: the target never takes it.
 */
export type MendOutcome = 'written' | 'changed' | 'later' | 'unknown' | 'refused';

/** Mends single rows of one target table, each only while it is still what was seen. */
export interface Mender extends AsyncDisposable {
  /** So long after `mend` resolved nothing of it is executed any more, and shows on every node; ms. */
  readonly settleMs: number;
  /** At a limited rate; outcomes in the order asked. No key twice. Throws when the target is broken. */
  mend(mendings: readonly Mending[]): Promise<readonly MendOutcome[]>;
}

export interface SinkConnector<O> extends Plugin<O> {
  /** version true: rule C6, every write carries V, no gate. false: rule C7, the runtime gates. */
  readonly supports: { readonly version: boolean };
  /** Name of the target table for a source table; no two have the same. */
  targetTable(options: O, table: string): string;
  /** Options under which tables are written under other names, by source table; absent: it cannot. */
  renamed?(options: O, names: ReadonlyMap<string, string>): O;
  /** Changes when the same records would be written differently (rule C6). */
  fingerprint(options: O, table: SinkTable): string;
  /** How its rows differ from items; absent: rows are items under their own keys. */
  shape?(options: O, table: SinkTable): RowShape;
  /** Looks, touches nothing. `first`: nothing in the catalog says that this sink has written there (rule C11). */
  check(options: O, table: SinkTable, first: boolean, context: TaskContext): Promise<readonly Problem[]>;
  /**
   * Creates the target table where it is missing; throws what `check` would report. Repeatable.
   *
   * @returns settings of the table that were changed for the migration, as they were: put back at cutover (rule C10).
   */
  prepare(options: O, table: SinkTable, first: boolean, context: TaskContext): Promise<TableSettings>;
  /** Drops the target table; for `replay --recreate`. */
  drop(options: O, table: SinkTable, context: TaskContext): Promise<void>;
  open(options: O, context: SinkContext): Promise<SinkTask>;
  /** Reads the target back, in parallel and at a limited rate, in batches. Items that have expired are left out. */
  rows(options: O, table: SinkTable, context: TaskContext): AsyncIterable<readonly TargetRow[]>;
  /** Reads the rows of some keys back ({@link TargetRow}): null where there is none. Order as asked. */
  lookUp(
    options: O,
    table: SinkTable,
    keys: readonly Buffer[],
    context: TaskContext,
  ): Promise<readonly (Item | null)[]>;
  /**
   * Opens what mends single rows (rule C12); absent where this sink cannot.
   *
   * @param versionNow for sinks with versions: V of a repair that is written now, µs; null: none is safe yet.
   */
  openMender?(
    options: O,
    table: SinkTable,
    context: TaskContext,
    versionNow: () => Promise<number | null>,
  ): Promise<Mender>;
}

// ------------------------------------------------------------------ transforms and converters

/** Pure and synchronous. Null: the item does not belong in the target; counted as filtered (rule C9). */
export interface Transform {
  readonly name: string;
  /** Changes when it would make something else of the same records (rule C6); empty: it leaves all as they are. */
  readonly fingerprint: string;
  apply(record: ChangeRecord): ChangeRecord | null;
  /**
   * What it does to an attribute of every item of a table, as `removes` of its `option`; null, or absent: nothing. Key
   * attributes must stay what they are.
   */
  touches?(table: string, attribute: string): { readonly option: string; readonly does: string } | null;
}

/** A record as it stands in a topic. */
export interface TopicRecord {
  readonly key: Buffer;
  readonly value: Buffer;
  readonly timestampMs: number;
}

export interface Converter {
  readonly name: string;
  /** One sentence for lists; absent: none. */
  readonly summary?: string;
  encode(record: ChangeRecord): TopicRecord;
  /** Throws RECORD_UNDECODABLE. */
  decode(record: TopicRecord): ChangeRecord;
}
