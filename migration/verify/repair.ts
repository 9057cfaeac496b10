import type { Mender, Mending } from '../../connectors/connector.ts';
import { CandidateList } from './candidates.ts';
import { type LookWorld, lookAgain, textOf } from './looks.ts';
import type { RepairJournal } from './repair-journal.ts';
import type { RepairCounts } from './report.ts';
import type { RowSpace } from './row-space.ts';
import type { Candidate, Sighting } from './sides.ts';
import type { Tally } from './tally.ts';
import { newestOf } from './topic-side.ts';
import {
  attempted,
  early,
  isLoose,
  isUnsettled,
  type Standing,
  seenAgain,
  standingOf,
  unmakeable,
} from './tried.ts';

/** Rule C12: a key that changed so lately is left for a later look. */
export const QUIET_MS = 60_000;
/** How long after the first pass keys that keep changing are tried again. */
export const PATIENCE_MS = 3 * QUIET_MS;
/** Keys that are written before all of them are looked at again; what is remembered of them for a kill is one record. */
const WAVE_KEYS_MAX = 20_000;
/** Keys that are read and then written together: few enough that what was read is still fresh when it is written. */
const KEYS_AT_ONCE = 250;
/** Records of these that are read from the topics side by side. */
const ITEMS_AT_ONCE = 16;

export interface RepairLimits {
  readonly quietMs: number;
  readonly patienceMs: number;
}

export interface RepairWorld extends Omit<LookWorld, 'verdicts'>, RepairLimits {
  readonly mender: Mender;
  readonly journal: RepairJournal;
  readonly space: RowSpace;
  /** As {@link RepairParts} has it. */
  readonly versionNow?: () => Promise<number | null>;
  /** Gets every key of the list in the end. */
  readonly tally: Tally;
  /** How many keys are not known to be equal yet. */
  readonly onPending: (keys: number) => void;
}

/**
 * Rule C12: mends the keys that were judged different, until all are equal or nothing more can be gained.
 *
 * A key is written when it stands still, in waves; after each wave the target settles, and its keys are judged anew,
 * whatever the answers to the writes were. So a write that was lost, came late, or met a key that changed at that very
 * moment is mended itself. Ends under continuous writes too: after a while, keys that keep changing are left as they are;
 * those that were written get the time that their minute and another write take.
 *
 * @param different is disposed
 */
export async function repair(world: RepairWorld, different: CandidateList): Promise<RepairCounts> {
  const { clock, patienceMs, quietMs, mender } = world;
  const progress = { repaired: 0 };
  let deadlineMs = Number.POSITIVE_INFINITY;
  let current = different;
  for (;;) {
    const begunMs = clock.monotonic();
    world.onPending(current.size);
    const left = await pass(world, current, progress);
    const isHopeless = left.hopeful === 0;
    current = left.keys;
    deadlineMs = Math.min(deadlineMs, clock.monotonic() + patienceMs);
    const graceMs = left.unsettled === 0 ? 0 : 2 * quietMs + mender.settleMs;
    if (current.size === 0 || isHopeless || clock.monotonic() >= deadlineMs + graceMs) break;
    // Whoever is left has its newest change at hand since this pass began.
    world.movement.forget(begunMs - Math.max(quietMs, 2 * world.lagMs));
  }
  await using rest = current;
  const counts = await countRest(world, rest);
  await world.journal.end();
  return { repaired: progress.repaired, ...counts };
}

interface Left {
  readonly keys: CandidateList;
  /** Keys of these for which another pass may do something. */
  hopeful: number;
  /** Keys of these that must be looked at again, because this run has written them, or tried to. */
  unsettled: number;
}

