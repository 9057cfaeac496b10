import type { SnapshotRecord } from '../../connectors/catalog-records.ts';
import type * as catalog from '../../connectors/runtime/catalog.ts';
import type * as outcomes from '../../connectors/runtime/outcomes.ts';
import type * as gate from '../../connectors/runtime/sink/gate.ts';
import type * as incoming from '../../connectors/runtime/sink/incoming.ts';
import type * as laneState from '../../connectors/runtime/sink/lane-state.ts';
import type * as epochs from '../../connectors/runtime/source/epochs.ts';
import type * as goneKeys from '../../connectors/runtime/source/gone-keys.ts';
import type * as lineage from '../../connectors/runtime/source/lineage.ts';
import type * as replayLane from '../../migration/replay/replay-lane.ts';
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
  return {
    ...real,
    changesFlow: (state) => isOff('C7.gate') || real.changesFlow(state),
    onMarker: (state, marker, record, partition) => {
      const now = real.onMarker(state, marker, record, partition);
      if (isOff('C7.window')) return real.onMarker(state, marker, { ...record, opensGate: true }, partition);
      if (!isOff('C7.begin') || marker.kind !== 'begin' || !state.snapshot.gateOpen) return now;
      const { snapshot } = now.snapshot;
      return { ...now, snapshot: { ...now.snapshot, gateOpen: true }, changes: { ...now.changes, snapshot } };
    },
  };
}

export function naiveCatalog(real: typeof catalog): typeof catalog {
  const naive = (record: SnapshotRecord): SnapshotRecord => {
    if (isOff('C7.offset')) return { ...record, changesOffsets: endsNow(`t.${TABLE}.changes`) };
    // Windows are due when they are written first.
    if (isOff('C2.rank') && record.state === 'due')
      return { ...record, version: record.version - record.rank };
    return record;
  };
  return {
    ...real,
    catalogEntry: (key, record) =>
      real.catalogEntry(key, record !== null && 'changesOffsets' in record ? naive(record) : record),
  };
}

export function naiveEpochs(real: typeof epochs): typeof epochs {
  return {
    ...real,
    highestVersion: (...of) => (isOff('C2.epoch') ? 0 : real.highestVersion(...of)),
  };
}

export function naiveGoneKeys(real: typeof goneKeys): typeof goneKeys {
  return { ...real, sweeps: (snapshot) => !isOff('C11.sweep') && real.sweeps(snapshot) };
}

export function naiveIncoming(real: typeof incoming): typeof incoming {
  return {
    ...real,
    decodeIncoming: (...of) => {
      const decoded = real.decodeIncoming(...of);
      if (!('incoming' in decoded)) return decoded;
      const isDropped = decoded.incoming.outcome === 'filtered' && isOff('C9.filter');
      return isDropped ? { incoming: { ...decoded.incoming, record: null } } : decoded;
    },
    supersededInBatch: (batch) => {
      return isOff('C7.flight') ? batch.map(() => false) : real.supersededInBatch(batch);
    },
  };
}

export function naiveReplayLane(real: typeof replayLane): typeof replayLane {
  return {
    ...real,
    fromSnapshot: (state, ...place) => {
      const { snapshot, ...rest } = real.fromSnapshot(state, ...place);
      const { outcomes } = state.snapshot;
      return { ...rest, snapshot: isOff('C9.replay') ? { ...snapshot, outcomes } : snapshot };
    },
    fromChanges: (state, again) =>
      real.fromChanges(state, isOff('C7.replay') ? { ...again, snapshot: null } : again),
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
