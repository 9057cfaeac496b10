import type { TableStatus } from '../../migration/status.ts';
import type { Counts } from '../../workload/counts.ts';
import { grouped } from './story.ts';

/** What a comparison found. */
export interface Verified {
  readonly compared: number;
  readonly missing: number;
  readonly different: number;
  readonly extra: number;
}

/** What came of the second target. */
export interface SecondTarget {
  /** From the start of `migrate` until it was ready. */
  readonly loadingSeconds: number;
  /** Against the topics. */
  readonly verified: Verified;
  readonly differences: number;
}

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
  readonly verified: Verified;
  readonly differences: number;
  /** Null: there was only one target. */
  readonly cql: SecondTarget | null;
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
    ['differences', differencesText(verified)],
    ...cqlRows(report.cql),
    ['seconds', report.seconds.toFixed(1)],
  ];
  const width = Math.max(...rows.map(([name = '']) => name.length));
  return rows.map(([name = '', value = '']) => `${name.padEnd(width)}  ${value}`).join('\n');
}

function cqlRows(cql: SecondTarget | null): string[][] {
  if (cql === null) return [];
  const { loadingSeconds, verified } = cql;
  return [
    ['again as CQL', `in ${loadingSeconds.toFixed(1)} s, without the source`],
    ['compared', `${grouped(verified.compared)} keys with the topics, both ways`],
    ['differences', differencesText(verified)],
  ];
}

export function differencesOf({ missing, different, extra }: Verified): number {
  return missing + different + extra;
}

function differencesText(verified: Verified): string {
  const { missing, different, extra } = verified;
  const differences = differencesOf(verified);
  if (differences === 0) return '0';
  return `${grouped(differences)} (missing ${missing}, different ${different}, extra ${extra})`;
}
