import type { Clock } from '../../connectors/clock.ts';
import { Buckets, bucketCount } from './buckets.ts';
import { CandidateList } from './candidates.ts';
import { compareBuckets } from './compare.ts';
import { type Entry, newer } from './entry.ts';
import { sampleOf } from './key-hash.ts';
import { lookAgain } from './looks.ts';
import type { TableReport } from './report.ts';
import type { Movement, Side } from './sides.ts';
import { SpillFile } from './spill-file.ts';
import { Tally } from './tally.ts';

/** How far the comparison of a table has come. */
export interface VerifyProgress {
  readonly table: string;
  readonly phase: 'reading' | 'comparing' | 'looking again';
  readonly sourceRows: number;
  readonly targetRows: number;
  /** Keys that are being looked at again. */
  readonly candidates: number;
}

export interface VerifyTableOptions {
  readonly table: string;
  readonly source: Side;
  readonly target: Side;
  /** What moves while keys are looked at again; opened before the sides are read if these are logged. */
  readonly movement: () => Promise<Movement>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** One side has failed: the other need not go on. */
  readonly giveUp: () => void;
  /** A change older than this is in the target, where all is well; ms. */
  readonly lagMs: number;
  /** About how many rows there are; null: nobody knows. */
  readonly estimatedRows: number | null;
  /** Share of the keys that is compared, 1 at most. */
  readonly sampleFraction: number;
  /** Only these, framed, each once; null: all. */
  readonly keys: readonly Buffer[] | null;
  readonly showKeys: boolean;
  readonly onProgress?: (progress: VerifyProgress) => void;
}

/**
 * Compares the source side of a table with its target, in both directions.
 *
 * All rows are read once on each side, reduced to key and digest, and compared in buckets on disk, so that memory stays
 * bounded at any size. What differs then is looked at again (see {@link lookAgain}) until it is judged.
 */
export async function verifyTable(options: VerifyTableOptions): Promise<TableReport> {
  const { table, source, target, clock, signal, lagMs, showKeys, keys } = options;
  const tally = new Tally(showKeys);
  const candidates = new CandidateList();
  const progress = reporter(options);
  try {
    if (keys === null) tally.equal(await compareRows(options, candidates, progress));
    else await addKeys(options, keys, candidates);
    progress.phase('looking again', candidates.size);
    if (candidates.size === 0) return tally.report(table);
    const movement = await options.movement();
    for await (const group of candidates.groups(1000)) for (const { key } of group) movement.watch(key);
    const world = { source, target, movement, clock, signal, lagMs, tally, countsAbsent: keys !== null };
    await lookAgain(world, candidates);
  } finally {
    await candidates[Symbol.asyncDispose]();
  }
  return tally.report(table);
}

/** @returns the keys that are equal at once; the others become candidates. */
async function compareRows(
  options: VerifyTableOptions,
  candidates: CandidateList,
  progress: Reporter,
): Promise<number> {
  const { source, target, sampleFraction, estimatedRows } = options;
  await using file = new SpillFile();
  const rows = estimatedRows === null ? null : estimatedRows * sampleFraction;
  const count = bucketCount(rows);
  const [left, right] = [new Buckets(file, count, source.logged), new Buckets(file, count, target.logged)];
  const isWanted = sampleOf(sampleFraction);
  await both(
    collect(source.rows(isWanted), left, (entries) => progress.read('sourceRows', entries)),
    collect(target.rows(isWanted), right, (entries) => progress.read('targetRows', entries)),
    options.giveUp,
  );
  progress.phase('comparing', 0);
  return await compareBuckets(left, right, (found) =>
    candidates.add({ key: found.key, base: found.source, suspicion: null }),
  );
}

async function collect(
  rows: AsyncIterable<readonly Entry[]>,
  buckets: Buckets,
  counted: (entries: number) => void,
): Promise<void> {
  for await (const entries of rows) {
    await buckets.add(entries);
    counted(entries.length);
  }
}

/** Waits until both have ended, because what they write to is closed after that; throws what failed first. */
async function both(a: Promise<void>, b: Promise<void>, giveUp: () => void): Promise<void> {
  const failures: unknown[] = [];
  const ended = [a, b].map((side) =>
    side.catch((error: unknown) => {
      failures.push(error);
      giveUp();
    }),
  );
  await Promise.all(ended);
  if (failures.length > 0) throw failures[0];
}

async function addKeys(
  { source }: VerifyTableOptions,
  keys: readonly Buffer[],
  candidates: CandidateList,
): Promise<void> {
  const bases = new Map<string, Entry>();
  if (source.logged) {
    const wanted = new Set(keys.map((key) => key.toString('latin1')));
    for await (const entries of source.rows((key) => wanted.has(key.toString('latin1')))) {
      for (const entry of entries) {
        const name = entry.key.toString('latin1');
        bases.set(name, newer(entry, bases.get(name)));
      }
    }
  }
  for (const key of keys) {
    await candidates.add({ key, base: bases.get(key.toString('latin1')) ?? null, suspicion: null });
  }
}

interface Reporter {
  read(side: 'sourceRows' | 'targetRows', entries: number): void;
  phase(phase: VerifyProgress['phase'], candidates: number): void;
}

function reporter({ table, onProgress = () => {} }: VerifyTableOptions): Reporter {
  let now: VerifyProgress = { table, phase: 'reading', sourceRows: 0, targetRows: 0, candidates: 0 };
  const tell = (next: Partial<VerifyProgress>) => {
    now = { ...now, ...next };
    onProgress(now);
  };
  return {
    read: (side, entries) => tell({ [side]: now[side] + entries }),
    phase: (phase, candidates) => tell({ phase, candidates }),
  };
}
