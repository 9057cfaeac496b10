import type { LaneLetters } from '../../connectors/runtime/retry/retry-lane.ts';

/**
 * May a retry of these letters send a row of a snapshot? Behind a change of now only changes are newer (rule C2); for any
 * other letter it may be a row.
 *
 * @param rows the table's snapshot topic
 * @param versionMin as the retry's scope has it: records below it are of what was before
 */
export function bringsRows({ letters, reason }: LaneLetters, rows: string, versionMin: number): boolean {
  return letters.some(
    (letter) =>
      (reason === null || letter.reason === reason) &&
      (letter.topic === rows || letter.version === null || letter.version < versionMin),
  );
}
