import type { SnapshotFacts } from '../../connectors/catalog-records.ts';

/** An export that rows come from: the full one, or a window that continues it. */
export interface ExportPlan {
  readonly id: string;
  /** Where a window begins; null: a full export. */
  readonly from: string | null;
  /** X: the time of a full export, the end of a window. */
  readonly exportTime: string;
  readonly files: number;
  readonly rows: number | null;
}

/** The exports of a chain, in their order; empty where rows come from a scan, or nothing is known yet. */
export function exportPlans(chain: readonly SnapshotFacts[]): ExportPlan[] {
  return chain
    .filter(({ facts }) => facts['summary'] !== undefined)
    .map(({ id, exportMs, partitions, rows, facts }) => {
      const { fromMs } = facts;
      return {
        id,
        from: typeof fromMs === 'number' ? time(fromMs) : null,
        exportTime: time(exportMs),
        files: partitions,
        rows,
      };
    });
}

const time = (ms: number): string => new Date(ms).toISOString();
