import type { Logger } from '../../connectors/log.ts';
import type { Migration } from '../config/defaults.ts';
import type { TopicsView } from '../topics-view.ts';
import { wireSink } from '../wiring.ts';
import { compareOne } from './compare-one.ts';
import { QUIET_MS } from './repair.ts';
import { isSettled, type TableReport } from './report.ts';

export interface RepairResult {
  readonly report: TableReport;
  /** As {@link isSettled} has it. */
  readonly settled: boolean;
}

/**
 * Rule C1: mends a loaded table against its source, for a table that came as a chain of incremental windows.
 *
 * The sink is to have caught up: what is on its way would be taken for differences. Keys that keep changing, and were
 * not written, are waited for one quiet time only.
 */
export async function repairTable(
  migration: Migration,
  view: TopicsView,
  table: string,
  signal: AbortSignal,
  log: Logger,
): Promise<RepairResult> {
  const sink = await wireSink(migration, [table]);
  const repair = { quietMs: QUIET_MS, patienceMs: QUIET_MS };
  const request = {
    against: 'source',
    sampleFraction: 1,
    showKeys: false,
    repair,
    signal,
    log,
  } as const;
  const report = await compareOne({ migration, request, kafka: view.kafka, view, sink }, table, null);
  return { report, settled: isSettled(report) };
}
