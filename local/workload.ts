import { setTimeout as sleep } from 'node:timers/promises';
import { clientOf, type TableAddress } from './table.ts';
import { type Effect, execute, type OperationKind, operationOf } from './workload-operations.ts';

const tickMs = 20;

/** Writes of different keys that may be under way together; those of one key follow each other. */
const lanes = 16;

export interface WorkloadOptions extends TableAddress {
  /** Writes a second, at most; a slow table gets fewer. */
  readonly rate: number;
  readonly seed: number;
  /** Items loaded before (see loadItems); writes go to these and some beyond. */
  readonly items: number;
  /** Items that get half of all writes; default 50. */
  readonly hotKeys?: number;
  /** Ends by itself after this many writes; default: goes on until stopped. */
  readonly operations?: number;
}

/** How many writes were acknowledged, by what was asked and by what the stream shows for it. */
export interface Counts {
  readonly operations: number;
  readonly byKind: Readonly<Record<OperationKind, number>>;
  readonly byEffect: Readonly<Record<Effect, number>>;
  /** Creations, among these, of items that were loaded before and deleted since. */
  readonly reinserts: number;
}

export interface Workload extends AsyncDisposable {
  counts(): Counts;
  /** Resolves when `operations` writes are done, or after `stop`; rejects when a write failed. */
  readonly finished: Promise<Counts>;
  /** Sends nothing more, waits for what is under way and returns the final counts. */
  stop(): Promise<Counts>;
}

/**
 * Writes to a table until stopped: puts, updates, whole replacements and deletes, on hot and cold keys.
 *
 * The sequence of writes follows from the seed alone, also their order within a key, so two runs of equal length leave
 * the same items. A write that fails after the SDK's retries ends the workload; `stop` and `finished` then reject.
 */
export function startWorkload(options: WorkloadOptions): Workload {
  const client = clientOf(options);
  const tally = newTally();
  let stopping = false;
  const write = async (number: number) => {
    const operation = operationOf(options.seed, number, {
      items: options.items,
      hotKeys: options.hotKeys ?? 50,
    });
    const effect = await execute(client, options.table, options.seed, operation);
    tally.byKind[operation.kind]++;
    tally.byEffect[effect]++;
    if (effect === 'c' && operation.index < options.items) tally.reinserts++;
    tally.operations++;
  };
  const laneOf = (number: number) =>
    operationOf(options.seed, number, { items: options.items, hotKeys: options.hotKeys ?? 50 }).index % lanes;
  const run = async (): Promise<Counts> => {
    try {
      await writeAtRate({ ...options, write, laneOf, stopping: () => stopping });
    } finally {
      client.destroy();
    }
    return counts();
  };
  const counts = (): Counts => structuredClone(tally);
  const finished = run();
  // Whoever stops it learns of a failure; nobody has to listen before.
  finished.catch(() => {});
  const stop = () => {
    stopping = true;
    return finished;
  };
  return { counts, finished, stop, [Symbol.asyncDispose]: async () => void (await stop()) };
}

interface Pace {
  readonly rate: number;
  readonly operations?: number;
  readonly laneOf: (number: number) => number;
  readonly write: (number: number) => Promise<void>;
  readonly stopping: () => boolean;
}

/** Issues writes by the clock, each behind the last of its lane; a lane that falls behind holds all back. */
async function writeAtRate(pace: Pace): Promise<void> {
  const tails: Promise<void>[] = Array.from({ length: lanes }, () => Promise.resolve());
  const limit = pace.operations ?? Number.POSITIVE_INFINITY;
  let failure: unknown;
  let underWay = 0;
  let issued = 0;
  let due = 0;
  let last = performance.now();
  const inLane = async (previous: Promise<void>, number: number) => {
    await previous;
    try {
      if (failure === undefined) await pace.write(number);
    } catch (error) {
      failure = error;
    }
    underWay--;
  };
  while (!pace.stopping() && failure === undefined && issued < limit) {
    const now = performance.now();
    // What a slow table missed is not made up for later.
    due = Math.min(due + ((now - last) * pace.rate) / 1000, Math.max(1, pace.rate / 5));
    last = now;
    for (; due >= 1 && issued < limit && underWay < 4 * lanes; due--) {
      const lane = pace.laneOf(issued);
      underWay++;
      tails[lane] = inLane(tails[lane]!, issued++);
    }
    await sleep(tickMs);
  }
  await Promise.all(tails);
  if (failure !== undefined) throw failure;
}

function newTally() {
  const byKind: Record<OperationKind, number> = { put: 0, update: 0, replace: 0, delete: 0 };
  const byEffect: Record<Effect, number> = { c: 0, u: 0, d: 0, none: 0 };
  return { operations: 0, byKind, byEffect, reinserts: 0 };
}
