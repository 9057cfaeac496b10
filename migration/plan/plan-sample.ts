import type { TableFacts } from '../../connectors/catalog-records.ts';
import type { TaskContext } from '../../connectors/connector.ts';
import type { ChangeRecord } from '../../schemas/change.ts';
import { Item } from '../../schemas/item.ts';
import { ItemScanner } from '../../schemas/scanner.ts';
import { scanClient } from '../../source/scan/scan-client.ts';
import type { Migration } from '../config/defaults.ts';
import { sampleTopics } from '../infer/topic-sample.ts';
import { accessOf } from '../source-access.ts';
import type { TopicsView } from '../topics-view.ts';
import { rowRecord } from '../verify/transformed.ts';

/** Some items of a table, to try transforms and a mapping on. */
export interface Sample {
  readonly from: 'topics' | 'source';
  /** Each as the record that a scan would make of it. */
  readonly rows: readonly ChangeRecord[];
}

/** Items read of each table: at most 1 MB of a scan, so 128 read units at an eventually consistent read. */
const SAMPLE_ITEMS = 100;

/**
 * The newest items of a table's topics, where the migration has begun: the source may be gone. Else the first of the table.
 *
 * @param view null: it has not begun, or nobody knows
 * @returns null: neither can be read. Without the permission to scan a table can be moved all the same; what matters, the
 * source's own check says.
 */
export async function sampleTable(
  migration: Migration,
  view: TopicsView | null,
  facts: TableFacts,
  context: TaskContext,
): Promise<Sample | null> {
  const published = view?.catalog.table(facts.table)
    ? await fromTopics(view, facts.table, context.signal).catch(() => [])
    : [];
  if (published.length > 0) return { from: 'topics', rows: published };
  const scanned = await fromSource(migration, facts, context).catch(() => null);
  context.signal.throwIfAborted();
  return scanned && { from: 'source', rows: scanned };
}

async function fromTopics(
  { kafka, names }: TopicsView,
  table: string,
  signal: AbortSignal,
): Promise<ChangeRecord[]> {
  const rows: ChangeRecord[] = [];
  const sample = {
    failed: 0,
    add: ({ key, after }: ChangeRecord) => {
      if (after !== null) rows.push(rowRecord(table, key, after));
    },
  };
  await sampleTopics(kafka, [names.snapshot(table), names.changes(table)], SAMPLE_ITEMS, sample, signal);
  return rows;
}

async function fromSource(
  migration: Migration,
  { table, keySchema }: TableFacts,
  { clock, signal }: TaskContext,
): Promise<ChangeRecord[]> {
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
  if (page.done === true) return [];
  return page.value.items.map(({ key, avro }) => rowRecord(table, key, Item.fromAvro(avro)));
}
