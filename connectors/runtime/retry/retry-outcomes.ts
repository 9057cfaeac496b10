import type { Outcome, Outcomes } from '../outcomes.ts';

/** What a retry made of letters, by what their records count as now. */
export type Became = Readonly<Record<Exclude<Outcome, 'deadLettered'>, number>>;

/**
 * Rule C9: a retry moves records from one outcome to another and adds none, so the sum stays what it was.
 *
 * Afterwards as many count as dead-lettered as there are letters. Counters and letters may have differed before: a
 * letter is written ahead of the commit that counts it, and a replay from a time starts the counters again.
 *
 * @param left letters of counted records that still wait.
 */
export function afterRetry(outcomes: Outcomes, left: number, became: Became): Outcomes {
  const next: Record<Outcome, number> = { ...outcomes };
  let moving = outcomes.deadLettered - left;
  for (const to of ['written', 'filtered', 'superseded'] as const) {
    const count = Math.min(became[to], Math.max(0, moving));
    next[to] += count;
    moving -= count;
  }
  if (moving > 0) next.superseded += moving;
  for (const from of ['superseded', 'written', 'filtered'] as const) {
    const count = Math.min(next[from], Math.max(0, -moving));
    next[from] -= count;
    moving += count;
  }
  next.deadLettered = left + Math.min(0, moving);
  return next;
}
