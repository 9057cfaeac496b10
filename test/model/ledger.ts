import type { CommitEntry } from '../../connectors/kafka/committed.ts';
import { partitionOf } from '../../connectors/kafka/murmur2.ts';
import { sinkGroup } from '../../connectors/topic-names.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import { decodeChange, decodeMarker, kindOfValue } from '../../schemas/change-codec.ts';
import type { Broker, Transaction } from './broker.ts';
import type { Coordinator } from './coordinator.ts';
import type { SourceTable } from './source-table.ts';
import { TABLE } from './source-table.ts';
import { internal, names, PARTITIONS, SINK } from './worker.ts';

interface Published {
  readonly offset: number;
  readonly record: ChangeRecord;
  /** Names the record itself, whoever publishes it. */
  readonly name: string;
}

interface Lane {
  readonly rows: Published[];
  readonly changes: Published[];
  isComplete: boolean;
}

/**
 * Watches a history from outside and holds it against the rules, at the moment when something becomes visible.
 *
 * It knows nothing of how the runtime works: only records, offsets and what is sent to the target.
 */
export class Ledger {
  readonly violations: string[] = [];
  onViolation: () => void = () => {};
  readonly lanes: readonly Lane[] = Array.from({ length: PARTITIONS }, () => ({
    rows: [],
    changes: [],
    isComplete: false,
  }));
  /** All records that readers can see, by name, with the transactional id of who wrote them. */
  readonly published = new Map<string, string>();
  readonly #acknowledged = new Set<string>();
  readonly #source: SourceTable;
  /** False where records may lie before the coverage: they are not published. */
  readonly #publishesAll: boolean;

  constructor(broker: Broker, coordinator: Coordinator, source: SourceTable, publishesAll: boolean) {
    this.#source = source;
    this.#publishesAll = publishesAll;
    broker.onCommit = (transaction) => this.#committed(transaction);
    coordinator.onCommit = (group, entries) => {
      if (group === sinkGroup(SINK)) for (const entry of entries) this.#sunk(entry);
    };
  }

  /** Rule C7: a change is sent when all rows of its partition's snapshot are written. */
  sent(record: ChangeRecord): void {
    if (!('shard' in record.origin)) return;
    const lane = this.#laneOf(record);
    const isWritten = lane.isComplete && lane.rows.every(({ name }) => this.#acknowledged.has(name));
    if (!isWritten)
      this.#violated('C7', `change ${nameOf(record)} was sent before all rows of its partition`);
  }

  acknowledged(record: ChangeRecord): void {
    this.#acknowledged.add(nameOf(record));
  }

  #committed({ id, appended }: Transaction): void {
    for (const { topic, partition, records, base } of appended) {
      records.forEach(({ key, value, timestampMs }, i) => {
        if (value === null || (topic !== names.changes(TABLE) && topic !== names.snapshot(TABLE))) return;
        const lane = this.lanes[partition]!;
        if (key === null) {
          if (kindOfValue(value) === 'marker' && decodeMarker(value).kind === 'complete')
            lane.isComplete = true;
          return;
        }
        const record = decodeChange(value, key, timestampMs);
        const name = nameOf(record);
        const before = this.published.get(name);
        if (before !== undefined) this.#violated('C3', `${name} is published twice, by ${before} and ${id}`);
        this.published.set(name, id);
        (topic === names.changes(TABLE) ? lane.changes : lane.rows).push({ offset: base + i, record, name });
      });
    }
    for (const { topic, records } of appended) {
      if (topic === internal.offsets) for (const { key, value } of records) this.#stored(key!, value!);
    }
  }

  /** Law 1 and rule C3: a position is saved only after every record up to it is in the topic. */
  #stored(key: Buffer, value: Buffer): void {
    const [, { of, partition }] = JSON.parse(key.toString()) as [string, { of: string; partition: string }];
    const { sequence, line } = JSON.parse(value.toString()) as { sequence?: string | null; line?: number };
    for (let i = 1; i <= (line ?? 0); i++) this.#mustBePublished(`${of}/${partition}/${i}`);
    if (typeof sequence !== 'string' || !this.#publishesAll) return;
    for (const record of this.#source.records) {
      if (record.shard !== partition || BigInt(record.sequence) > BigInt(sequence)) continue;
      this.#mustBePublished(`${record.shard}/${record.sequence}`);
    }
  }

  #mustBePublished(name: string): void {
    if (!this.published.has(name))
      this.#violated('law 1', `a position passes ${name}, which is not published`);
  }

  /** Rule C8: a position of the sink passes only what is written, or superseded. */
  #sunk({ topic, partition, offset, metadata }: CommitEntry): void {
    const lane = this.lanes[partition]!;
    const { from = 0 } = JSON.parse(metadata) as { from?: number };
    const last = new Map<string, Published>();
    for (const one of topic === names.changes(TABLE) ? lane.changes : lane.rows) {
      if (one.offset < from || one.offset >= offset) continue;
      const key = one.record.key.toString('latin1');
      if ((last.get(key)?.offset ?? -1) < one.offset) last.set(key, one);
    }
    for (const { name } of last.values()) {
      if (!this.#acknowledged.has(name))
        this.#violated('C8', `a commit passes ${name}, which is not written`);
    }
  }

  #laneOf(record: ChangeRecord): Lane {
    return this.lanes[partitionOf(record.key, PARTITIONS)]!;
  }

  #violated(rule: string, what: string): void {
    this.violations.push(`${rule}: ${what}`);
    this.onViolation();
  }
}

function nameOf({ origin }: ChangeRecord): string {
  if ('shard' in origin) return `${origin.shard}/${origin.sequence}`;
  return `${origin.snapshot}/${origin.file}/${origin.line}`;
}

/** Rule C2: versions of a key rise strictly, in the order of its stream, above every row. */
export function versionFaults(lanes: readonly Lane[]): string[] {
  const faults: string[] = [];
  for (const { rows, changes } of lanes) {
    const last = new Map<string, Published>();
    for (const one of [...changes].sort((a, b) => a.offset - b.offset)) {
      const key = one.record.key.toString('latin1');
      const before = last.get(key);
      if (before && !(before.record.version < one.record.version)) {
        faults.push(`C2: ${one.name} has no higher version than ${before.name}`);
      }
      if (before && sequenceOf(before.record) > sequenceOf(one.record)) {
        faults.push(`C5: ${one.name} comes after ${before.name}`);
      }
      last.set(key, one);
    }
    const highestRow = Math.max(...rows.map(({ record }) => record.version));
    const low = changes.find(({ record }) => record.version <= highestRow);
    if (low) faults.push(`C2: ${low.name} is not above the rows`);
  }
  return faults;
}

function sequenceOf({ origin }: ChangeRecord): bigint {
  return 'shard' in origin ? BigInt(origin.sequence) : 0n;
}

/** Rule C9: when a lane is caught up, its outcomes add up to what was published. */
export function countFaults(lanes: readonly Lane[], coordinator: Coordinator): string[] {
  return lanes.flatMap(({ rows, changes }, partition) => {
    const topics = [
      [names.snapshot(TABLE), rows.length],
      [names.changes(TABLE), changes.length],
    ] as const;
    return topics.flatMap(([topic, published]) => {
      const { metadata } = coordinator.committed(sinkGroup(SINK), topic, partition);
      const { w = 0, s = 0, f = 0, d = 0 } = JSON.parse(metadata || '{}') as Record<string, number>;
      const sum = w + s + f + d;
      return sum === published ? [] : [`C9: ${topic}/${partition} has ${published} records, ${sum} outcomes`];
    });
  });
}
