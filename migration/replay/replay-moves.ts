import type { Problem } from '../../connectors/connector.ts';
import { asConnectError } from '../../connectors/errors.ts';
import { offsetsForTime } from '../../connectors/kafka/offsets.ts';
import type { Catalog } from '../../connectors/runtime/catalog.ts';
import { settleRead } from '../../connectors/runtime/retry/settled-letters.ts';
import { checkWritten } from '../../connectors/runtime/sink/sink-prepare.ts';
import type { SinkDefinition } from '../../connectors/runtime/sink/sink-world.ts';
import { lettersUntilNow } from '../dead-letters/read-letters.ts';
import type { TopicsView } from '../topics-view.ts';
import { fromChanges, fromSnapshot } from './replay-lane.ts';
import type { LaneMove, OwnedLane } from './replay-lanes.ts';
import { beginPlace } from './replay-place.ts';

const MINUTE_MS = 60_000;

/** Where a replay begins. */
export type ReplayStart =
  | { readonly at: 'snapshot' }
  | { readonly at: 'earliest' }
  | { readonly at: 'time'; readonly timeMs: number };

/** Rule C6: what would be written differently now, or elsewhere, may not be mixed with what was written until now. */
export function fingerprintProblems(
  sink: SinkDefinition,
  catalog: Catalog,
  tables: readonly string[],
): Problem[] {
  return tables.flatMap((table) => {
    try {
      const known = catalog.table(table);
      if (known) checkWritten(sink, known, known.epoch.number, catalog.sink(sink.name, table));
      return [];
    } catch (error) {
      return [{ table, error: asConnectError(error) }];
    }
  });
}

/** Where each partition of a table goes on; those that are left as they are do not appear. */
export async function moves(
  view: TopicsView,
  sink: SinkDefinition,
  table: string,
  lanes: readonly OwnedLane[],
  from: ReplayStart,
): Promise<LaneMove[]> {
  const { at } = from;
  if (at !== 'time') {
    const letters = await lettersUntilNow(view.kafka, view.names.deadLetters);
    const settled = letters && settleRead(null, letters, null);
    return lanes.map(({ partition, state }) => ({
      partition,
      before: state,
      after: fromSnapshot(state, settled, beginPlace(view.catalog, table, partition, at)),
    }));
  }
  const offsets = await offsetsForTime(view.kafka, view.names.changes(table), minuteOf(from.timeMs));
  const ordersByVersion = sink.plugin.supports.version;
  return lanes.flatMap(({ partition, state }) => {
    // A closed gate: no change was written for this snapshot yet, and all of them will be.
    if (!ordersByVersion && sink.snapshots && !state.snapshot.gateOpen) return [];
    const id = state.snapshot.snapshot;
    const snapshot = id === null ? null : view.catalog.snapshot(table, id);
    const offset = offsets[partition] ?? 0;
    const after = fromChanges(state, { offset, snapshot, partition, ordersByVersion });
    return [{ partition, before: state, after }];
  });
}

/** Creation times are cut to seconds, by stand-ins to minutes: a change made at the time asked for may bear an earlier one. */
export const minuteOf = (timeMs: number): number => Math.floor(timeMs / MINUTE_MS) * MINUTE_MS;
