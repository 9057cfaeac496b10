import { setTimeout as sleep } from 'node:timers/promises';
import type { KeySchema } from '../schemas/values.ts';
import { type Counts, Tally } from './counts.ts';
import { execute } from './execute.ts';
import { type ItemShape, MIXED } from './items.ts';
import { MUSIC_KEYS } from './keys.ts';
import { type Mix, operationOf, USUAL_MIX } from './operations.ts';
import { clientsOf, type TableAddress } from './table.ts';

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
  /** How often each kind of write comes; default: {@link USUAL_MIX}. */
  readonly mix?: Mix;
  /** Of the items that puts write; default: {@link MIXED}. */
  readonly shape?: ItemShape;
  /** Of the table; default: those of the Music table. */
  readonly keys?: KeySchema;
  /** Ends by itself after this many writes; default: goes on until stopped. */
  readonly operations?: number;
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
 * the same items. A write that cannot be repeated ends the workload; `stop` and `finished` then reject, `counts` still tells.
 */
export function startWorkload(options: WorkloadOptions): Workload {
  const { seed, items, hotKeys = 50, mix = USUAL_MIX, shape = MIXED, keys = MUSIC_KEYS } = options;
  const clients = clientsOf(options);
  const to = { data: clients.data, table: options.table, keys, shape, seed };
  const tally = new Tally();
  let stopping = false;
  const operation = (number: number) => operationOf(seed, number, { items, hotKeys, mix });
  const write = async (number: number) => {
    const { kind, index } = operation(number);
    tally.add(kind, await execute(to, { kind, index, number }), index < items);
  };
  const laneOf = (number: number) => operation(number).index % lanes;
  const run = async (): Promise<Counts> => {
    try {
      await writeAtRate({ ...options, write, laneOf, stopping: () => stopping });
    } finally {
      await clients[Symbol.asyncDispose]();
    }
    return tally.counts();
  };
  const finished = run();
  // Whoever stops it learns of a failure; nobody has to listen before.
  finished.catch(() => {});
  const stop = () => {
    stopping = true;
    return finished;
  };
  return {
    counts: () => tally.counts(),
    finished,
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  };
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
