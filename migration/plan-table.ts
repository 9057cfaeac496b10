import { readRate } from '../source/scan/read-rate.ts';
import type { Migration } from './config/defaults.ts';
import { type Known, outlook } from './plan-coverage.ts';
import { type Effort, type Estimate, estimate } from './plan-estimate.ts';
import type { SourceTable } from './plan-source.ts';
import type { TargetPlan } from './plan-target.ts';

/** What one table is and what becomes of it. Null stands for what could not be found out. */
export interface TablePlan {
  readonly table: string;
  /** Of the export where one is named, else as the source estimates it (every six hours, in AWS). */
  readonly items: number | null;
  /** Of the table, as the source estimates it. */
  readonly bytes: number | null;
  readonly stream: StreamPlan | null;
  readonly coverage: {
    /** It is proven, or will be. */
    readonly proven: boolean;
    readonly from: string | null;
    readonly exportTime: string | null;
  };
  readonly target: TargetPlan | null;
  readonly estimate: Estimate | null;
}

export interface StreamPlan {
  readonly enabled: boolean;
  readonly viewType: string | null;
  readonly created: string | null;
  /** `migrate` enables one, with both images. */
  readonly enable: boolean;
}

export function tablePlan(
  migration: Migration,
  table: string,
  source: SourceTable | null,
  known: Known | null,
  target: TargetPlan | null,
): TablePlan {
  const seen = known && outlook(known);
  const items = source?.snapshot?.rows ?? source?.live.itemCount ?? null;
  const bytes = source?.live.sizeBytes ?? null;
  return {
    table,
    items,
    bytes,
    stream: source && streamPlan(migration, source),
    coverage: {
      proven: seen?.proven ?? false,
      from: time(seen?.fromMs ?? null),
      exportTime: time(seen?.exportMs ?? null),
    },
    target,
    estimate: source ? estimate({ items, bytes }, effort(migration, source)) : null,
  };
}

function streamPlan(migration: Migration, { stream }: SourceTable): StreamPlan {
  return {
    enabled: stream !== null,
    viewType: stream?.viewType ?? null,
    created: time(stream?.createdMs ?? null),
    enable: stream === null && migration.source.changes === 'streams',
  };
}

function effort(migration: Migration, source: SourceTable): Effort {
  const { target, tasks } = migration;
  const { from, readCapacity, slackSeconds } = migration.source.snapshot;
  const cap = target.type === 'alternator' ? target.writesPerSecond : undefined;
  const scans = from === 'scan' && !source.published;
  const scan = scans
    ? { unitsPerSecond: readRate(readCapacity, source.live.billing).unitsPerSecond, slackSeconds }
    : null;
  return { sinkTasks: tasks.sink, writesPerSecond: cap ?? null, scan };
}

const time = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
