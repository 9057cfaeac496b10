import { ConnectError } from '../../errors.ts';
import type { Catalog } from '../catalog.ts';
import { changesFlow } from '../sink/gate.ts';
import type { LaneState } from '../sink/lane-state.ts';
import type { SinkDefinition } from '../sink/sink-world.ts';

/** Which records of a lane's topics count for a retry, and which of them the sink is done with. */
export interface RetryScope {
  /** V below it is history: rows of earlier snapshots, changes of earlier epochs (rule C2). */
  readonly versionMin: number;
  /** No row that counts stands below this offset of the snapshot topic. */
  readonly rowsFrom: number;
  /** No change that counts stands below this offset of the changes topic. */
  readonly changesFrom: number;
  /** Rows below it are dealt with: the sink will not come to them by itself. */
  readonly rowsDealtWith: number;
  /** The same of changes. */
  readonly changesDealtWith: number;
}

/**
 * @param state as the lane's owner left it; null: nobody ever owned it.
 * @throws NOT_MIGRATED while rows of the current snapshot are still to be written: everything is on the move then.
 */
export function retryScope(
  definition: SinkDefinition,
  catalog: Catalog,
  table: string,
  partition: number,
  state: LaneState | null,
): RetryScope {
  const record = catalog.table(table);
  const current = catalog.currentSnapshot(table);
  if (record === null || state === null || !isLoaded(definition, state, current?.facts.id ?? null)) {
    throw new ConnectError(
      'NOT_MIGRATED',
      `Partition ${partition} of table ${table} is not loaded: its dead letters can be retried once it is`,
      { detail: { table, partition } },
    );
  }
  const { epoch } = record;
  const { snapshot, changes } = state;
  const begin = current && catalog.snapshotPartition(table, current.facts.id, partition);
  return {
    versionMin: current?.version ?? epoch.version0,
    rowsFrom: begin?.beginOffset ?? 0,
    changesFrom: epoch.firstOffsets[partition] ?? 0,
    rowsDealtWith: snapshot.position,
    // What the gate has passed over, or will, is as much dealt with as what was written.
    changesDealtWith: Math.max(changes.position, changes.writeFrom),
  };
}

/** Rule C7: every row is written, so nothing but changes comes. A sink that orders by version has no gate (rule C6). */
function isLoaded({ plugin, snapshots }: SinkDefinition, state: LaneState, current: string | null): boolean {
  if (plugin.supports.version || !snapshots) return true;
  return current !== null && state.snapshot.snapshot === current && changesFlow(state);
}