/** Tries every key once, wave by wave. */
async function pass(world: RepairWorld, keys: CandidateList, progress: { repaired: number }): Promise<Left> {
  await using before = keys;
  const left: Left = { keys: new CandidateList(), hopeful: 0, unsettled: 0 };
  const verdicts = {
    equal: (candidate: Candidate, counts: boolean) => {
      if (candidate.tried?.sent) progress.repaired += 1;
      world.tally.equal(candidate, counts);
    },
    differs: async (candidate: Candidate, source: Sighting, target: Sighting) => {
      const tried = seenAgain(candidate.tried, textOf(source), textOf(target));
      if (standingOf(tried) !== 'refused' && tried.outcome !== 'later') left.hopeful += 1;
      if (isUnsettled(tried)) left.unsettled += 1;
      await left.keys.add({ ...candidate, suspicion: null, tried });
    },
  };
  try {
    let wave: Candidate[] = [];
    for await (const group of before.groups(KEYS_AT_ONCE)) {
      wave = wave.concat(group);
      if (wave.length < WAVE_KEYS_MAX) continue;
      await mendWave({ ...world, verdicts }, wave);
      wave = [];
    }
    if (wave.length > 0) await mendWave({ ...world, verdicts }, wave);
    return left;
  } catch (error) {
    await left.keys[Symbol.asyncDispose]();
    throw error;
  }
}

/** Writes what can be written, waits until all of it is executed, and looks at every key again. */
async function mendWave(world: RepairWorld & LookWorld, wave: readonly Candidate[]): Promise<void> {
  const { clock, signal, mender, journal, space } = world;
  const tried = new CandidateList();
  let sent = 0;
  try {
    for (let from = 0; from < wave.length; from += KEYS_AT_ONCE) {
      signal.throwIfAborted();
      const { candidates, mendings } = await prepare(world, wave.slice(from, from + KEYS_AT_ONCE));
      // Before the first write: it must not be forgotten, however this process ends.
      if (sent === 0 && mendings.size > 0) await journal.begin(wave.map(({ key }) => space.itemKeyOf(key)));
      sent += mendings.size;
      for (const candidate of await write(world, candidates, mendings)) await tried.add(candidate);
    }
    if (sent > 0) await clock.sleep(mender.settleMs, signal);
  } catch (error) {
    await tried[Symbol.asyncDispose]();
    throw error;
  }
  await lookAgain(world, tried);
}

interface Prepared {
  readonly candidates: readonly Candidate[];
  /** By index of the candidate. */
  readonly mendings: ReadonlyMap<number, Mending>;
}

/**
 * Reads both sides of a group again, and says what is to be written.
 *
 * The target first, then the source: what is written is then never older than the row that it replaces, because the sink
 * holds nothing that the source, or the topics, had not before.
 */
async function prepare(world: RepairWorld, group: readonly Candidate[]): Promise<Prepared> {
  const { source, target, movement } = world;
  const theirs = await target.look(group);
  await movement.drain();
  const current = group.map((candidate) =>
    source.logged ? { ...candidate, base: baseOf(candidate, movement) } : candidate,
  );
  const newest = current.map((candidate) => newestVersion(world, candidate));
  const canWrite = await writable(world);
  const still = [...current.keys()].filter((i) => !isMoving(world, current[i]!.key));
  const quiet = still.filter((i) => canWrite(newest[i]!));
  for (const i of still) {
    const { tried } = current[i]!;
    // Nothing that follows need bring it.
    if (tried !== null && !canWrite(newest[i]!)) current[i] = { ...current[i]!, tried: early(tried) };
  }
  const ours = quiet.length === 0 ? [] : await source.look(quiet.map((i) => current[i]!));
  const mendings = new Map<number, Mending>();
  for (let from = 0; from < quiet.length; from += ITEMS_AT_ONCE) {
    const some = quiet.slice(from, from + ITEMS_AT_ONCE);
    const found = await Promise.all(
      some.map((i, n) => mendingOf(current[i]!, ours[from + n]!, theirs[i]!, newest[i]!)),
    );
    for (const [n, i] of some.entries()) {
      const { tried, mending } = found[n]!;
      current[i] = { ...current[i]!, tried };
      if (mending !== null) mendings.set(i, mending);
    }
  }
  return { candidates: current, mendings };
}

