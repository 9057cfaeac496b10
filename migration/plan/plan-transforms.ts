import type { Transform } from '../../connectors/connector.ts';
import { asConnectError, ConnectError } from '../../connectors/errors.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import type { Migration } from '../config/defaults.ts';
import type { Problems } from './plan-problems.ts';
import type { Sample } from './plan-sample.ts';

/** What the transforms make of some items of a table. */
export interface TransformsPlan {
  readonly sampled: number;
  /** Written, as they are or changed. */
  readonly passed: number;
  /** Of those that pass: none may mean that a field's name is mistyped. */
  readonly changed: number;
  readonly filtered: number;
  readonly failed: number;
  /** Why items fail, most frequent first; never a value. */
  readonly reasons: readonly { readonly reason: string; readonly items: number }[];
}

/** Tries the transforms on some items of a table; null: there are no transforms. */
export function tryTransforms(
  { deadLetters }: Migration,
  transforms: readonly Transform[],
  table: string,
  { rows }: Sample,
  problems: Problems,
): TransformsPlan | null {
  if (transforms.length === 0) return null;
  const plan = outcomeOf(transforms, rows);
  const [worst] = plan.reasons;
  if (worst !== undefined && deadLetters.tolerance === 'none') {
    const message = `${plan.failed} of ${plan.sampled} items tried cannot be transformed: ${worst.reason}`;
    problems.add(table, new ConnectError('RECORD_TRANSFORM', message));
  }
  return plan;
}

/** A row as the transforms leave it: null where they filter it, and why where one fails. */
export function transformedRow(
  row: ChangeRecord,
  transforms: readonly Transform[],
): ChangeRecord | null | ConnectError {
  try {
    let record: ChangeRecord | null = row;
    for (const transform of transforms) record = record && transform.apply(record);
    return record;
  } catch (thrown) {
    return asConnectError(thrown);
  }
}

/** Counts what becomes of items. */
export function outcomeOf(transforms: readonly Transform[], rows: readonly ChangeRecord[]): TransformsPlan {
  const reasons = new Map<string, number>();
  let [changed, filtered, failed] = [0, 0, 0];
  for (const row of rows) {
    const record = transformedRow(row, transforms);
    if (record instanceof ConnectError) {
      reasons.set(record.message, (reasons.get(record.message) ?? 0) + 1);
      failed++;
    } else if (record === null) filtered++;
    else if (row.after !== null && record.after?.equals(row.after) !== true) changed++;
  }
  return {
    sampled: rows.length,
    passed: rows.length - filtered - failed,
    changed,
    filtered,
    failed,
    reasons: [...reasons]
      .map(([reason, count]) => ({ reason, items: count }))
      .sort((a, b) => b.items - a.items),
  };
}
