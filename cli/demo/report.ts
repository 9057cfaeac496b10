import type { TableStatus } from '../../migration/status.ts';
import type { Counts } from '../../workload/counts.ts';
import { grouped } from './story.ts';

/** What came of the demo; `--json` prints it as it stands. */
export interface DemoReport {
  readonly table: string;
  /** Loaded before the migration began. */
  readonly items: number;
  readonly changes: {
    /** Writes of the workload. */
    readonly written: number;
    readonly byKind: Counts['byKind'];
    /** Those that changed something: all but deletes of nothing. */
    readonly made: number;
    /** As the stream shows them: creations, updates, deletions. */
    readonly captured: TableStatus['changes']['byOperation'];
    readonly deletesWhileLoading: number;
    readonly reinsertsWhileLoading: number;
  };
  /** Rows that were written when it was killed. */
  readonly killedAtRows: number;
  /** From the start of `migrate` until every row was written, with the kill and the recovery. */
  readonly loadingSeconds: number;
  /** Of rows, while rows were written. */
  readonly itemsPerSecond: number;
  /** When it was ready. */
  readonly lagSeconds: number;
  readonly verified: {
    readonly compared: number;
    readonly missing: number;
    readonly different: number;
    readonly extra: number;
  };
  readonly differences: number;
  readonly seconds: number;
}

/** The report for people: one fact a line. */
export function reportTable(report: DemoReport): string {
  const { changes, verified } = report;
  const { put, update, replace, delete: deleted } = changes.byKind;
  const { c, u, d } = changes.captured;
  const rows = [
    ['items', grouped(report.items)],
    [
      'workload',
      `${grouped(changes.written)} writes: put ${grouped(put)}, update ${grouped(update)}, replace ${grouped(replace)}, delete ${grouped(deleted)}`,
    ],
    [
      'changes',
      `${grouped(c + u + d)} of ${grouped(changes.made)}: created ${grouped(c)}, updated ${grouped(u)}, deleted ${grouped(d)}`,
    ],
    [
      'while loading',
      `${grouped(changes.deletesWhileLoading)} deletes, ${grouped(changes.reinsertsWhileLoading)} re-inserts`,
    ],
    ['killed, resumed', `after ${grouped(report.killedAtRows)} rows`],
    [
      'loaded in',
      `${report.loadingSeconds.toFixed(1)} s with the kill; ${grouped(report.itemsPerSecond)} items/s while writing`,
    ],
    ['lag when ready', `${report.lagSeconds.toFixed(1)} s`],
    ['compared', `${grouped(verified.compared)} keys, both ways`],
    ['differences', differencesOf(report)],
    ['seconds', report.seconds.toFixed(1)],
  ];
  const width = Math.max(...rows.map(([name = '']) => name.length));
  return rows.map(([name = '', value = '']) => `${name.padEnd(width)}  ${value}`).join('\n');
}

function differencesOf({ differences, verified: { missing, different, extra } }: DemoReport): string {
  if (differences === 0) return '0';
  return `${grouped(differences)} (missing ${missing}, different ${different}, extra ${extra})`;
}
