import { Buckets, bucketCount } from '../../connectors/buckets/buckets.ts';
import { type Entry, newer } from '../../connectors/buckets/entry.ts';
import { sampleOf } from '../../connectors/buckets/key-hash.ts';
import { SpillFile } from '../../connectors/buckets/spill-file.ts';
import type { Clock } from '../../connectors/clock.ts';
import type { Mender } from '../../connectors/connector.ts';
import { CandidateList } from './candidates.ts';
import { compareBuckets } from './compare.ts';
import { lookAgain, textOf, type Verdicts } from './looks.ts';
import { type RepairLimits, repair } from './repair.ts';
import type { RepairJournal } from './repair-journal.ts';
import type { RepairCounts, TableReport } from './report.ts';
import { ITEMS, type RowSpace } from './row-space.ts';
import type { Movement, Side } from './sides.ts';
import { Tally } from './tally.ts';
import { seenAgain } from './tried.ts';

/** How far the comparison of a table has come. */
export interface VerifyProgress {
  readonly table: string;
  readonly phase: 'reading' | 'comparing' | 'looking again' | 'repairing';
  readonly sourceRows: number;
  readonly targetRows: number;
  /** Keys that are being looked at again, or mended. */
  readonly candidates: number;
}

/** What a repair needs besides (rule C12). */
export interface RepairParts extends RepairLimits {
  readonly mender: Mender;
  readonly journal: RepairJournal;
  /** For targets whose writes carry versions: V of a repair that is written now; null: none is safe yet. Absent: no versions. */
  readonly versionNow?: () => Promise<number | null>;
}

export interface VerifyTableOptions {
  readonly table: string;
  readonly source: Side;
  readonly target: Side;
  /** What the sides compare; default: items under their own keys. */
  readonly space?: RowSpace;
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
  /** Only these items, by their framed keys, each once; null: all. */
  readonly keys: readonly Buffer[] | null;
  /** Rows of the target that the source side has never heard of are left alone: they were there before; default: extra. */
  readonly keepsUnknown?: boolean;
  readonly showKeys: boolean;
  /** Null: differences are counted, nothing is written. */
  readonly repair: RepairParts | null;
  readonly onProgress?: (progress: VerifyProgress) => void;
}

/**
 * Compares the source side of a table with its target, in both directions.
 *
 * All rows are read once on each side, reduced to key and digest, and compared in buckets on disk, so that memory stays
 * bounded at any size. What differs then is looked at again (see {@link lookAgain}) until it is judged.
 */
export async function verifyTable(options: VerifyTableOptions): Promise<TableReport> {
  const { table, showKeys, keys } = options;
  const tally = new Tally(showKeys, options.space);
  await using candidates = new CandidateList();
  const progress = reporter(options);
  await settled(options);
  if (keys !== null && areLookedUp(options)) await addKeys(options, keys, candidates, tally);
  else tally.equalKeys(await compareRows(options, candidates, tally, progress));
  progress.phase('looking again', candidates.size);
  const counts = await judgeAll(options, candidates, tally, progress);
  return { ...tally.report(table), ...counts };
}

/** Can rows be asked for by the keys of items? Where they move, all have to be read: an item may have left one anywhere. */
function areLookedUp({ keys, space = ITEMS }: VerifyTableOptions): boolean {
  return keys !== null && !space.moves;
}

/** Waits until nothing of an interrupted repair is under way any more: what is read from now on stays so. */
async function settled({ repair: parts, clock, signal }: VerifyTableOptions): Promise<void> {
  if (parts?.journal.wasInterrupted) await clock.sleep(parts.mender.settleMs, signal);
}

/** Looks at the candidates until each is counted, and mends those that differ where a repair is asked. */
async function judgeAll(
  options: VerifyTableOptions,
  candidates: CandidateList,
  tally: Tally,
  progress: Reporter,
): Promise<RepairCounts | null> {
  const { source, target, space = ITEMS, clock, signal, lagMs, repair: parts } = options;
  await using different = new CandidateList();
  if (candidates.size > 0) {
    const movement = await options.movement();
    for await (const group of candidates.groups(1000)) for (const { key } of group) movement.watch(key);
    const verdicts = parts === null ? tally : toMend(tally, different);
    const countsAbsent = areLookedUp(options);
    const world = { source, target, space, movement, clock, signal, lagMs, countsAbsent };
    await lookAgain({ ...world, verdicts }, candidates);
    if (parts !== null) {
      const onPending = (pending: number) => progress.phase('repairing', pending);
      return await repair({ ...world, ...parts, tally, onPending }, different);
    }
  }
  await parts?.journal.end();
  return parts === null ? null : { repaired: 0, waiting: 0, unsettled: 0, immovable: 0, refused: 0 };
}

/** Keeps what differs for the repair. */
function toMend(tally: Tally, different: CandidateList): Verdicts {
  return {
    equal: (candidate, counts) => tally.equal(candidate, counts),
    differs: (candidate, source, target) => {
      const tried = seenAgain(null, textOf(source), textOf(target));
      return different.add({ ...candidate, suspicion: null, tried });
    },
  };
}

/** @returns the keys that are equal at once; the others become candidates. */
async function compareRows(
  options: VerifyTableOptions,
  candidates: CandidateList,
  tally: Tally,
  progress: Reporter,
): Promise<number> {
  const { source, target, estimatedRows, keepsUnknown = false } = options;
  await using file = new SpillFile();
  const rows = estimatedRows === null ? null : estimatedRows * options.sampleFraction;
  const count = bucketCount(rows);
  const [left, right] = [new Buckets(file, count, source.logged), new Buckets(file, count, target.logged)];
  const isWanted = wantedOf(options);
  await both(
    collect(source.rows(isWanted), left, (entries) => progress.read('sourceRows', entries)),
    collect(target.rows(isWanted), right, (entries) => progress.read('targetRows', entries)),
    options.giveUp,
  );
  progress.phase('comparing', 0);
  return await compareBuckets(left, right, async (found) => {
    if (keepsUnknown && found.source === null) tally.unknown();
    else await candidates.add({ key: found.key, base: found.source, suspicion: null, tried: null });
  });
}

/** Which items' rows are compared. */
function wantedOf({ keys, sampleFraction }: VerifyTableOptions): (itemKey: Buffer) => boolean {
  if (keys === null) return sampleOf(sampleFraction);
  const wanted = new Set(keys.map((key) => key.toString('latin1')));
  return (itemKey) => wanted.has(itemKey.toString('latin1'));
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
  options: VerifyTableOptions,
  keys: readonly Buffer[],
  candidates: CandidateList,
  tally: Tally,
): Promise<void> {
  const { source, keepsUnknown = false } = options;
  const bases = new Map<string, Entry>();
  if (source.logged) {
    for await (const entries of source.rows(wantedOf(options))) {
      for (const entry of entries) {
        const name = entry.key.toString('latin1');
        bases.set(name, newer(entry, bases.get(name)));
      }
    }
  }
  for (const key of keys) {
    const base = bases.get(key.toString('latin1')) ?? null;
    if (keepsUnknown && base === null) tally.unknown();
    else await candidates.add({ key, base, suspicion: null, tried: null });
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
