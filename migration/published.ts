import type { SnapshotRecord } from '../connectors/catalog-records.ts';
import { addCounts, NO_COUNTS, type PublishedCounts } from '../connectors/runtime/offset-store.ts';
import { epochName } from '../connectors/runtime/source/epoch-name.ts';
import { publishedBefore } from '../connectors/runtime/source/published-before.ts';
import { SWEEP } from '../connectors/runtime/source/snapshot-run.ts';
import type { Migration } from './config/defaults.ts';
import { connectorNames } from './config/names.ts';
import type { TopicsView } from './topics-view.ts';

/** Rows of all snapshots that the topic holds; `done`: data files of the current one, `chain`, that are published whole. */
export function publishedRows(
  migration: Migration,
  view: TopicsView,
  table: string,
  chain: readonly SnapshotRecord[],
) {
  const offsets = view.offsets(connectorNames(migration).snapshot);
  const current = new Set(chain.map(({ facts }) => facts.id));
  const published = { rows: 0, deadLettered: 0, done: 0 };
  for (const { facts } of view.catalog.snapshots(table)) {
    for (const [partition, { counts, done }] of offsets.of(table, facts.id)) {
      published.rows += counts.rows.reduce((a, b) => a + b, 0);
      published.deadLettered += counts.deadLettered;
      if (done && current.has(facts.id) && partition !== SWEEP) published.done++;
    }
    const { rows, deadLettered } = publishedBefore(offsets, table, facts.id)?.counts ?? NO_COUNTS;
    published.rows += rows.reduce((a, b) => a + b, 0);
    published.deadLettered += deadLettered;
  }
  return published;
}

/** Changes of all epochs that the topic holds. */
export function publishedChanges(migration: Migration, view: TopicsView, table: string): PublishedCounts {
  const epoch = view.catalog.table(table)?.epoch;
  let counts = NO_COUNTS;
  for (let number = 1; number <= (epoch?.number ?? 0); number++) {
    const offsets = view.offsets(connectorNames(migration).changes);
    const name = epochName({ number });
    for (const stored of offsets.of(table, name).values()) counts = addCounts(counts, stored.counts);
    counts = addCounts(counts, publishedBefore(offsets, table, name)?.counts ?? NO_COUNTS);
  }
  return counts;
}
