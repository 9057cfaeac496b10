import type { Clock } from '../../connectors/clock.ts';
import { CandidateList } from './candidates.ts';
import { judge, type Look } from './judge.ts';
import type { Candidate, Movement, Side, Sighting } from './sides.ts';

/** Looks at a key, the first one included. */
const LOOKS_MAX = 5;
/** Shares of the lag: the pause between two looks, and what a change takes to the topics. */
const PAUSES_PER_LAG = 2;
/** Keys that are looked at together. */
const KEYS_AT_ONCE = 500;

/** Hears how each key is judged. */
export interface Verdicts {
  /** @param counts false: neither side has an item, and nobody asked for the key by name. */
  equal(candidate: Candidate, counts: boolean): void;
  differs(candidate: Candidate, source: Sighting, target: Sighting): Promise<void>;
}

export interface LookWorld {
  readonly source: Side;
  readonly target: Side;
  readonly movement: Movement;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** A change older than this is in the target, where all is well; ms. */
  readonly lagMs: number;
  readonly verdicts: Verdicts;
  /** Keys on neither side count as equal: they were asked for by name. */
  readonly countsAbsent: boolean;
}

/**
 * Looks at candidates again and again, all of them in rounds, until each is judged.
 *
 * Ends after {@link LOOKS_MAX} rounds, whatever changes meanwhile; the pauses between them add up to two lags.
 */
export async function lookAgain(world: LookWorld, candidates: CandidateList): Promise<void> {
  const { clock, signal, lagMs } = world;
  let current = candidates;
  for (let round = 1; current.size > 0; round++) {
    if (round > 1) await clock.sleep(lagMs / PAUSES_PER_LAG, signal);
    await using before = current;
    current = await lookOnce(world, before, round === LOOKS_MAX);
  }
  await current[Symbol.asyncDispose]();
}

/** @returns the candidates that no look has judged yet. */
async function lookOnce(world: LookWorld, candidates: CandidateList, last: boolean): Promise<CandidateList> {
  const { movement, clock, signal } = world;
  await movement.drain();
  const drainedMs = clock.monotonic();
  const left = new CandidateList();
  try {
    for await (const group of candidates.groups(KEYS_AT_ONCE)) {
      signal.throwIfAborted();
      for (const candidate of await lookAtGroup(world, group, drainedMs, last)) await left.add(candidate);
    }
    return left;
  } catch (error) {
    await left[Symbol.asyncDispose]();
    throw error;
  }
}

async function lookAtGroup(
  world: LookWorld,
  group: readonly Candidate[],
  drainedMs: number,
  last: boolean,
): Promise<Candidate[]> {
  const { source, target, clock, lagMs, movement } = world;
  const limits = { lagMs, captureMs: lagMs / PAUSES_PER_LAG, last };
  const begunMs = clock.monotonic();
  // The source first: what the target holds later may be newer, never older.
  const ours = await source.look(group);
  const theirs = await target.look(group);
  const endedMs = clock.monotonic();
  // What a key that still moves has in the target by now came through the topics: it must be among its changes.
  if (last) await movement.drain();
  const left: Candidate[] = [];
  for (const [i, candidate] of group.entries()) {
    const { key, suspicion } = candidate;
    const [sourceSaw, targetSaw] = [ours[i]!, theirs[i]!];
    const moves = movement.traces(key).map((trace) => ({ ...trace, digest: textOf(trace) }));
    const look: Look = {
      source: textOf(sourceSaw),
      target: textOf(targetSaw),
      begunMs,
      endedMs,
      drainedMs: last ? clock.monotonic() : drainedMs,
      moves,
    };
    const judgement = judge(suspicion, look, limits);
    if (judgement === 'equal') {
      const isThere = sourceSaw.digest !== null || targetSaw.digest !== null;
      world.verdicts.equal(candidate, world.countsAbsent || isThere);
    } else if (judgement === 'different') await world.verdicts.differs(candidate, sourceSaw, targetSaw);
    else left.push({ ...candidate, suspicion: judgement });
  }
  return left;
}

/** A digest as looks compare and keep it. */
export function textOf({ digest }: { readonly digest: Buffer | null }): string | null {
  return digest?.toString('hex') ?? null;
}