function baseOf(candidate: Candidate, movement: RepairWorld['movement']): Candidate['base'] {
  const newest = newestOf(candidate, movement);
  return newest && { ...newest, key: candidate.key };
}

/** V of the newest record that is known to have put a row where it is, or taken it away; −1: none is. */
function newestVersion({ source, movement }: RepairWorld, { key, base }: Candidate): number {
  const known = source.logged ? (base?.version ?? -1) : -1;
  return Math.max(known, movement.traces(key).at(-1)?.version ?? -1);
}

/** Rule C12: says of a key's newest record whether a repair of it could count; one that is below it would not. */
async function writable({ versionNow }: RepairWorld): Promise<(newest: number) => boolean> {
  if (versionNow === undefined) return () => true;
  const version = await versionNow();
  return (newest) => version !== null && newest < version;
}

/** Rule C12: did the key change within the last minute, as far as the topics tell? */
function isMoving({ movement, clock, quietMs }: RepairWorld, key: Buffer): boolean {
  const newest = movement.traces(key).at(-1);
  return newest !== undefined && newest.seenMs > clock.monotonic() - quietMs;
}

/** What is known of a key now, and what to write for it; null: nothing now. */
async function mendingOf(candidate: Candidate, source: Sighting, target: Sighting, newest: number) {
  const [ours, theirs] = [textOf(source), textOf(target)];
  // The second read: what changed since it was judged moves, though the topics do not know yet.
  if (ours === theirs || candidate.tried?.source !== ours) return { tried: candidate.tried, mending: null };
  const tried = seenAgain(candidate.tried, ours, theirs);
  if (standingOf(tried) === 'refused') return { tried, mending: null };
  const [wanted, seen] = [await source.item(), await target.item()];
  // The record is not there any more, or a transform failed on it: nothing is guessed.
  if ((ours !== null && wanted === null) || (theirs !== null && seen === null)) {
    return { tried: unmakeable(tried), mending: null };
  }
  const mending: Mending = { key: candidate.key, seen, wanted, newest, loosely: isLoose(tried) };
  return { tried, mending };
}

async function write(
  { mender, versionNow }: RepairWorld,
  candidates: readonly Candidate[],
  mendings: Prepared['mendings'],
) {
  if (mendings.size === 0) return candidates;
  const outcomes = await mender.mend([...mendings.values()]);
  const written = new Map([...mendings.keys()].map((index, i) => [index, outcomes[i]!]));
  return candidates.map((candidate, index) => {
    const outcome = written.get(index);
    if (outcome === undefined || candidate.tried === null) return candidate;
    // A version that is too low yet says nothing of the row: it rises with what is captured.
    const isEarly = versionNow !== undefined && outcome === 'changed';
    return { ...candidate, tried: isEarly ? early(candidate.tried) : attempted(candidate.tried, outcome) };
  });
}

/** Counts the keys that are left, by a last look at them. */
async function countRest(world: RepairWorld, rest: CandidateList) {
  const counts: Record<Standing | 'unsettled', number> = {
    waiting: 0,
    unsettled: 0,
    immovable: 0,
    refused: 0,
  };
  for await (const group of rest.groups(KEYS_AT_ONCE)) {
    const ours = await world.source.look(group);
    const theirs = await world.target.look(group);
    for (const [i, candidate] of group.entries()) {
      const [source, target] = [ours[i]!, theirs[i]!];
      if (textOf(source) === textOf(target)) {
        world.tally.equal(candidate, world.countsAbsent || source.digest !== null);
        continue;
      }
      await world.tally.differs(candidate, source, target);
      const tried = seenAgain(candidate.tried, textOf(source), textOf(target));
      counts[standingOf(tried)] += 1;
      if (isUnsettled(tried)) counts.unsettled += 1;
    }
  }
  return counts;
}
