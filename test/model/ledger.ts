import type { SnapshotRecord } from '../../connectors/catalog-records.ts';
import type { CommitEntry } from '../../connectors/kafka/committed.ts';
import { partitionOf } from '../../connectors/kafka/wire/murmur2.ts';
import type { Catalog } from '../../connectors/runtime/catalog.ts';
import { sinkGroup } from '../../connectors/topic-names.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import { decodeChange } from '../../schemas/change-codec.ts';
import type { Appended, Broker, Transaction } from './broker.ts';
import { CommittedCatalog } from './committed-catalog.ts';
import type { Coordinator } from './coordinator.ts';
import { filter } from './filter.ts';
import {
  changeName,
  lastOfKeys,
  nameInSink,
  type Published,
  type PublishedLane,
  rowName,
} from './published.ts';
import { type SourceTable, TABLE } from './source-table.ts';
import { internal, names, PARTITIONS, SINK } from './worker.ts';

interface Lane extends PublishedLane {
  /** What the sink was told is written, since its lane last began again. */
  readonly acknowledged: Set<string>;
  /** Id of the newest full snapshot that the sink has begun with; null: none yet. */
  reached: string | null;
}

export interface LedgerOptions {
  /** False where records may lie before the coverage: they are not published. */
  readonly publishesAll: boolean;
  readonly isFiltered: boolean;
}

interface Position {
  readonly of: string;
  readonly partition: string;
  readonly sequence: string | null;
  readonly line: number;
}

/**
 * Watches a history from outside and holds it against the rules, at the moment when something becomes visible.
 *
 * Of the runtime it knows the records, offsets and the catalog, and what is sent to the target.
 */
export class Ledger {
  readonly violations: string[] = [];
  onViolation: () => void = () => {};
  readonly lanes: readonly Lane[] = Array.from({ length: PARTITIONS }, () => ({
    rows: [],
    changes: [],
    acknowledged: new Set<string>(),
    reached: null,
  }));
  /** All records that readers can see, by name, with the transactional id of who wrote them. */
  readonly published = new Map<string, string>();
  readonly #committed = new CommittedCatalog();
  readonly #source: SourceTable;
  readonly #options: LedgerOptions;
  /** By epoch and shard: so many records of it were found published. */
  readonly #passed = new Map<string, number>();
  /** Keys that each snapshot has a row of, or says to be gone. */
  readonly #present = new Set<string>();

  constructor(broker: Broker, coordinator: Coordinator, source: SourceTable, options: LedgerOptions) {
    this.#source = source;
    this.#options = options;
    broker.onCommit = (transaction) => this.#transaction(transaction);
    coordinator.onCommit = (group, entries) => {
      if (group === sinkGroup(SINK)) for (const entry of entries) this.#sunk(entry);
    };
  }

  get catalog(): Catalog {
    return this.#committed.catalog;
  }

  /** Number of the epoch that the table is in; 0: its capture has not begun. */
  get epoch(): number {
    return this.catalog.table(TABLE)?.epoch.number ?? 0;
  }

  /** A stopped sink was told to begin again. */
  replayed(partition: number, what: 'rows' | 'changes'): void {
    const lane = this.lanes[partition]!;
    if (what === 'rows') {
      lane.acknowledged.clear();
      lane.reached = null;
    } else forgetChanges(lane);
  }

