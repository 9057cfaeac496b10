import type { SnapshotRecord, TableRecord } from '../catalog-records.ts';
import type { PartitionReader, SnapshotSource, SourcePartition } from '../connector.ts';
import { ConnectError } from '../errors.ts';
import { retrying } from './backoff.ts';
import { catalogEntry, catalogKeys } from './catalog.ts';
import { completeMarkers } from './markers.ts';
import { addCounts, NO_COUNTS, type OffsetStore } from './offset-store.ts';
import { taskOf } from './ownership.ts';
import { PartitionRun } from './partition-run.ts';
import { leadSnapshot } from './snapshot-lead.ts';
import type { TaskRun } from './source-world.ts';
import { until } from './wake.ts';

/** Data files that one task reads at the same time: reading, unpacking and sending overlap, memory stays bounded. */
const READERS_MAX = 2;

/** One task's share of the snapshot of one table: its data files. Task 0 writes the markers. */
export class SnapshotTable {
  readonly #task: TaskRun;
  readonly #plugin: SnapshotSource<unknown>;
  readonly #options: unknown;
  readonly #table: string;

  constructor(task: TaskRun, plugin: SnapshotSource<unknown>, options: unknown, table: string) {
    this.#task = task;
    this.#plugin = plugin;
    this.#options = options;
    this.#table = table;
  }

  /** Resolves when the snapshot is complete (task 0) or this task's files are; throws what halts the table. */
  async run(): Promise<void> {
    const { catalog, context, report } = this.#task;
    const world = { clock: context.clock, log: context.log, signal: context.signal };
    const fault = (error: ConnectError | null) => report.fault(this.#table, error);
    if (this.#task.task === 0) {
      await retrying(() => leadSnapshot(this.#task, this.#plugin, this.#options, this.#table), world, fault);
    }
    const snapshot = await until(() => catalog.currentSnapshot(this.#table), catalog, context.signal);
    if (snapshot.state === 'complete') return;
    const record = catalog.table(this.#table) as TableRecord;
    report.phase(this.#table, 'loading');
    const partitions = await retrying(() => this.#discover(record, snapshot), world, fault);
    await this.#readAll(partitions, record, snapshot);
    if (this.#task.task === 0) await this.#complete(partitions, snapshot);
  }

  async #discover(record: TableRecord, snapshot: SnapshotRecord): Promise<SourcePartition[]> {
    const found: SourcePartition[] = [];
    const listing = this.#plugin.discover(this.#options, record.facts, snapshot.facts, this.#task.context);
    for await (const partition of listing) found.push(partition);
    return found;
  }

  async #readAll(
    partitions: readonly SourcePartition[],
    record: TableRecord,
    snapshot: SnapshotRecord,
  ): Promise<void> {
    const { definition, task } = this.#task;
    const stored = this.#offsets.of(this.#table, snapshot.facts.id);
    const mine = partitions.filter(
      (p) => taskOf(this.#table, p.id, definition.tasks) === task && !stored.get(p.id)?.done,
    );
    const next = mine.values();
    const readers = Array.from({ length: Math.min(READERS_MAX, mine.length) }, async () => {
      for (const partition of next) await this.#read(partition, record, snapshot);
    });
    await Promise.all(readers);
  }

  #read(partition: SourcePartition, record: TableRecord, snapshot: SnapshotRecord): Promise<void> {
    const name = { table: this.#table, of: snapshot.facts.id, partition: partition.id };
    const topic = this.#task.topics.snapshot(this.#table);
    const run = new PartitionRun(this.#task, name, topic, this.#offsets.get(name), async (position) => {
      const from = {
        position,
        parents: [],
        table: record.facts,
        snapshot: snapshot.facts,
        version: snapshot.version,
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
    return run.run();
  }

  /** Publishes the complete-markers when the stored position of every data file says done. */
  async #complete(partitions: readonly SourcePartition[], snapshot: SnapshotRecord): Promise<void> {
    const { task, id } = { task: this.#task, id: snapshot.facts.id };
    const stored = await until(
      () => {
        const positions = this.#offsets.of(this.#table, id);
        return partitions.every((p) => positions.get(p.id)?.done) ? positions : null;
      },
      this.#offsets,
      task.context.signal,
    );
    const counts = [...stored.values()].map((one) => one.counts).reduce(addCounts, NO_COUNTS);
    const rows = Array.from({ length: task.partitions }, (_, p) => counts.rows[p] ?? 0);
    this.#checkTotal(rows.reduce((a, b) => a + b, 0) + counts.deadLettered, snapshot);
    await task.publisher.publish({
      batches: completeMarkers(task.topics.snapshot(this.#table), snapshot, rows),
      offsets: [],
      catalog: [catalogEntry(catalogKeys.snapshot(this.#table, id), { ...snapshot, state: 'complete' })],
      catalogOf: (bases) => bases.map((offset, p) => this.#partitionEntry(snapshot, p, offset, rows[p] ?? 0)),
      bytes: 0,
    });
    task.log.info({ table: this.#table, snapshot: id }, 'snapshot complete in the topic');
  }

  #partitionEntry(snapshot: SnapshotRecord, partition: number, completeOffset: number, rows: number) {
    const { id } = snapshot.facts;
    const begun = this.#task.catalog.snapshotPartition(this.#table, id, partition);
    const beginOffset = begun?.beginOffset ?? 0;
    const key = catalogKeys.snapshotPartition(this.#table, id, partition);
    return catalogEntry(key, { beginOffset, completeOffset, rows });
  }

  #checkTotal(published: number, snapshot: SnapshotRecord): void {
    const expected = snapshot.facts.rows;
    if (expected === null || expected === published) return;
    throw new ConnectError(
      'EXPORT_COUNT',
      `Snapshot ${snapshot.facts.id} of table ${this.#table} should hold ${expected} items; its files hold ${published}`,
      { detail: { table: this.#table, snapshot: snapshot.facts.id } },
    );
  }

  get #offsets(): OffsetStore {
    return this.#task.offsets(this.#task.definition.name);
  }
}

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
