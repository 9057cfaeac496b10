import type { Epoch, TableFacts } from '../../catalog-records.ts';
import type { ChangesSource, SourcePartition } from '../../connector.ts';
import { ConnectError } from '../../errors.ts';
import { retrying } from '../backoff.ts';
import type { OffsetStore, StoredPosition } from '../offset-store.ts';
import { taskOf } from '../ownership.ts';
import { NOTHING_TO_READ } from '../read-mark.ts';
import { until, Wake } from '../wake.ts';
import { leadCapture } from './capture-lead.ts';
import { coverageSoFarMs, prove } from './coverage.ts';
import { assertSameTopics } from './earlier-life.ts';
import { epochName } from './epoch-name.ts';
import { inEpoch } from './epochs.ts';
import { readiness } from './lineage.ts';
import { listIntervalMs } from './list-interval.ts';
import { lostLineage, PartitionRun } from './partition-run.ts';
import { assertOwnCapture } from './published-by.ts';
import type { TaskRun } from './task-run.ts';

/** A parent counts as vanished only when all listings have lacked it for so long: they are eventually consistent. */
const LOST_AFTER_MS = 15_000;
/** A drained shard is waited on for its children so long; a stand-in's may have none. */
const CHILDLESS_AFTER_MS = 15_000;

/** One task's share of the capture of one table: its shards, in the order of their lineage (rule C5). */
export class ChangesTable {
  readonly #task: TaskRun;
  readonly #plugin: ChangesSource<unknown>;
  readonly #options: unknown;
  readonly #table: string;
  readonly #wake = new Wake();
  readonly #running = new Map<string, PartitionRun>();
  /**
   * Read to their end by this task, or found so, with the monotonic ms of that: our copy of the positions may not say so
   * yet, and would have them begun again.
   */
  readonly #drained = new Map<string, number>();
  readonly #lostSince = new Map<string, number>();
  #failure: unknown = null;
  /** A child of a drained shard, of which nobody has read anything yet. */
  #awaited: string | null = null;
  /** Some shard of this task is not read yet. */
  #waiting = true;

  constructor(task: TaskRun, plugin: ChangesSource<unknown>, options: unknown, table: string) {
    this.#task = task;
    this.#plugin = plugin;
    this.#options = options;
    this.#table = table;
  }