  /** Rule C7: a change is sent when all rows of the current snapshot and its windows are written. */
  sent(record: ChangeRecord): void {
    const lane = this.lanes[partitionOf(record.key, PARTITIONS)]!;
    if (!('shard' in record.origin)) {
      const full = this.#fullOf(record.origin.snapshot);
      if (this.#order(full) < this.#order(lane.reached))
        this.#violated('C7', `row ${nameInSink(record)} was sent after ${lane.reached} had begun`);
      else reach(lane, full);
      return;
    }
    const full = lane.reached ?? this.#oldestLoaded();
    if (full === null || !this.#isLoaded(full) || !this.#isWritten(lane, full))
      this.#violated('C7', `change ${nameInSink(record)} was sent before all rows of its partition`);
  }

  acknowledged(record: ChangeRecord): void {
    this.lanes[partitionOf(record.key, PARTITIONS)]!.acknowledged.add(nameInSink(record));
  }

  #transaction({ id, appended }: Transaction): void {
    const positions = appended.flatMap((entry) =>
      entry.topic === internal.offsets ? positionsIn(entry) : [],
    );
    const named = positions
      .map(({ of }) => /^epoch-(\d+)$/.exec(of)?.[1])
      .find((epoch) => epoch !== undefined);
    const epoch = named === undefined ? this.epoch : Number(named);
    for (const entry of appended) {
      if (entry.topic === names.changes(TABLE)) this.#changes(entry, epoch, id);
      else if (entry.topic === names.snapshot(TABLE)) this.#rows(entry, id);
    }
    for (const entry of appended) if (entry.topic === names.catalog) this.#committed.apply(entry);
    for (const position of positions) this.#stored(position);
  }

  #changes(
    { partition, records, base }: Appended & { readonly base: number },
    epoch: number,
    id: string,
  ): void {
    if (epoch < this.epoch)
      this.#violated('C3', `${id} publishes into epoch ${this.epoch} what belongs to ${epoch}`);
    records.forEach(({ key, value, timestampMs }, i) => {
      const record = decodeChange(value!, key!, timestampMs);
      const { origin } = record;
      if (!('shard' in origin)) return;
      const name = changeName(epoch, origin.shard, origin.sequence);
      this.#publish(this.lanes[partition]!.changes, { offset: base + i, record, name, epoch }, id);
    });
  }

  #rows({ partition, records, base }: Appended & { readonly base: number }, id: string): void {
    records.forEach(({ key, value, timestampMs }, i) => {
      // A marker.
      if (key === null) return;
      const record = decodeChange(value!, key, timestampMs);
      const { origin } = record;
      if ('shard' in origin) return;
      const epoch = this.catalog.snapshot(TABLE, origin.snapshot)?.epoch ?? 0;
      const name = rowName(origin.snapshot, origin.file, origin.line);
      this.#publish(this.lanes[partition]!.rows, { offset: base + i, record, name, epoch }, id);
      const place = `${origin.snapshot}/${key.toString('latin1')}`;
      if (this.#present.has(place)) this.#violated('C11', `${name} is the second row of its key`);
      this.#present.add(place);
    });
  }

