import type { SettledLetters } from '../sink/lane-state.ts';

/** The dead-letter topic as a command found it. */
export interface LettersRead {
  readonly topic: string;
  /** Letters below it were read. */
  readonly end: number;
}

/**
 * What a lane says of its letters; null: nothing of these. A mark above the topic's end was made in another topic of
 * that name, and no letter may be forgotten for it.
 */
export function settledIn(settled: SettledLetters | null, read: LettersRead): SettledLetters | null {
  if (settled === null || settled.topic !== read.topic) return null;
  const marks = [settled.below, ...Object.values(settled.byReason)];
  return marks.some((mark) => mark > read.end) ? null : settled;
}

/** @param settled as {@link settledIn} gives it. */
export function isSettled(
  settled: SettledLetters | null,
  letter: { readonly at: number; readonly reason: string },
): boolean {
  if (settled === null) return false;
  return letter.at < settled.below || letter.at < (settled.byReason[letter.reason] ?? 0);
}

/**
 * Letters that were read are settled now: those that still fail stand behind the end, set aside once more.
 * @param reason only letters of this one; null: all.
 */
export function settleRead(
  settled: SettledLetters | null,
  read: LettersRead,
  reason: string | null,
): SettledLetters {
  const { topic, end } = read;
  if (reason === null) return { topic, below: end, byReason: {} };
  const before = settledIn(settled, read);
  return { topic, below: before?.below ?? 0, byReason: { ...before?.byReason, [reason]: end } };
}
