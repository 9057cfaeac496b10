import type { VerifyProgress } from '../../migration/verify/verify-table.ts';
import type { ProgressRow } from '../progress.ts';

/** Turns the progress of a comparison, as it comes, into rows: one for each table that was begun. */
export function verifyRows(
  update: (rows: readonly ProgressRow[]) => void,
  now: () => number = () => performance.now(),
): (progress: VerifyProgress) => void {
  const rows = new Map<string, { readonly row: ProgressRow; readonly sinceMs: number }>();
  return ({ table, phase, sourceRows, targetRows, candidates }) => {
    const sinceMs = rows.get(table)?.sinceMs ?? now();
    const seconds = (now() - sinceMs) / 1000;
    const done = sourceRows + targetRows;
    const row: ProgressRow = {
      label: table,
      phase,
      done,
      total: null,
      // The first batch comes all at once.
      rate: phase === 'reading' && seconds > 1 ? done / seconds : 0,
      note:
        candidates > 0
          ? `${candidates} keys are ${phase === 'repairing' ? 'to be mended' : 'looked at again'}`
          : `${sourceRows} source, ${targetRows} target`,
    };
    rows.set(table, { row, sinceMs });
    update([...rows.values()].map((entry) => entry.row));
  };
}
