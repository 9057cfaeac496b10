import type { Transform } from '../../connectors/connector.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import type { Item } from '../../schemas/item.ts';

/**
 * What the target should hold after a record: the item as the migration's transforms leave it, or none.
 *
 * A filtered item does not belong in the target (rule C9). An item that a transform fails on stays as it is: the
 * migration sets it aside or stops there, and either shows as a difference.
 */
export function expectedItem(record: ChangeRecord, transforms: readonly Transform[]): Item | null {
  let current: ChangeRecord | null = record;
  try {
    for (const transform of transforms) {
      current = transform.apply(current);
      if (current === null) return null;
    }
  } catch {
    return record.after;
  }
  return current.after;
}

/** A row of the source's table as the record that a scan makes of it: what transforms are written for. */
export function rowRecord(table: string, key: Buffer, item: Item): ChangeRecord {
  const origin = { snapshot: '', file: '', line: 0 };
  return { op: 'r', version: 0, table, origin, timestampMs: 0, key, before: null, after: item };
}
