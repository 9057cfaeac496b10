import type { ErrorCode } from '../../connectors/errors.ts';
import type { TargetFaults } from './target.ts';

export type FaultKind = 'kill' | 'zombie' | 'stop' | 'tasks';

/** What a kind of history is like; numbers are the most there can be. */
export interface Profile {
  readonly writeMs: number;
  readonly writesPerSecond: number;
  readonly workers: number;
  readonly splits: number;
  readonly faults: number;
  readonly kinds: readonly FaultKind[];
  readonly faultsFromMs: number;
  readonly nodeFaults: number;
  /** Probabilities, 0 to 1. */
  readonly kafkaFaults: number;
  /** Most that a step of a transaction takes, one way, ms. */
  readonly transactionMs: number;
  readonly target: TargetFaults;
  readonly balanced: number;
  readonly versioned: number;
  readonly manifest: number;
  /** Snapshots that are a full export and windows. */
  readonly windowed: number;
  /** A transform keeps some items out of the target. */
  readonly filtered: number;
  readonly renewals: number;
  readonly replays: number;
  readonly replaysFromMs: number;
  /** The stream is disabled, and another one enabled. */
  readonly streamLosses: number;
  /** All workers are away so long when the writer has ended; null: never. */
  readonly downHours: number | null;
  /** Whether a halt with this code has a cause in such a history. */
  readonly mayHalt: (code: ErrorCode) => boolean;
}

const usual: Profile = {
  writeMs: 45_000,
  writesPerSecond: 1.5,
  workers: 2,
  splits: 3,
  faults: 4,
  kinds: ['kill', 'zombie', 'stop', 'tasks'],
  faultsFromMs: 0,
  nodeFaults: 1,
  kafkaFaults: 0.01,
  transactionMs: 20,
  target: { serverTimeoutMs: 4000, late: false, unknown: 0.05, throttled: 0.05 },
  balanced: 0.15,
  versioned: 0.3,
  manifest: 0,
  windowed: 0.3,
  filtered: 0.5,
  renewals: 0,
  replays: 0,
  replaysFromMs: 20_000,
  streamLosses: 0,
  downHours: null,
  mayHalt: () => false,
};

export const PROFILES = {
  usual,
  /** Shards split all the time, tasks move. */
  shards: {
    ...usual,
    writesPerSecond: 3,
    splits: 10,
    faults: 6,
    kinds: ['kill', 'zombie', 'tasks', 'tasks'],
    kafkaFaults: 0.03,
  },
  /** Owners of the target's lanes change at the end, and much is executed late. */
  target: {
    ...usual,
    writesPerSecond: 4,
    splits: 0,
    faults: 6,
    kinds: ['kill', 'zombie', 'stop'],
    faultsFromMs: 30_000,
    nodeFaults: 3,
    target: { ...usual.target, unknown: 0.3, throttled: 0.05 },
    versioned: 0,
  },
  /** Lanes change hands while the server may take longer than a session lasts. */
  owners: {
    ...usual,
    writeMs: 40_000,
    writesPerSecond: 4,
    splits: 0,
    faults: 4,
    kinds: ['kill', 'kill', 'zombie'],
    faultsFromMs: 25_000,
    nodeFaults: 0,
    target: { serverTimeoutMs: 15_000, late: true, unknown: 0.2, throttled: 0 },
    balanced: 0,
    versioned: 0,
  },
  /** Nodes of the target come and go. */
  nodes: {
    ...usual,
    writesPerSecond: 12,
    splits: 0,
    faults: 0,
    faultsFromMs: 28_000,
    nodeFaults: 14,
    target: { ...usual.target, unknown: 0, throttled: 0 },
    balanced: 0,
    versioned: 0,
  },
  /** The number of tasks goes up and down, and whoever slept through it goes on. */
  tasks: {
    ...usual,
    writesPerSecond: 4,
    splits: 4,
    faults: 6,
    kinds: ['tasks'],
    transactionMs: 500,
    nodeFaults: 0,
    versioned: 0,
  },
  balanced: {
    ...usual,
    writesPerSecond: 4,
    faults: 3,
    faultsFromMs: 25_000,
    target: { ...usual.target, unknown: 0.15, throttled: 0.05 },
    balanced: 1,
    versioned: 0,
  },
  /** New snapshots are asked for, also while one is loaded, and whoever slept through one goes on. */
  epochs: {
    ...usual,
    writeMs: 70_000,
    writesPerSecond: 3,
    faults: 3,
    transactionMs: 300,
    versioned: 0.5,
    renewals: 3,
  },
  /** New snapshots follow each other while the first are loaded, and who slept goes on with a broken-off one. */
  broken: {
    ...usual,
    writesPerSecond: 6,
    faults: 0,
    transactionMs: 500,
    nodeFaults: 0,
    versioned: 0,
    renewals: 4,
  },
  /** The stream is lost, with what was written meanwhile. */
  losses: {
    ...usual,
    writeMs: 60_000,
    faults: 2,
    versioned: 0.5,
    renewals: 1,
    replays: 2,
    replaysFromMs: 50_000,
    streamLosses: 2,
  },
  /** Snapshots are full exports and windows. */
  chains: { ...usual, faults: 2, versioned: 0.5, windowed: 1, renewals: 1 },
  /** The sinks begin again. */
  replays: {
    ...usual,
    writeMs: 60_000,
    writesPerSecond: 3,
    faults: 3,
    versioned: 0.5,
    renewals: 1,
    replays: 3,
  },
  /** The export was made before anybody asked for it. */
  manifest: { ...usual, faults: 2, manifest: 1, mayHalt: (code) => code === 'SOURCE_COVERAGE_UNPROVEN' },
  /** Away for a while that the stream remembers: no reason to halt. */
  nap: { ...usual, writeMs: 30_000, faults: 1, downHours: 20 },
  /** Away for about as long as the stream remembers. */
  night: { ...usual, writeMs: 30_000, faults: 1, downHours: 26, mayHalt: () => true },
} as const satisfies Record<string, Profile>;

export type ProfileName = keyof typeof PROFILES;
