import type { SnapshotRecord } from '../../connectors/catalog-records.ts';
import { sinkGroup } from '../../connectors/topic-names.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import type { Coordinator } from './coordinator.ts';
import type { Published, PublishedLane } from './published.ts';
import { TABLE } from './source-table.ts';
import { names } from './worker.ts';

/**
 * Rule C2: versions of a key rise strictly, in the order of its stream, above every row of the epoch; a later snapshot or
 * window outranks an earlier one, and a new epoch all that was before it.
 *
 * @param snapshots in the order in which they were published
 */
export function versionFaults(
  lanes: readonly PublishedLane[],
  snapshots: readonly SnapshotRecord[],
): string[] {
  const faults = lanes.flatMap(({ rows, changes }) => [
    ...orderFaults(changes),
    ...epochFaults([...rows, ...changes]),
    ...rowFaults(rows, changes),
  ]);
  snapshots.forEach((snapshot, i) => {
    const before = snapshots[i - 1];
    if (before && before.version >= snapshot.version)
      faults.push(`C2: ${snapshot.facts.id} does not outrank ${before.facts.id}`);
  });
  return faults;
}

function orderFaults(changes: readonly Published[]): string[] {
  const faults: string[] = [];
  const last = new Map<string, Published>();
  for (const one of changes) {
    const key = `${one.epoch}/${one.record.key.toString('latin1')}`;
    const before = last.get(key);
    if (before && !(before.record.version < one.record.version)) {
      faults.push(`C2: ${one.name} has no higher version than ${before.name}`);
    }
    if (before && sequenceOf(before.record) > sequenceOf(one.record)) {
      faults.push(`C5: ${one.name} comes after ${before.name}`);
    }
    last.set(key, one);
  }
  return faults;
}

function rowFaults(rows: readonly Published[], changes: readonly Published[]): string[] {
  const highest = new Map<number, number>();
  for (const { epoch, record } of rows) highest.set(epoch, Math.max(highest.get(epoch) ?? 0, record.version));
  const low = changes.find(({ epoch, record }) => record.version <= (highest.get(epoch) ?? 0));
  return low ? [`C2: ${low.name} is not above the rows`] : [];
}

function epochFaults(all: readonly Published[]): string[] {
  const epochs = [...new Set(all.map(({ epoch }) => epoch))].sort((a, b) => a - b);
  return epochs.flatMap((epoch) => {
    const earlier = all.filter((one) => one.epoch < epoch).map(({ record }) => record.version);
    const highest = Math.max(0, ...earlier);
    const low = all.find((one) => one.epoch === epoch && one.record.version <= highest);
    return low ? [`C2: ${low.name} of epoch ${epoch} does not outrank what was there before`] : [];
  });
}

function sequenceOf({ origin }: ChangeRecord): bigint {
  return 'shard' in origin ? BigInt(origin.sequence) : 0n;
}

/** Rule C9: when a sink is caught up, the outcomes of a lane add up to what was published. */
export function countFaults(
  lanes: readonly PublishedLane[],
  coordinator: Coordinator,
  sink: string,
): string[] {
  return lanes.flatMap(({ rows, changes }, partition) => {
    const topics = [
      [names.snapshot(TABLE), rows.length],
      [names.changes(TABLE), changes.length],
    ] as const;
    return topics.flatMap(([topic, published]) => {
      const { metadata } = coordinator.committed(sinkGroup(sink), topic, partition);
      const { w = 0, s = 0, f = 0, d = 0 } = JSON.parse(metadata || '{}') as Record<string, number>;
      const sum = w + s + f + d;
      if (sum === published) return [];
      return [`C9: ${topic}/${partition} has ${published} records, ${sink} has ${sum} outcomes`];
    });
  });
}
