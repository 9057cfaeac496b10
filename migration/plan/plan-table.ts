import type { SnapshotFacts } from '../../connectors/catalog-records.ts';
import { readRate } from '../../source/scan/read-rate.ts';
import type { Migration } from '../config/defaults.ts';
import { type Known, outlook } from './plan-coverage.ts';
import { type Effort, type Estimate, estimate } from './plan-estimate.ts';
import { type ExportPlan, exportPlans } from './plan-exports.ts';
import type { MappingPlan } from './plan-mapping.ts';
import type { RequestPlan } from './plan-request.ts';
import type { SourceTable } from './plan-source.ts';
import type { TransformsPlan } from './plan-transforms.ts';
import type { TargetPlan } from './target-plan.ts';

/** What one table is and what becomes of it. Null stands for what could not be found out. */
export interface TablePlan {
  readonly table: string;
  /** Of the export where one is named, else as the source estimates it (every six hours, in AWS). */
  readonly items: number | null;
  /** Of the table, as the source estimates it. */
  readonly bytes: number | null;
  /** The export that rows come from, and its windows, in their order; empty: there is none yet, or a scan. */
  readonly exports: readonly ExportPlan[];
  /** The export that `migrate` asks for; null: none. */
  readonly request: RequestPlan | null;
  readonly stream: StreamPlan | null;
  readonly coverage: {
    /** It is proven, or will be. */
    readonly proven: boolean;
    readonly from: string | null;
    readonly exportTime: string | null;
  };
  readonly target: TargetPlan | null;
  /** Null: there are no transforms, or nothing to try them on. */
  readonly transforms: TransformsPlan | null;
  /** Null: the target is not CQL, or the mapping does not fit the table. */
  readonly mapping: MappingPlan | null;
  /** Of loading the snapshot; null where there is none, too. */
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
  { target, transforms, mapping }: Pick<TablePlan, 'target' | 'transforms' | 'mapping'>,
): TablePlan {
  const seen = known && outlook(known);
  const items = rowsOf(source?.chain ?? []) ?? source?.live.itemCount ?? null;
  const bytes = source?.live.sizeBytes ?? null;
  return {
    table,
    items,
    bytes,
    exports: exportPlans(source?.chain ?? []),
    request: source?.request ?? null,
    stream: source && streamPlan(migration, source),
    coverage: {
      proven: seen?.proven ?? false,
      from: time(seen?.fromMs ?? null),
      exportTime: time(seen?.exportMs ?? null),
    },
    target,
    transforms,
    mapping,
    estimate:
      source && migration.source.snapshot.from !== 'none'
        ? estimate({ items, bytes }, effort(migration, source))
        : null,
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

/** Rows of a snapshot and its windows together; null: not known beforehand. */
function rowsOf(chain: readonly SnapshotFacts[]): number | null {
  const counts = chain.map(({ rows }) => rows);
  return counts.length === 0 || counts.includes(null)
    ? null
    : counts.reduce<number>((a, b) => a + (b ?? 0), 0);
}
