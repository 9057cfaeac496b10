import type { CoverageProof, Epoch } from '../../catalog-records.ts';
import type { StoredPosition } from '../offset-store.ts';

/** How far back every change is captured; null while a root was not read yet. */
export function coverageMs(epoch: Epoch, stored: ReadonlyMap<string, StoredPosition>): number | null {
  for (const root of epoch.roots) {
    if (!stored.has(root)) return null;
  }
  return coverageSoFarMs(epoch, stored);
}

/** Coverage as far as the partitions read until now tell; it only ever rises. */
export function coverageSoFarMs(epoch: Epoch, stored: ReadonlyMap<string, StoredPosition>): number {
  let from = epoch.createdMs ?? 0;
  for (const position of stored.values()) {
    if (position.coverageMs !== null && position.coverageMs > from) from = position.coverageMs;
  }
  return from;
}

/** Rule C1: coverage must reach back to at least `slack` before X. */
export function prove(fromMs: number, slackMs: number, exportMs: number): CoverageProof {
  return { proven: fromMs <= exportMs - slackMs, fromMs, slackMs, exportMs };
}

/**
 * Rule C2: V0, in µs. All snapshot rows lie at V0 + rank, all changes above V0 + 1 000 000.
 *
 * The 62 s are the coarsest creation time (a minute) and what is cut off in rounding: no change that coverage holds
 * may get a lower version than a snapshot row.
 */
export function version0(sinceMs: number, highestEarlier: number): number {
  return Math.max((Math.floor(sinceMs / 1000) - 62) * 1_000_000, highestEarlier + 1);
}
