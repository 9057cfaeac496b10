import type { Marker } from '../../../schemas/change.ts';
import type { SnapshotRecord } from '../../catalog-records.ts';
import type { FetchedBatch, TopicReader } from '../../kafka/reader.ts';
import type { InRecord } from '../../kafka/wire/record-decode.ts';
import type { TopicLag } from '../../metrics/metrics.ts';
import { addOutcomes, NO_OUTCOMES, subtractOutcomes } from '../outcomes.ts';
import { until, Wake } from '../wake.ts';
import { changesFlow, onMarker, open } from './gate.ts';
import { type Decoded, decodeIncoming, type Incoming } from './incoming.ts';
import { lagOf } from './lane-lag.ts';
import { LaneQueue } from './lane-queue.ts';
import type { LaneState, TopicProgress } from './lane-state.ts';
import { type LaneTarget, writeLane } from './lane-write.ts';
import { checkEpoch, rowsAnywhere } from './sink-prepare.ts';
import type { SinkDefinition } from './sink-world.ts';

/** A lane holds back fetching of a topic while about this much of it waits. */
const QUEUE_BYTES_MAX = 2 << 20;

export interface LaneTopics {
  readonly snapshot: string;
  readonly changes: string;
  readonly partition: number;
}

/**
 * One topic partition of a table on its way to the target: its snapshot rows, its gate, its changes.
 *
 * Strictly sequential: the next batch is begun when every record of the one before is durable. So the state is always
 * a contiguous prefix (rule C8), and no key has two writes in flight (rule C7).
 */
export class Lane {
  readonly #definition: SinkDefinition;
  readonly #target: LaneTarget;
  readonly #topics: LaneTopics;
  readonly #reader: TopicReader;
  readonly #snapshots = new LaneQueue();
  readonly #changes = new LaneQueue();
  readonly #wake = new Wake();
  /** Timestamp of the first change that is being written, ms. */
  #writingMs: number | null = null;
  #state: LaneState;
  #draining = false;
  #settled: Promise<void> = Promise.resolve();

  constructor(
    definition: SinkDefinition,
    target: LaneTarget,
    topics: LaneTopics,
    reader: TopicReader,
    state: LaneState,
  ) {
    this.#definition = definition;
    this.#target = target;
    this.#topics = topics;
    this.#reader = reader;
    this.#state = !definition.snapshots && !state.snapshot.gateOpen ? open(state, 0) : state;
  }

  /** All that is durable; safe to commit at any time. */
  get state(): LaneState {
    return this.#state;
  }

  get queuedBytes(): number {
    return this.#snapshots.bytes + this.#changes.bytes;
  }