  /** Runs until the task stops; throws what halts the table. */
  async run(): Promise<void> {
    const { context, catalog, report } = this.#task;
    const world = { clock: context.clock, log: context.log, signal: context.signal };
    const known = inEpoch(this.#task, this.#table);
    if (this.#task.task === 0) {
      await retrying(
        () => leadCapture(this.#task, this.#plugin, this.#options, this.#table),
        world,
        (error) => report.fault(this.#table, error),
      );
    }
    const offsets = this.#task.offsets(this.#task.definition.name);
    const record = known ?? (await until(() => inEpoch(this.#task, this.#table), catalog, context.signal));
    // What stood under the epoch's name before was deleted as it began: our copy of the positions must say so.
    if (known === null) await offsets.readPastOpen();
    await assertSameTopics(this.#task, this.#task.definition.name, this.#table, epochName(record.epoch));
    // Only a drained partition calls for another look; looking at every position would ask the source all the time.
    const unsubscribe = offsets.subscribe(({ table, partition }, stored) => {
      if (table === this.#table && (stored?.done || partition === this.#awaited)) this.#wake.ring();
    });
    report.readTo(this.#table, () => (this.#waiting ? null : this.#readTo()));
    try {
      for (;;) {
        await retrying(
          () => this.#turn(record.facts, record.epoch, offsets),
          world,
          (error) => report.fault(this.#table, error),
        );
        await this.#wake.wait(listIntervalMs(this.#task.definition, this.#waiting), context.signal);
        if (this.#failure !== null) throw this.#failure;
      }
    } finally {
      unsubscribe();
    }
  }

  async #turn(facts: TableFacts, epoch: Epoch, offsets: OffsetStore): Promise<void> {
    assertOwnCapture(this.#task, this.#table);
    const listing: SourcePartition[] = [];
    for await (const partition of this.#plugin.discover(this.#options, facts, epoch, this.#task.context)) {
      listing.push(partition);
    }
    const stored = offsets.of(this.#table, epochName(epoch));
    const listed = new Set(listing.map((partition) => partition.id));
    const roots = new Set(epoch.roots);
    this.#proveAgain(epoch, stored);
    let waiting = false;
    for (const partition of [...listing, ...unlisted(stored, listed, roots)]) {
      if (taskOf(this.#table, partition.id, this.#task.definition.tasks) !== this.#task.task) continue;
      if (this.#running.has(partition.id) || this.#drained.has(partition.id)) continue;
      const state = readiness(partition, stored, listed, roots);
      if (state !== 'lost') this.#lostSince.delete(partition.id);
      if (state === 'ready') this.#start(partition, facts, epoch, stored);
      else if (state === 'lost') this.#lost(partition.id);
      // Drained before this task began: its children are awaited all the same.
      else if (state === 'done') this.#drained.set(partition.id, this.#task.context.clock.monotonic());
      if (state === 'wait' || state === 'lost') waiting = true;
    }
    this.#waiting = waiting || listing.length === 0 || this.#awaitsChildren(listing, stored);
  }

  /** Rule C5: coverage rises when a shard is read late; then the proof of rule C1 is made again. */
  #proveAgain(epoch: Epoch, stored: ReadonlyMap<string, StoredPosition>): void {
    const snapshot = this.#task.catalog.currentSnapshot(this.#table);
    if (!snapshot?.proof.proven) return;
    const { slackMs, exportMs } = snapshot.proof;
    if (prove(coverageSoFarMs(epoch, stored), slackMs, exportMs).proven) return;
    throw new ConnectError(
      'SOURCE_DATA_GAP',
      `Table ${this.#table}: the stream was read so late that changes since its snapshot may be lost`,
      { detail: { table: this.#table, snapshot: snapshot.facts.id } },
    );
  }

  /** A shard that ends goes on in its children, which may hold changes before a listing shows them or one is read. */
  #awaitsChildren(listing: readonly SourcePartition[], stored: ReadonlyMap<string, StoredPosition>): boolean {
    this.#awaited = null;
    const parents = new Set<string>();
    for (const { id, after } of listing) {
      for (const parent of after) {
        if (this.#drained.has(parent) && !stored.has(id)) {
          this.#awaited = id;
          return true;
        }
        parents.add(parent);
      }
    }
    const nowMs = this.#task.context.clock.monotonic();
    for (const [id, drainedMs] of this.#drained) {
      if (!parents.has(id) && nowMs - drainedMs < CHILDLESS_AFTER_MS) return true;
    }
    return false;
  }

  #lost(id: string): void {
    const nowMs = this.#task.context.clock.monotonic();
    const sinceMs = this.#lostSince.get(id) ?? nowMs;
    this.#lostSince.set(id, sinceMs);
    if (nowMs - sinceMs >= LOST_AFTER_MS) throw lostLineage(this.#table, id);
  }

  #start(
    partition: SourcePartition,
    facts: TableFacts,
    epoch: Epoch,
    stored: ReadonlyMap<string, StoredPosition>,
  ): void {
    const parents = partition.after.flatMap((id) => {
      const parent = stored.get(id);
      return parent ? [parent.position] : [];
    });
    const name = { table: this.#table, of: epochName(epoch), partition: partition.id };
    const topic = this.#task.topics.changes(this.#table);
    const offsets = this.#task.offsets(this.#task.definition.name);
    const run = new PartitionRun(this.#task, name, topic, stored.get(partition.id) ?? null, (position) => {
      const coverage = coverageSoFarMs(epoch, offsets.of(this.#table, epochName(epoch)));
      const from = { position, parents, table: facts, epoch, coverageMs: coverage };
      return this.#plugin.open(this.#options, partition, from, this.#task.context);
    });
    this.#running.set(partition.id, run);
    run.run().then(
      () => {
        this.#drained.set(partition.id, this.#task.context.clock.monotonic());
        this.#waiting = true;
        this.#running.delete(partition.id);
        this.#wake.ring();
      },
      (error) => {
        this.#failure ??= error;
        this.#wake.ring();
      },
    );
  }

  /** Lowest time among the shards being read ({@link NOTHING_TO_READ} without any); null when one cannot tell yet. */
  #readTo(): number | null {
    let lowest = NOTHING_TO_READ;
    for (const run of this.#running.values()) {
      const readTo = run.capture?.readToMs ?? null;
      if (readTo === null) return null;
      lowest = Math.min(lowest, readTo);
    }
    return lowest;
  }
}

/** Roots and undrained partitions that the source lists no longer: reading them shows whether anything is lost. */
function unlisted(
  stored: ReadonlyMap<string, StoredPosition>,
  listed: ReadonlySet<string>,
  roots: ReadonlySet<string>,
): SourcePartition[] {
  const ids = new Set([...roots, ...stored.keys()]);
  return [...ids]
    .filter((id) => !listed.has(id) && !stored.get(id)?.done)
    .map((id) => ({ id, after: [], expectedRecords: null }));
}
