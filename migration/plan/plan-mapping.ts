import type { TableFacts } from '../../connectors/catalog-records.ts';
import type { Transform } from '../../connectors/connector.ts';
import { ConnectError } from '../../connectors/errors.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import { isUnmappable, type TableMapping } from '../../schemas/cql/table-mapping.ts';
import type { Migration } from '../config/defaults.ts';
import { mappingPlace, placedMapping } from '../mappings.ts';
import type { Problems } from './plan-problems.ts';
import type { Sample } from './plan-sample.ts';
import { transformedRow } from './plan-transforms.ts';

/** How items of a table become rows of CQL. */
export interface MappingPlan {
  /** Where it stands, `file:line`; null: nowhere, the table gets the default columns. */
  readonly place: string | null;
  /** The rows have another key than the items. */
  readonly rekeyed: boolean;
  /** What is lost, or may be, in sentences. */
  readonly losses: readonly string[];
  /** Null: there was nothing to try it on. */
  readonly trial: MappingTrial | null;
}

/** What a mapping makes of some items, after the transforms. */
export interface MappingTrial {
  readonly from: Sample['from'];
  /** Items that the transforms let pass. */
  readonly sampled: number;
  /** Every attribute that is meant for a column fits it. */
  readonly mapped: number;
  /** Written, but some column does not hold the value that is meant for it. */
  readonly misfitting: number;
  /** Set aside, or the migration stops there. */
  readonly deadLettered: number;
  /** Attributes of the written ones that no column holds, and that the mapping drops. */
  readonly droppedAttributes: number;
  /** Most frequent first; never a value. */
  readonly reasons: readonly MisfitCount[];
}

export interface MisfitCount {
  readonly column: string;
  /** A clause that follows the attribute. */
  readonly reason: string;
  readonly went: 'leftovers' | 'null' | 'dead-letter';
  readonly items: number;
}

/** Tries a mapping on some items; `sample` null: none could be read. */
export function planMapping(
  migration: Migration,
  mapping: TableMapping,
  facts: TableFacts,
  transforms: readonly Transform[],
  sample: Sample | null,
  problems: Problems,
): MappingPlan {
  const { table } = facts;
  const trial = sample && tryMapping(mapping, transforms, sample);
  const worst = trial?.reasons.find(({ went }) => went === 'dead-letter');
  if (trial && worst && migration.deadLetters.tolerance === 'none') {
    const message = `${trial.deadLettered} of ${trial.sampled} items tried cannot become rows: column "${worst.column}": the attribute ${worst.reason}`;
    problems.add(table, new ConnectError('RECORD_UNMAPPABLE', message, { detail: { table } }));
  }
  return {
    place: mappingPlace(migration, table),
    rekeyed: mapping.rekeyed,
    losses: [...mapping.losses, ...unmapped(migration, facts)],
    trial,
  };
}

/** What the source table has besides its items, and the CQL table has not. */
function unmapped(
  migration: Migration,
  { table, ttlAttribute, localIndexes, globalIndexes }: TableFacts,
): string[] {
  const indexes = [...localIndexes, ...globalIndexes].map(({ name }) => name);
  const hasTtl = placedMapping(migration, table)?.document.ttl !== undefined;
  return [
    ...(ttlAttribute === null || hasTtl
      ? []
      : [`Items expire by "${ttlAttribute}", rows do not: the mapping has no ttl.`]),
    ...(indexes.length === 0 ? [] : [`Indexes of the table are not made in CQL: ${indexes.join(', ')}.`]),
  ];
}

/** Counts what becomes of items. */
function tryMapping(
  mapping: TableMapping,
  transforms: readonly Transform[],
  { from, rows }: Sample,
): MappingTrial {
  const counts = new Map<string, MisfitCount>();
  const count = (column: string, reason: string, went: MisfitCount['went']) => {
    const key = JSON.stringify([column, reason, went]);
    counts.set(key, { column, reason, went, items: (counts.get(key)?.items ?? 0) + 1 });
  };
  let [sampled, misfitting, deadLettered, droppedAttributes] = [0, 0, 0, 0];
  for (const row of rows) {
    const item = itemOf(transformedRow(row, transforms));
    if (item === null) continue;
    sampled++;
    const bound = mapping.bind(item);
    if (isUnmappable(bound)) {
      deadLettered++;
      count(bound.column, bound.misfit.reason, 'dead-letter');
      continue;
    }
    droppedAttributes += bound.dropped;
    if (bound.misfits.length > 0) misfitting++;
    for (const { column, misfit, went } of bound.misfits) count(column, misfit.reason, went);
  }
  const mapped = sampled - misfitting - deadLettered;
  const reasons = [...counts.values()].sort((a, b) => b.items - a.items);
  return { from, sampled, mapped, misfitting, deadLettered, droppedAttributes, reasons };
}

const itemOf = (row: ChangeRecord | null | ConnectError) =>
  row === null || row instanceof ConnectError ? null : row.after;