  lags(nowMs: number): readonly TopicLag[] {
    const { table } = this.#target.table.facts;
    const { snapshot, changes, partition } = this.#topics;
    const oldestMs = this.#writingMs ?? this.#changes.oldestMs ?? this.#state.changes.lastMs;
    const place = (topic: string, position: number) => {
      return { partition, position, end: this.#reader.endOffset(topic, partition), oldestMs };
    };
    return [
      ...lagOf({ table, kind: 'snapshot' }, place(snapshot, this.#state.snapshot.position), nowMs),
      ...lagOf({ table, kind: 'changes' }, place(changes, this.#state.changes.position), nowMs),
    ];
  }

  /** A fetched batch of one of the lane's topics. */
  offer(batch: FetchedBatch): void {
    const queue = batch.topic === this.#topics.snapshot ? this.#snapshots : this.#changes;
    queue.push(batch);
    if (queue.bytes >= QUEUE_BYTES_MAX) this.#reader.pause(batch.topic, batch.partition);
    this.#wake.ring();
  }

  /** Ends the lane's loop after the batch in hand; resolves when nothing is in flight any more. */
  async drain(): Promise<void> {
    this.#draining = true;
    this.#wake.ring();
    await this.#settled;
  }

  /** Runs until drained or aborted; throws what halts the table. */
  run(): Promise<void> {
    const running = this.#loop();
    this.#settled = running.catch(() => {});
    return running;
  }

  async #loop(): Promise<void> {
    const { snapshot, changes, partition } = this.#topics;
    this.#reader.assign(snapshot, partition, this.#state.snapshot.position);
    if (this.#flow) this.#reader.assign(changes, partition, this.#state.changes.position);
    while (!this.#draining) {
      const batch = this.#snapshots.shift() ?? (this.#flow ? this.#changes.shift() : undefined);
      if (!batch) {
        await this.#wake.wait(1_000, this.#target.signal);
        continue;
      }
      if (this.#missed(batch)) continue;
      await this.#measured(batch, batch.topic === snapshot);
      // The reader's partitions may be read for this lane's successor by now.
      this.#target.signal.throwIfAborted();
      const queue = batch.topic === snapshot ? this.#snapshots : this.#changes;
      if (queue.bytes < QUEUE_BYTES_MAX) this.#reader.resume(batch.topic, batch.partition);
    }
  }

  async #measured(batch: FetchedBatch, isRows: boolean): Promise<void> {
    const { world, metrics, table } = this.#target;
    const begunMs = world.clock.monotonic();
    const before = (isRows ? this.#state.snapshot : this.#state.changes).outcomes;
    this.#writingMs = isRows ? null : (batch.records[0]?.timestampMs ?? null);
    await (isRows ? this.#rows(batch) : this.#follow(batch));
    this.#writingMs = null;
    const { outcomes } = isRows ? this.#state.snapshot : this.#state.changes;
    metrics?.written(
      { table: table.facts.table, kind: isRows ? 'snapshot' : 'changes' },
      subtractOutcomes(outcomes, before),
      { records: batch.records.length, bytes: batch.bytes, tookMs: world.clock.monotonic() - begunMs },
    );
  }

  /** Rule C8: what was fetched for another position, or lies behind something that got lost on the way, is read anew. */
  #missed(batch: FetchedBatch): boolean {
    const isRows = batch.topic === this.#topics.snapshot;
    const { position } = isRows ? this.#state.snapshot : this.#state.changes;
    if (batch.firstOffset === position) return false;
    const queue = isRows ? this.#snapshots : this.#changes;
    queue.clear();
    this.#reader.assign(batch.topic, batch.partition, position);
    return true;
  }

  get #flow(): boolean {
    return this.#target.ordersByVersion || changesFlow(this.#state);
  }

  /** Rows and markers of the snapshot topic, in their order. */
  async #rows(batch: FetchedBatch): Promise<void> {
    let rows: Incoming[] = [];
    const newest = this.#newestBegin();
    const versionMin = this.#versionMin();
    for (const raw of batch.records) {
      const decoded = this.#decode(raw, this.#firstVersion);
      if ('incoming' in decoded) {
        const { incoming } = decoded;
        const isOver = raw.offset < newest || this.#isBrokenOff(decoded) || isBelow(incoming, versionMin);
        rows.push(isOver ? passedOver(incoming) : incoming);
        continue;
      }
      await this.#writeRows(rows, decoded.offset);
      rows = [];
      if (decoded.offset >= newest) await this.#mark(decoded.marker);
      // Only now: a position behind a marker whose word is not in the state yet would lose it to the next owner.
      await this.#writeRows([], decoded.offset + 1);
    }
    await this.#writeRows(rows, batch.nextOffset);
  }

  async #writeRows(rows: readonly Incoming[], nextOffset: number): Promise<void> {
    const { snapshot } = this.#state;
    const { snapshot: topic, partition } = this.#topics;
    const outcomes =
      rows.length === 0
        ? NO_OUTCOMES
        : await writeLane(this.#target, topic, partition, rows, snapshot.countedTo, this.#firstVersion);
    this.#state = {
      ...this.#state,
      snapshot: {
        ...snapshot,
        ...advance(snapshot, nextOffset),
        outcomes: addOutcomes(snapshot.outcomes, outcomes),
      },
    };
  }

  // Rule C7: the gate. What the changes' queue holds was read for another position.
  async #mark(marker: Marker): Promise<void> {
    const flowed = this.#flow;
    const { catalog } = this.#target.world;
    // The record became visible with the begin-markers; our copy of the catalog may be a moment behind.
    const record = await until(() => this.#record(marker.snapshot), catalog, this.#target.signal);
    this.#target.signal.throwIfAborted();
    if (marker.kind === 'begin' && record.windowOf === null) {
      this.#checkEpoch(record.epoch);
      this.#checkCopy(record);
    }
    const before = this.#state;
    this.#state = onMarker(before, marker, record, this.#topics.partition);
    if (this.#target.ordersByVersion) {
      // Rule C6: writes commute, so no change is passed over and none is written again.
      const { snapshot } = this.#state.changes;
      this.#state = { ...this.#state, changes: { ...before.changes, snapshot } };
      return;
    }
    if (flowed === this.#flow) return;
    const { changes, partition } = this.#topics;
    this.#changes.clear();
    if (this.#flow) this.#reader.assign(changes, partition, this.#state.changes.position);
    else this.#reader.unassign(changes, partition);
  }

  async #follow(batch: FetchedBatch): Promise<void> {
    const { changes } = this.#state;
    const versionMin = this.#versionMin();
    const incoming: Incoming[] = [];
    for (const raw of batch.records) {
      const decoded = this.#decode(raw, null);
      if (!('incoming' in decoded)) continue;
      // Changes before the snapshot's offset are in the snapshot: the gate passes them over.
      const isOver = raw.offset < changes.writeFrom || isBelow(decoded.incoming, versionMin);
      incoming.push(isOver ? passedOver(decoded.incoming) : decoded.incoming);
    }
    const { changes: topic, partition } = this.#topics;
    const outcomes =
      incoming.length === 0
        ? NO_OUTCOMES
        : await writeLane(this.#target, topic, partition, incoming, changes.countedTo);
    this.#state = {
      ...this.#state,
      changes: {
        ...changes,
        ...advance(changes, batch.nextOffset),
        outcomes: addOutcomes(changes.outcomes, outcomes),
        lastMs: batch.records.at(-1)?.timestampMs ?? changes.lastMs,
      },
    };
  }

  #decode(raw: InRecord, firstVersion: number | null): Decoded {
    const { world, moves } = this.#target;
    return decodeIncoming(raw, world.converter, this.#definition.transforms, firstVersion, moves);
  }

  /**
   * Rule C6: rows that move are of the current epoch; what was published before it has no place among them. Throws SINK_EPOCH when
   * the table is of an older one: its changes come before its snapshot does.
   */
  #versionMin(): number {
    const { moves, world, table } = this.#target;
    const epoch = moves ? world.catalog.table(table.facts.table)?.epoch : undefined;
    if (epoch === undefined) return 0;
    this.#checkEpoch(epoch.number);
    return epoch.version0;
  }

  #checkEpoch(epoch: number): void {
    const { moves, world, table } = this.#target;
    if (!moves) return;
    const { name } = this.#definition;
    const written = world.catalog.sink(name, table.facts.table);
    if (written) checkEpoch(name, table.facts.table, epoch, written);
  }

  /** Rule C6: of a table whose changes nobody captures no record tells where rows went between two copies, in one epoch too. */
  #checkCopy(next: SnapshotRecord): void {
    const { moves, world, table } = this.#target;
    const before = this.#current;
    if (!moves || before === null || next.changesOffsets !== null || sourceId(before) === sourceId(next))
      return;
    const { name } = this.#definition;
    const written = world.catalog.sink(name, table.facts.table);
    if (written) throw rowsAnywhere(name, table.facts.table, written);
  }

  /** Offset of the newest snapshot's begin-marker in this partition, as the catalog knows it; 0 without one. */
  #newestBegin(): number {
    const { catalog } = this.#target.world;
    const table = this.#target.table.facts.table;
    const current = catalog.currentSnapshot(table);
    if (!current) return 0;
    return catalog.snapshotPartition(table, current.facts.id, this.#topics.partition)?.beginOffset ?? 0;
  }

  #record(snapshot: string): SnapshotRecord | null {
    return this.#target.world.catalog.snapshot(this.#target.table.facts.table, snapshot);
  }

