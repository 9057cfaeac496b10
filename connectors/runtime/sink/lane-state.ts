import { NO_OUTCOMES, type Outcomes } from '../outcomes.ts';

/** Progress of a lane in one of its two topics. */
export interface TopicProgress {
  /** Offset of the next record. */
  readonly position: number;
  /** Records below it have been counted: going back writes them again without counting them again (rule C9). */
  readonly countedTo: number;
  readonly outcomes: Outcomes;
}

export interface SnapshotProgress extends TopicProgress {
  /** The snapshot being loaded, or loaded; null: no begin-marker was met yet. */
  readonly snapshot: string | null;
  /** Its complete-marker was met and every row before it is written (rule C7). */
  readonly gateOpen: boolean;
}

export interface ChangesProgress extends TopicProgress {
  /** The snapshot that `position` goes with; for another snapshot it counts as none (rule C7). */
  readonly snapshot: string | null;
  /** Changes below it are in the snapshot: passed over. */
  readonly writeFrom: number;
  /** Kafka timestamp of the last record that was dealt with, ms; null: none yet. */
  readonly lastMs: number | null;
}

/** Which dead letters of a lane are settled: retried, or made void by a replay. Told by where they stand in their topic. */
export interface SettledLetters {
  /** The dead-letter topic that the offsets are of. */
  readonly topic: string;
  /** Letters below this offset are settled, whatever their reason. */
  readonly below: number;
  /** By reason (an error code), where only letters of that one were retried. */
  readonly byReason: Readonly<Record<string, number>>;
}

/** All a lane's owner must know to go on; committed together, in one request (rule C7). */
export interface LaneState {
  readonly snapshot: SnapshotProgress;
  readonly changes: ChangesProgress;
  /** Null: no letter was ever retried. */
  readonly settled: SettledLetters | null;
  /** Nothing of the owner is in flight. */
  readonly clean: boolean;
}

export interface Committed {
  readonly offset: number | null;
  readonly metadata: string;
}

const FRESH: TopicProgress = { position: 0, countedTo: 0, outcomes: NO_OUTCOMES };

export const FRESH_LANE: LaneState = {
  snapshot: { ...FRESH, snapshot: null, gateOpen: false },
  changes: { ...FRESH, snapshot: null, writeFrom: 0, lastMs: null },
  settled: null,
  clean: true,
};

/** The committed state of a lane; null: nobody ever owned it. Metadata of anyone but us counts as none. */
export function readLane(snapshot: Committed, changes: Committed): LaneState | null {
  const s = parse(snapshot);
  const c = parse(changes);
  if (!s || !c) return null;
  return {
    snapshot: { ...s.topic, snapshot: text(s.raw['snap']), gateOpen: s.raw['open'] === 1 },
    changes: {
      ...c.topic,
      snapshot: text(c.raw['snap']),
      writeFrom: number(c.raw['from']),
      lastMs: c.raw['ts'] === null ? null : number(c.raw['ts']),
    },
    settled: settledOf(s.raw['letters']),
    clean: s.raw['clean'] === 1,
  };
}

/** Offsets and metadata to commit, for the snapshot topic and the changes topic. */
export function writeLane(state: LaneState): { snapshot: Required<Committed>; changes: Required<Committed> } {
  const { snapshot, changes } = state;
  const s = {
    ...counted(snapshot),
    snap: snapshot.snapshot,
    open: snapshot.gateOpen ? 1 : 0,
    clean: state.clean ? 1 : 0,
    ...(state.settled === null ? {} : { letters: state.settled }),
  };
  const c = { ...counted(changes), snap: changes.snapshot, from: changes.writeFrom, ts: changes.lastMs };
  return {
    snapshot: { offset: snapshot.position, metadata: JSON.stringify(s) },
    changes: { offset: changes.position, metadata: JSON.stringify(c) },
  };
}

function counted(progress: TopicProgress) {
  const { written, superseded, filtered, deadLettered } = progress.outcomes;
  return { to: progress.countedTo, w: written, s: superseded, f: filtered, d: deadLettered };
}

function parse(committed: Committed): { raw: Record<string, unknown>; topic: TopicProgress } | null {
  if (committed.offset === null || !committed.metadata.startsWith('{')) return null;
  const raw = objectOf(committed.metadata);
  return (
    raw && {
      raw,
      topic: {
        position: committed.offset,
        countedTo: number(raw['to']),
        outcomes: {
          written: number(raw['w']),
          superseded: number(raw['s']),
          filtered: number(raw['f']),
          deadLettered: number(raw['d']),
        },
      },
    }
  );
}

/** Null: others write what begins like an object, and what is one, too. */
function objectOf(metadata: string): Record<string, unknown> | null {
  try {
    const raw = JSON.parse(metadata) as Record<string, unknown>;
    return typeof raw['to'] === 'number' ? raw : null;
  } catch {
    return null;
  }
}

function settledOf(value: unknown): SettledLetters | null {
  if (typeof value !== 'object' || value === null) return null;
  const { topic, below, byReason } = value as Partial<Record<keyof SettledLetters, unknown>>;
  const marks = Object.entries(typeof byReason === 'object' && byReason !== null ? byReason : {});
  return {
    topic: text(topic) ?? '',
    below: number(below),
    byReason: Object.fromEntries(marks.map(([reason, mark]) => [reason, number(mark)])),
  };
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
