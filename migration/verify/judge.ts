/** What looks at a key saw until now; digests as text, null for no item. */
export interface Suspicion {
  /** Since here the key stands still: neither side changed, and no change of it was published. Monotonic ms. */
  readonly stillMs: number;
  /** The key had stood still for a lag, and the target was different all the same; null: not yet. */
  readonly suspectMs: number | null;
  readonly source: string | null;
  readonly target: string | null;
  /** Version of the newest published change known. */
  readonly newest: number;
}

/** A change of the key that was published between looks. */
export interface Moved {
  readonly digest: string | null;
  readonly version: number;
  readonly seenMs: number;
}

export interface Look {
  readonly source: string | null;
  readonly target: string | null;
  /** When the source was read, and the target after it; monotonic ms. */
  readonly begunMs: number;
  readonly endedMs: number;
  /** When the topics had been read to their ends: before the source, or, in the last look, after the target. */
  readonly drainedMs: number;
  /** Published changes of the key, oldest first: those of the last lags, and the one before them. */
  readonly moves: readonly Moved[];
}

export interface JudgeLimits {
  /** A change older than this is in the target, where all is well. */
  readonly lagMs: number;
  /** A change older than this is in the topics. */
  readonly captureMs: number;
  /** No more looks follow. */
  readonly last: boolean;
}

export type Judgement = 'equal' | 'different' | Suspicion;

/**
 * Judges a key by a look and those before it.
 *
 * A difference counts when the key stood still for a lag before the target was read, and the topics, read a while after
 * that, say so too: the values alone do not, since a key may leave a value and come back to it between two looks. A key that moves
 * until the last look counts as equal when the target follows it: when it holds what was published within the last lag,
 * or what was newest then.
 */
export function judge(before: Suspicion | null, look: Look, limits: JudgeLimits): Judgement {
  if (look.source === look.target) return 'equal';
  const newest = look.moves.at(-1)?.version ?? -1;
  const still = before !== null && isStill(before, look, newest);
  const stillMs = still ? before.stillMs : look.begunMs;
  const suspectMs = still ? before.suspectMs : null;
  if (suspectMs !== null && look.drainedMs - suspectMs >= limits.captureMs) return 'different';
  if (limits.last) return isFollowing(before, look, limits.lagMs) ? 'equal' : 'different';
  return {
    stillMs,
    suspectMs: suspectMs ?? (look.begunMs - stillMs >= limits.lagMs ? look.endedMs : null),
    source: look.source,
    target: look.target,
    newest,
  };
}

function isStill(before: Suspicion, look: Look, newest: number): boolean {
  return before.source === look.source && before.target === look.target && newest <= before.newest;
}

function isFollowing(before: Suspicion | null, look: Look, lagMs: number): boolean {
  const { moves, source, target, endedMs } = look;
  if (before === null || moves.length === 0) return false;
  // The newest change that must be in the target by now; it may hold any later one as well.
  const due = moves.findLastIndex((move) => move.seenMs <= endedMs - lagMs);
  const held = moves.slice(Math.max(due, 0)).some((move) => move.digest === target);
  const published = moves.some((move) => move.digest === source || move.digest === before.source);
  return held && published;
}
