import type { Counts } from '../../workload/counts.ts';
import type { Filled } from '../../workload/fill.ts';
import { operationKinds } from '../../workload/operations.ts';
import { columns } from './status-table.ts';

/** What load did, as far as it came. */
export interface LoadOutcome {
  readonly table: string;
  readonly seed: number;
  /** Whether the table had a stream while it was filled: else the stream shows the writes after that alone. */
  readonly streams: boolean;
  /** Null: it was not asked for. */
  readonly filled: Filled | null;
  readonly fillSeconds: number;
  readonly counts: Counts | null;
  readonly writeSeconds: number;
}

/** What a stream shows in all: what `messina status` counts of a capture that was there before. */
interface ByOperation {
  readonly c: number;
  readonly u: number;
  readonly d: number;
}

function byOperationOf({ filled, counts, streams }: LoadOutcome): ByOperation {
  const fill = streams ? filled : null;
  return {
    c: (fill?.created ?? 0) + (counts?.byEffect.c ?? 0),
    u: (fill?.updated ?? 0) + (counts?.byEffect.u ?? 0),
    d: counts?.byEffect.d ?? 0,
  };
}

const unknownOf = ({ counts }: LoadOutcome): number => counts?.byEffect.unknown ?? 0;

/** The outcome as one JSON document. */
export function loadDocument(outcome: LoadOutcome) {
  const { table, seed, filled, fillSeconds, counts, writeSeconds } = outcome;
  return {
    table,
    seed,
    fill: filled === null ? null : { ...filled, seconds: rounded(fillSeconds) },
    writes:
      counts === null
        ? null
        : { operations: counts.operations, byKind: counts.effects, seconds: rounded(writeSeconds) },
    byOperation: byOperationOf(outcome),
    unknown: unknownOf(outcome),
    exact: unknownOf(outcome) === 0,
  };
}

/** The outcome for people: a line for each kind of write, by what the stream shows for it. */
export function loadText(outcome: LoadOutcome): string {
  const { table, filled, fillSeconds, counts, writeSeconds } = outcome;
  const head = ['operation', 'writes', 'created', 'updated', 'deleted', 'no change', 'unknown'];
  const line = (name: string, { c, u, d, none, unknown }: Counts['byEffect']) => [
    name,
    ...[c + u + d + none + unknown, c, u, d, none, unknown].map(String),
  ];
  const fill = {
    c: filled?.created ?? 0,
    u: filled?.updated ?? 0,
    d: 0,
    none: filled?.unchanged ?? 0,
    unknown: 0,
  };
  const { c, u, d } = byOperationOf(outcome);
  const unknown = unknownOf(outcome);
  const took = [
    ...(filled === null ? [] : [`filled in ${fillSeconds.toFixed(1)} s, up to item ${filled.next}`]),
    ...(counts === null ? [] : [`${counts.operations} writes in ${writeSeconds.toFixed(1)} s`]),
  ];
  return [
    `${table}: ${took.join('; ')}`,
    ...columns(
      [
        head,
        ...(filled === null ? [] : [line('fill', fill)]),
        ...(counts === null ? [] : operationKinds.map((kind) => line(kind, counts.effects[kind]))),
      ],
      1,
    ),
    `In the stream: ${c} created, ${u} updated, ${d} deleted.`,
    ...(unknown === 0
      ? []
      : [
          `Not exact: of ${unknown} writes an answer was lost; each made one record, of a kind that is not known, or none.`,
        ]),
  ].join('\n');
}

const rounded = (seconds: number) => Math.round(seconds * 10) / 10;
