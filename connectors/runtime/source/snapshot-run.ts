import type { SnapshotRecord, TableRecord } from '../../catalog-records.ts';
import type { PartitionReader, Position, SnapshotSource, SourcePartition } from '../../connector.ts';
import { ConnectError } from '../../errors.ts';
import type { SnapshotShare } from '../../metrics/metrics.ts';
import { catalogEntry, catalogKeys } from '../catalog.ts';
import { addCounts, NO_COUNTS, type OffsetStore } from '../offset-store.ts';
import { taskOf } from '../ownership.ts';
import { until } from '../wake.ts';
import { GoneKeys, sweeps } from './gone-keys.ts';
import { completeMarkers } from './markers.ts';
import { PartitionRun } from './partition-run.ts';
import { publishedBy } from './published-by.ts';
import { asTaken } from './snapshot-again.ts';
import type { TaskRun } from './task-run.ts';

/** Data files that one task reads at the same time: reading, unpacking and sending overlap, memory stays bounded. */
const READERS_MAX = 2;
/** Name of the partition that the keys which are gone are read from; no data file is called so. */
export const SWEEP = 'messina.sweep';

/** One task's share of one snapshot, or of one window: its data files. Task 0 completes it. */
export class SnapshotRun {
  readonly #task: TaskRun;
  readonly #plugin: SnapshotSource<unknown>;
  readonly #options: unknown;
  readonly #record: TableRecord;
  readonly #snapshot: SnapshotRecord;

  constructor(
    task: TaskRun,
    plugin: SnapshotSource<unknown>,
    options: unknown,
    record: TableRecord,
    snapshot: SnapshotRecord,
  ) {
    this.#task = task;
    this.#plugin = plugin;
    this.#options = options;
    this.#record = record;
    this.#snapshot = snapshot;
  }

  async discover(): Promise<SourcePartition[]> {
    const found: SourcePartition[] = [];
    const { facts } = this.#record;
    const listing = this.#plugin.discover(this.#options, facts, asTaken(this.#snapshot), this.#task.context);
    for await (const partition of listing) found.push(partition);
    return found;
  }

