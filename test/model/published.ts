import { SWEEP } from '../../connectors/runtime/source/snapshot-run.ts';
import type { ChangeRecord } from '../../schemas/change.ts';

/** A record in a topic, as readers can see it. */
export interface Published {
  readonly offset: number;
  readonly record: ChangeRecord;
  /** Names the record itself, whoever publishes it; a change once per epoch. */
  readonly name: string;
  readonly epoch: number;
}

/** A topic partition of the table: its snapshot rows and its changes. */
export interface PublishedLane {
  readonly rows: Published[];
  readonly changes: Published[];
}

export function changeName(epoch: number, shard: string, sequence: string): string {
  return `${epoch}:${shard}/${sequence}`;
}

export function rowName(snapshot: string, partition: string, line: number): string {
  return `${snapshot}/${partition === SWEEP ? '' : partition}/${line}`;
}

/** What a sink was given to write: it does not know of epochs, but each gives a change another version. */
export function nameInSink({ origin, version }: ChangeRecord): string {
  if ('shard' in origin) return `${origin.shard}/${origin.sequence}@${version}`;
  return rowName(origin.snapshot, origin.file, origin.line);
}

/** Of each key the record that is left when all are written in their order. */
export function lastOfKeys(published: Iterable<Published>): Published[] {
  const last = new Map<string, Published>();
  for (const one of published) last.set(one.record.key.toString('latin1'), one);
  return [...last.values()];
}
