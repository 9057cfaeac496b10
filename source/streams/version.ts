const MICROS_PER_SECOND = 1_000_000;

/**
 * V of a change (rule C2): its creation time in whole seconds as µs, but always above what came before in its lineage.
 *
 * Creation times are cut to the second (API reference: StreamRecord.ApproximateCreationDateTime), by stand-ins to the
 * minute, so many changes of a key share one; the same record read again gets the same V from the same `previous`.
 *
 * @param createdMs ApproximateCreationDateTime, ms
 * @param previous V of the record before it in its lineage, or {@link versionBefore}
 */
export function nextVersion(createdMs: number, previous: number): number {
  return Math.max(Math.floor(createdMs / 1000) * MICROS_PER_SECOND, previous + 1);
}

/**
 * What a lineage starts above: its parents' last V, or for a root one second above V0, where no rank of a snapshot
 * reaches (rule C2: ranks stay below 1 000 000).
 */
export function versionBefore(version0: number, parents: readonly number[]): number {
  return parents.length === 0 ? version0 + MICROS_PER_SECOND : Math.max(...parents);
}