  #publish(to: Published[], one: Published, id: string): void {
    const before = this.published.get(one.name);
    if (before !== undefined) this.#violated('C3', `${one.name} is published twice, by ${before} and ${id}`);
    this.published.set(one.name, id);
    to.push(one);
  }

  /** Law 1 and rule C3: a position is saved only after every record up to it is in the topic. */
  #stored({ of, partition, sequence, line }: Position): void {
    for (let i = 1; i <= line; i++) this.#mustBePublished(rowName(of, partition, i));
    if (sequence === null || !this.#options.publishesAll) return;
    const epoch = Number(of.slice('epoch-'.length));
    const place = `${of}/${partition}`;
    const records = this.#source.recordsOf(partition);
    let passed = this.#passed.get(place) ?? 0;
    for (; passed < records.length; passed++) {
      const record = records[passed]!;
      if (BigInt(record.sequence) > BigInt(sequence)) break;
      this.#mustBePublished(changeName(epoch, partition, record.sequence));
    }
    this.#passed.set(place, passed);
  }

  #mustBePublished(name: string): void {
    if (!this.published.has(name))
      this.#violated('law 1', `a position passes ${name}, which is not published`);
  }

  /** Rule C8: a position of the sink passes only what is written, filtered or superseded. */
  #sunk({ topic, partition, offset, metadata }: CommitEntry): void {
    const lane = this.lanes[partition]!;
    const { from = 0, snap } = JSON.parse(metadata) as { from?: number; snap: string | null };
    if (snap === null) return;
    if (topic === names.snapshot(TABLE)) {
      // Without forgetting: of a snapshot without rows here, changes may be written by now.
      if (this.#order(snap) > this.#order(lane.reached)) lane.reached = snap;
      // What lies before a newer snapshot's begin is passed over.
      const begin = this.#newestBegin(partition);
      const rows = lane.rows.filter(
        (one) => one.offset < offset && this.#isOf(one, snap) && one.offset >= begin,
      );
      for (const one of lastOfKeys(rows)) this.#mustBeWritten(lane, one);
    } else if (snap === lane.reached) {
      const changes = lane.changes.filter((one) => one.offset >= from && one.offset < offset);
      for (const one of lastOfKeys(changes)) this.#mustBeWritten(lane, one);
    }
  }

  #mustBeWritten(lane: Lane, one: Published): void {
    if (!this.#isDone(lane, one)) this.#violated('C8', `a commit passes ${one.name}, which is not written`);
  }

  #isWritten(lane: Lane, full: string): boolean {
    return lastOfKeys(lane.rows.filter((one) => this.#isOf(one, full))).every((one) =>
      this.#isDone(lane, one),
    );
  }

  /** Rule C9: what is filtered of the very first snapshot needs no write. */
  #isDone(lane: Lane, { record }: Published): boolean {
    if (lane.acknowledged.has(nameInSink(record))) return true;
    if (!this.#options.isFiltered || 'shard' in record.origin || filter.apply(record) !== null) return false;
    const snapshot = this.catalog.snapshot(TABLE, record.origin.snapshot);
    return snapshot?.epoch === 1 && snapshot.rank === 0;
  }

  #isOf({ record }: Published, full: string): boolean {
    return 'snapshot' in record.origin && this.#fullOf(record.origin.snapshot) === full;
  }

  #fullOf(snapshot: string): string {
    return this.catalog.snapshot(TABLE, snapshot)?.windowOf ?? snapshot;
  }

  #isLoaded(full: string): boolean {
    return this.#chain(full).at(-1)?.state === 'complete';
  }

  #oldestLoaded(): string | null {
    const found = this.catalog
      .snapshots(TABLE)
      .find(({ windowOf, facts }) => windowOf === null && this.#isLoaded(facts.id));
    return found?.facts.id ?? null;
  }

  #chain(full: string): SnapshotRecord[] {
    return this.catalog.snapshots(TABLE).filter(({ facts, windowOf }) => (windowOf ?? facts.id) === full);
  }

  #order(full: string | null): number {
    return full === null ? -1 : this.catalog.snapshots(TABLE).findIndex(({ facts }) => facts.id === full);
  }

  #newestBegin(partition: number): number {
    const id = this.catalog.currentSnapshot(TABLE)?.facts.id;
    return id === undefined ? 0 : (this.catalog.snapshotPartition(TABLE, id, partition)?.beginOffset ?? 0);
  }

  #violated(rule: string, what: string): void {
    this.violations.push(`${rule}: ${what}`);
    this.onViolation();
  }
}

/** A newer snapshot: all changes behind it are written again. */
function reach(lane: Lane, full: string): void {
  if (lane.reached === full) return;
  lane.reached = full;
  forgetChanges(lane);
}

function forgetChanges(lane: Lane): void {
  for (const { record } of lane.changes) lane.acknowledged.delete(nameInSink(record));
}

function positionsIn({ records }: Appended): Position[] {
  return records.map(({ key, value }) => {
    const [, { of, partition }] = JSON.parse(String(key)) as [string, Position];
    const { sequence, line } = JSON.parse(String(value)) as Partial<Position>;
    return { of, partition, sequence: sequence ?? null, line: line ?? 0 };
  });
}
