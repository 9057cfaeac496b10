import type { TableFacts } from '../connectors/catalog-records.ts';
import type { TaskContext, Transform } from '../connectors/connector.ts';
import { asConnectError, ConnectError } from '../connectors/errors.ts';
import type { ChangeRecord } from '../schemas/change.ts';
import { Item } from '../schemas/item.ts';
import { ItemScanner, type ScannedItem } from '../schemas/scanner.ts';
import { scanClient } from '../source/scan/scan-client.ts';
import type { Migration } from './config/defaults.ts';
import type { Problems } from './plan-problems.ts';
import { rowRecord } from './verify/transformed.ts';
import { accessOf } from './wiring.ts';

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

/** Items read of each table: at most 1 MB, so 128 read units at an eventually consistent read. */
const SAMPLE_ITEMS = 100;

/** Tries the transforms on the first items of a table; null: there are no transforms, or the table cannot be scanned. */
export async function tryTransforms(
  migration: Migration,
  transforms: readonly Transform[],
  facts: TableFacts,
  problems: Problems,
  context: TaskContext,
): Promise<TransformsPlan | null> {
  if (transforms.length === 0) return null;
  // Without the permission to scan a table can be moved all the same: what matters, the source's own check says.
  const items = await sample(migration, facts, context).catch(() => null);
  context.signal.throwIfAborted();
  if (items === null) return null;
  const plan = outcomeOf(transforms, facts.table, items);
  const [worst] = plan.reasons;
  if (worst !== undefined && migration.deadLetters.tolerance === 'none') {
    const message = `${plan.failed} of ${plan.sampled} items tried cannot be transformed: ${worst.reason}`;
    problems.add(facts.table, new ConnectError('RECORD_TRANSFORM', message));
  }
  return plan;
}

async function sample(
  migration: Migration,
  { table, keySchema }: TableFacts,
  { clock, signal }: TaskContext,
): Promise<readonly ScannedItem[]> {
  const pages = scanClient(accessOf(migration)).pages({
    table,
    segment: 0,
    totalSegments: 1,
    consistent: false,
    scanner: new ItemScanner(keySchema),
    limit: SAMPLE_ITEMS,
    signal,
    retry: { clock },
  });
  const page = await pages.next();
  await pages.return();
  return page.done === true ? [] : page.value.items;
}

/** Counts what becomes of items. */
export function outcomeOf(
  transforms: readonly Transform[],
  table: string,
  items: readonly ScannedItem[],
): TransformsPlan {
  const reasons = new Map<string, number>();
  let [changed, filtered, failed] = [0, 0, 0];
  for (const { key, avro } of items) {
    const item = Item.fromAvro(avro);
    try {
      let record: ChangeRecord | null = rowRecord(table, key, item);
      for (const transform of transforms) record = record && transform.apply(record);
      if (record === null) filtered++;
      else if (record.after?.equals(item) !== true) changed++;
    } catch (thrown) {
      const reason = asConnectError(thrown).message;
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      failed++;
    }
  }
  return {
    sampled: items.length,
    passed: items.length - filtered - failed,
    changed,
    filtered,
    failed,
    reasons: [...reasons]
      .map(([reason, count]) => ({ reason, items: count }))
      .sort((a, b) => b.items - a.items),
  };
}