  /**
   * V of the rows of the table's very first snapshot: nothing of their keys can be in the target (rule C9), unless it
   * held rows before.
   */
  get #firstVersion(): number | null {
    if (this.#definition.keepsExisting) return null;
    const record = this.#current;
    return record?.epoch === 1 && record.rank === 0 ? record.version : null;
  }

  /** A row of a broken-off snapshot, which a sleeping task has published behind a newer one's begin-marker. */
  #isBrokenOff({ incoming }: { incoming: Incoming }): boolean {
    const version = incoming.record?.version ?? Number.POSITIVE_INFINITY;
    return version < (this.#current?.version ?? 0);
  }

  /** The snapshot whose rows are being written. */
  get #current(): SnapshotRecord | null {
    const id = this.#state.snapshot.snapshot;
    return id === null ? null : this.#record(id);
  }
}

function isBelow({ record }: Incoming, version: number): boolean {
  return record !== null && record.version < version;
}

/** As its source knows the snapshot: one that is published again holds the same rows. */
function sourceId({ facts, takenAs }: SnapshotRecord): string {
  return takenAs ?? facts.id;
}

/** Counted, not written. */
function passedOver(incoming: Incoming): Incoming {
  return { ...incoming, record: null, error: null, outcome: 'superseded' };
}

function advance(progress: TopicProgress, nextOffset: number): Pick<TopicProgress, 'position' | 'countedTo'> {
  return { position: nextOffset, countedTo: Math.max(progress.countedTo, nextOffset) };
}
