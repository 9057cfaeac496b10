/** What became of records: each ends in exactly one of these (rule C9). */
export interface Outcomes {
  readonly written: number;
  /** A later record of the same key stood in for it, or the gate passed it over. */
  readonly superseded: number;
  /** A transform says that it does not belong in the target. */
  readonly filtered: number;
  readonly deadLettered: number;
}

export type Outcome = keyof Outcomes;

export const NO_OUTCOMES: Outcomes = { written: 0, superseded: 0, filtered: 0, deadLettered: 0 };

export function addOutcomes(a: Outcomes, b: Outcomes): Outcomes {
  return {
    written: a.written + b.written,
    superseded: a.superseded + b.superseded,
    filtered: a.filtered + b.filtered,
    deadLettered: a.deadLettered + b.deadLettered,
  };
}

export function subtractOutcomes(a: Outcomes, b: Outcomes): Outcomes {
  return {
    written: a.written - b.written,
    superseded: a.superseded - b.superseded,
    filtered: a.filtered - b.filtered,
    deadLettered: a.deadLettered - b.deadLettered,
  };
}

export function sumOutcomes(outcomes: Outcomes): number {
  return outcomes.written + outcomes.superseded + outcomes.filtered + outcomes.deadLettered;
}
