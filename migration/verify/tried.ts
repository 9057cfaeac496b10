import type { MendOutcome } from '../../connectors/connector.ts';

/** What a repair knows of a key that was judged different. */
export interface Tried {
  /** Digests of both sides, as text, when the key was last judged or written; null: no item. */
  readonly source: string | null;
  readonly target: string | null;
  /** Writes in a row that left both sides as they are. */
  readonly tries: number;
  /** Of the last of these; `unmakeable`: what the target should hold cannot be had. Null: none of these rows. */
  readonly outcome: MendOutcome | 'unmakeable' | null;
  /** Something of this run was, or may have been, written. */
  readonly sent: boolean;
}

const UNTRIED: Tried = { source: null, target: null, tries: 0, outcome: null, sent: false };

/** Writes after which a row that refuses them, while nothing moves, is let be. */
const TRIES_MAX = 3;

/** What is known, given what both sides are now: tries of other rows say nothing. */
export function seenAgain(tried: Tried | null, source: string | null, target: string | null): Tried {
  const { sent } = tried ?? UNTRIED;
  if (tried !== null && tried.source === source && tried.target === target) return tried;
  return { ...UNTRIED, source, target, sent };
}

export function attempted(before: Tried, outcome: MendOutcome): Tried {
  const sent = before.sent || outcome === 'written' || outcome === 'unknown';
  return { ...before, tries: before.tries + 1, outcome, sent };
}

/** The row was left, because no version that a write of it could have is high enough yet: such a try is none. */
export function early(before: Tried): Tried {
  return { ...before, tries: 0, outcome: 'changed' };
}

export function unmakeable(before: Tried): Tried {
  return { ...before, tries: TRIES_MAX, outcome: 'unmakeable' };
}

/** Should a write compare less than before? What was compared did not fit a row that stood still. */
export function isLoose({ tries, outcome }: Tried): boolean {
  return tries > 0 && (outcome === 'changed' || outcome === 'refused');
}

export type Standing = 'waiting' | 'immovable' | 'refused';

/** Why a key is still different. */
export function standingOf({ tries, outcome }: Tried): Standing {
  if (outcome === 'written' || outcome === 'later') return 'immovable';
  if (tries < TRIES_MAX || outcome === 'unknown') return 'waiting';
  return outcome === 'changed' ? 'immovable' : 'refused';
}

/**
 * Does a key wait that this run has written, or tried to? No change that follows need bring it: the write may have met
 * one that the sink had dealt with already, or the row stands still as it was.
 */
export function isUnsettled(tried: Tried): boolean {
  return standingOf(tried) === 'waiting' && (tried.sent || tried.outcome !== null);
}
