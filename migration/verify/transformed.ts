import type { Transform } from '../../connectors/connector.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import type { Item } from '../../schemas/item.ts';

/** What the target should hold after a record. */
export interface Expected {
  /** Null: none. */
  readonly item: Item | null;
  /** False: a transform fails on it, so nobody can tell; `item` is what it was before. */
  readonly certain: boolean;
}

/**
 * What the target should hold after a record: the item as the migration's transforms leave it, or none.
 *
 * A filtered item does not belong in the target (rule C9). An item that a transform fails on stays as it is: the
 * migration sets it aside or stops there, and either shows as a difference, which no repair mends.
 */
export function expectedItem(record: ChangeRecord, transforms: readonly Transform[]): Expected {
  let current: ChangeRecord | null = record;
  try {
    for (const transform of transforms) {
      current = transform.apply(current);
      if (current === null) return { item: null, certain: true };
    }
    // What cannot be written shows when its bytes are made, as it does in the sink.
    void current.after?.avro;
  } catch {
    return { item: record.after, certain: false };
  }
  return { item: current.after, certain: true };
}

/** What the target should have held before a record, by its old image. */
export function expectedBefore(record: ChangeRecord, transforms: readonly Transform[]): Expected {
  const { before } = record;
  // As the record that put it there: a chain tells not why nothing is left of an old image.
  return expectedItem({ ...record, op: 'u', before: null, after: before }, transforms);
}

/** A row of the source's table as the record that a scan makes of it: what transforms are written for. */
export function rowRecord(table: string, key: Buffer, item: Item): ChangeRecord {
  const origin = { snapshot: '', file: '', line: 0 };
  return { op: 'r', version: 0, table, origin, timestampMs: 0, key, before: null, after: item };
}
