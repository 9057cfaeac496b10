import type { StoredPosition } from '../../connectors/runtime/offset-store.ts';
import { epochName } from '../../connectors/runtime/source/epoch-name.ts';
import type { Migration } from '../config/defaults.ts';
import { connectorNames } from '../config/names.ts';
import type { TopicsView } from '../topics-view.ts';

/** Times of changes are cut to whole minutes at the coarsest (rule C1). */
const COARSEST_MS = 60_000;

/**
 * Rule C12: every change of the source before this time, epoch ms, is in the topics; p of rule C5 over the ends of the
 * lineages, as far as they are read. Of a copy: the time of its snapshot. Null: not all of the table was read yet.
 */
export function readToMs(migration: Migration, view: TopicsView, table: string): number | null {
  const snapshot = view.catalog.currentChain(table).at(-1);
  if (view.catalog.table(table)?.epoch.streamArn === null && snapshot) return snapshot.facts.exportMs;
  const positions = lineageEnds(positionsOf(migration, view, table));
  const times = readTimesOf([...positions.values()]);
  return times.length === 0 || times.length < positions.size ? null : Math.min(...times);
}

/**
 * No published change that is younger than the repair's minute was created before this; epoch ms, null: there is none.
 *
 * From the newest time up to which a shard was read: like a change's own time it is the source's, and none of our clocks is asked.
 */
export function recentMs(
  migration: Migration,
  view: TopicsView,
  table: string,
  quietMs: number,
): number | null {
  const times = readTimesOf([...positionsOf(migration, view, table).values()]);
  return times.length === 0 ? null : Math.max(...times) - quietMs - COARSEST_MS;
}

function positionsOf(
  migration: Migration,
  view: TopicsView,
  table: string,
): ReadonlyMap<string, StoredPosition> {
  const { epoch } = view.catalog.table(table)!;
  return view.offsets(connectorNames(migration).changes).of(table, epochName(epoch));
}

/** A drained shard is the end of its lineage until a child of it is read: what the child holds may not be in the topics yet. */
export function lineageEnds(
  positions: ReadonlyMap<string, StoredPosition>,
): ReadonlyMap<string, StoredPosition> {
  const continued = new Set(
    [...positions.values()].flatMap(({ position }) => String(position['after']).split(' ')),
  );
  return new Map([...positions].filter(([id, { done }]) => !done || !continued.has(id)));
}

function readTimesOf(positions: readonly StoredPosition[]): number[] {
  return positions.map(({ position }) => position['readMs']).filter((readMs) => typeof readMs === 'number');
}
