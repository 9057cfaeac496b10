import type { SnapshotRecord } from '../../connectors/catalog-records.ts';
import type * as catalog from '../../connectors/runtime/catalog.ts';
import type * as gate from '../../connectors/runtime/gate.ts';
import type * as incoming from '../../connectors/runtime/incoming.ts';
import type * as laneState from '../../connectors/runtime/lane-state.ts';
import type * as lineage from '../../connectors/runtime/lineage.ts';
import type * as outcomes from '../../connectors/runtime/outcomes.ts';
import type * as horizon from '../../source/streams/horizon.ts';
import type * as version from '../../source/streams/version.ts';
import { endsNow, isOff } from './naive.ts';
import { TABLE } from './source-table.ts';

/*
 * Production modules, each with one function that can forget its rule. All else is production's own.
 */

export function naiveVersion(real: typeof version): typeof version {
  return {
    ...real,
    nextVersion: (createdMs, previous) => real.nextVersion(createdMs, isOff('C2.plus1') ? 0 : previous),
    versionBefore: (version0, parents) => real.versionBefore(version0, isOff('C2.child') ? [] : parents),
  };
}

export function naiveHorizon(real: typeof horizon): typeof horizon {
  return {
    ...real,
    look: (before, shard, nowMs) => (isOff('C5.silence') ? before : real.look(before, shard, nowMs)),
  };
}

export function naiveLineage(real: typeof lineage): typeof lineage {
  return {
    ...real,
    readiness: (partition, stored, listed, roots) => {
      const is = real.readiness(partition, stored, listed, roots);
      const isBegun = partition.after.some((parent) => stored.has(parent));
      return is === 'wait' && isBegun && isOff('C5.parent') ? 'ready' : is;
    },
  };
}

export function naiveGate(real: typeof gate): typeof gate {
  return { ...real, changesFlow: (state) => isOff('C7.gate') || real.changesFlow(state) };
}

export function naiveCatalog(real: typeof catalog): typeof catalog {
  return {
    ...real,
    catalogEntry: (key, record) => {
      const isNaive = isOff('C7.offset') && record !== null && 'changesOffsets' in record;
      const changesOffsets = endsNow(`t.${TABLE}.changes`);
      return real.catalogEntry(key, isNaive ? { ...(record as SnapshotRecord), changesOffsets } : record);
    },
  };
}

export function naiveIncoming(real: typeof incoming): typeof incoming {
  return {
    ...real,
    supersededInBatch: (batch) => {
      return isOff('C7.flight') ? batch.map(() => false) : real.supersededInBatch(batch);
    },
  };
}

export function naiveLaneState(real: typeof laneState): typeof laneState {
  return {
    ...real,
    writeLane: (state) => real.writeLane(isOff('C7.running') ? { ...state, clean: true } : state),
  };
}

export function naiveOutcomes(real: typeof outcomes): typeof outcomes {
  return {
    ...real,
    addOutcomes: (a, b) => real.addOutcomes(a, isOff('C9.superseded') ? { ...b, superseded: 0 } : b),
  };
}
