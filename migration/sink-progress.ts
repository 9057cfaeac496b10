import { fetchCommitted } from '../connectors/kafka/committed.ts';
import { addOutcomes, NO_OUTCOMES, type Outcomes } from '../connectors/runtime/outcomes.ts';
import { type LaneState, readLane } from '../connectors/runtime/sink/lane-state.ts';
import { sinkGroup } from '../connectors/topic-names.ts';
import type { Migration } from './config/defaults.ts';
import { connectorNames } from './config/names.ts';
import { isEpochDue } from './new-snapshots.ts';
import type { TopicsView } from './topics-view.ts';

/** What the sink has dealt with of one table. */
export interface SinkProgress {
  readonly lanes: readonly (LaneState | null)[];
  readonly snapshot: Outcomes;
  readonly changes: Outcomes;
  /** Offsets in the changes topic up to which its records are dealt with, by partition. */
  readonly positions: readonly number[];
}

/** How far the sink is with each table. */
export async function sinkProgress(
  migration: Migration,
  view: TopicsView,
  tables: readonly string[],
): Promise<ReadonlyMap<string, SinkProgress>> {
  const names = tables.flatMap((table) => [view.names.snapshot(table), view.names.changes(table)]);
  const committed = await fetchCommitted(view.kafka, sinkGroup(connectorNames(migration).sink), names);
  return new Map(tables.map((table) => [table, progressOf(view, table, committed)]));
}

function progressOf(
  view: TopicsView,
  table: string,
  committed: Awaited<ReturnType<typeof fetchCommitted>>,
): SinkProgress {
  const snapshots = committed.get(view.names.snapshot(table));
  const changes = committed.get(view.names.changes(table));
  const none = { offset: null, metadata: '' };
  const partitions = Math.max(snapshots?.size ?? 0, changes?.size ?? 0);
  const lanes = Array.from({ length: partitions }, (_, p) =>
    readLane(snapshots?.get(p) ?? none, changes?.get(p) ?? none),
  );
  return {
    lanes,
    snapshot: lanes.map((lane) => lane?.snapshot.outcomes ?? NO_OUTCOMES).reduce(addOutcomes, NO_OUTCOMES),
    changes: lanes.map((lane) => lane?.changes.outcomes ?? NO_OUTCOMES).reduce(addOutcomes, NO_OUTCOMES),
    positions: lanes.map((lane) => lane?.changes.position ?? 0),
  };
}

/** Tables whose current snapshot the sink has loaded, whatever has halted since. */
export async function loadedTables(
  migration: Migration,
  view: TopicsView,
  tables: readonly string[],
): Promise<ReadonlySet<string>> {
  const progress = await sinkProgress(migration, view, tables);
  return new Set(
    tables.filter(
      (table) => !isEpochDue(view, table) && isLoaded(migration, view, table, progress.get(table)!),
    ),
  );
}

/** Rule C7: loaded when every partition's gate is open for the current snapshot. */
export function isLoaded(migration: Migration, view: TopicsView, table: string, sink: SinkProgress): boolean {
  const id = view.catalog.currentSnapshot(table)?.facts.id ?? null;
  // Events only: the sink's own word that changes flow, in every partition, is all there is to wait for.
  const stands = id === null ? migration.source.snapshot.from === 'none' : view.catalog.isLoaded(table);
  if (!stands || sink.lanes.length === 0) return false;
  return sink.lanes.every((lane) => lane?.snapshot.gateOpen && lane.snapshot.snapshot === id);
}