  /** Reads this task's share of the partitions. */
  async readAll(partitions: readonly SourcePartition[]): Promise<void> {
    const { definition, task } = this.#task;
    const stored = this.#offsets.of(this.#table, this.#id);
    const share = partitions.filter((p) => taskOf(this.#table, p.id, definition.tasks) === task);
    this.#task.context.metrics?.watchSnapshot(this.#table, () => this.#progress(share));
    const mine = share.filter((p) => !stored.get(p.id)?.done);
    const next = mine.values();
    const readers = Array.from({ length: Math.min(READERS_MAX, mine.length) }, async () => {
      for (const partition of next) await this.#read(partition);
    });
    await Promise.all(readers);
  }

  #progress(share: readonly SourcePartition[]): SnapshotShare {
    const stored = this.#offsets.of(this.#table, this.#id);
    let filesDone = 0;
    let rowsDone = 0;
    let rows: number | null = 0;
    for (const { id, expectedRecords } of share) {
      const position = stored.get(id);
      if (position?.done) filesDone++;
      if (position) rowsDone += sum(position.counts.rows) + position.counts.deadLettered;
      rows = rows === null || expectedRecords === null ? null : rows + expectedRecords;
    }
    return { files: share.length, filesDone, rows, rowsDone };
  }

  #read(partition: SourcePartition): Promise<void> {
    return this.#publish(partition.id, async (position) => {
      const from = {
        position,
        parents: [],
        table: this.#record.facts,
        snapshot: asTaken(this.#snapshot),
        version: this.#snapshot.version,
      };
      // Held while the file is open, not while a failed one waits: other tables go on.
      const turn = await this.#task.files.take();
      try {
        const reader = await this.#plugin.open(this.#options, partition, from, this.#task.context);
        return releasing(reader, turn);
      } catch (error) {
        turn[Symbol.dispose]();
        throw error;
      }
    });
  }

  #publish(partition: string, open: (position: Position | null) => Promise<PartitionReader>): Promise<void> {
    const name = { table: this.#table, of: this.#id, partition };
    const topic = this.#task.topics.snapshot(this.#table);
    return new PartitionRun(this.#task, name, topic, this.#offsets.get(name), open).run();
  }

  /** Publishes the complete-markers when the stored position of every data file says done, and what is gone is said. */
  async complete(partitions: readonly SourcePartition[]): Promise<void> {
    const task = this.#task;
    const stored = await until(
      () => {
        const positions = this.#offsets.of(this.#table, this.#id);
        return partitions.every((p) => positions.get(p.id)?.done) ? positions : null;
      },
      this.#offsets,
      task.context.signal,
    );
    const files = partitions
      .map(({ id }) => stored.get(id)?.counts ?? NO_COUNTS)
      .reduce(addCounts, NO_COUNTS);
    this.#checkTotal(sum(files.rows) + files.deadLettered);
    const gone = sweeps(this.#snapshot) ? await this.#sweep(files.deadLettered) : [];
    const rows = Array.from({ length: task.partitions }, (_, p) => (files.rows[p] ?? 0) + (gone[p] ?? 0));
    const complete: SnapshotRecord = { ...this.#snapshot, state: 'complete', publishedBy: publishedBy(task) };
    await task.publisher.publish({
      batches: completeMarkers(task.topics.snapshot(this.#table), complete, rows),
      offsets: [],
      catalog: [catalogEntry(catalogKeys.snapshot(this.#table, this.#id), complete)],
      catalogOf: (bases) => bases.map((offset, p) => this.#partitionEntry(p, offset, rows[p] ?? 0)),
      bytes: 0,
    });
    task.log.info({ table: this.#table, snapshot: this.#id }, 'snapshot complete in the topic');
  }

  /**
   * Rule C11.
   *
   * @param unread lines that were set aside: their items exist, and their keys are not known.
   * @returns rows per topic partition
   */
  async #sweep(unread: number): Promise<readonly number[]> {
    if (unread > 0) {
      const message = `Snapshot ${this.#id} of table ${this.#table} lacks ${unread} lines that were set aside, so it cannot say what is gone`;
      throw new ConnectError('EXPORT_INCOMPLETE', message, { detail: { table: this.#table } });
    }
    await this.#publish(SWEEP, async (position) => {
      // One at a time: each holds a chunk per bucket.
      const turn = await this.#task.sweeps.take();
      return releasing(new GoneKeys(this.#task, this.#snapshot, this.#record, position), turn);
    });
    const name = { table: this.#table, of: this.#id, partition: SWEEP };
    const stored = await until(
      () => (this.#offsets.get(name)?.done ? this.#offsets.get(name) : null),
      this.#offsets,
      this.#task.context.signal,
    );
    const { rows } = stored.counts;
    this.#task.log.info({ table: this.#table, rows: sum(rows) }, 'rows for keys that are gone');
    return rows;
  }

  #partitionEntry(partition: number, completeOffset: number, rows: number) {
    const begun = this.#task.catalog.snapshotPartition(this.#table, this.#id, partition);
    const beginOffset = begun?.beginOffset ?? 0;
    const key = catalogKeys.snapshotPartition(this.#table, this.#id, partition);
    return catalogEntry(key, { beginOffset, completeOffset, rows });
  }

  #checkTotal(published: number): void {
    const expected = this.#snapshot.facts.rows;
    if (expected === null || expected === published) return;
    throw new ConnectError(
      'EXPORT_COUNT',
      `Snapshot ${this.#id} of table ${this.#table} should hold ${expected} items; its files hold ${published}`,
      { detail: { table: this.#table, snapshot: this.#id } },
    );
  }

  get #table(): string {
    return this.#record.facts.table;
  }

  get #id(): string {
    return this.#snapshot.facts.id;
  }

  get #offsets(): OffsetStore {
    return this.#task.offsets(this.#task.definition.name);
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

/** The reader, which gives the turn back when it is closed. */
function releasing(reader: PartitionReader, turn: Disposable): PartitionReader {
  return {
    poll: () => reader.poll(),
    async [Symbol.asyncDispose]() {
      try {
        await reader[Symbol.asyncDispose]();
      } finally {
        turn[Symbol.dispose]();
      }
    },
  };
}
