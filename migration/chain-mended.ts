import { systemClock } from '../connectors/clock.ts';
import type { Logger } from '../connectors/log.ts';
import type { Catalog } from '../connectors/runtime/catalog.ts';
import { recordSink } from '../connectors/runtime/sink/sink-prepare.ts';
import { lanesOf } from './replay/replay-lanes.ts';
import type { TopicsView } from './topics-view.ts';

/**
 * Rule C1: a table that came as a full export and incremental windows is ready only when it was mended against its
 * source: a key that was born within the export's fuzz and deleted in the same window has left no row.
 *
 * A copy (no capture) claims no more than its exports do.
 */
export function awaitsMending(catalog: Catalog, sink: string, table: string): boolean {
  const [full, ...windows] = catalog.currentChain(table);
  if (full === undefined || windows.length === 0 || !full.proof.proven) return false;
  return catalog.sink(sink, table)?.mendedSnapshot !== full.facts.id;
}

/** The table's current chain was mended. */
export function rememberMending(group: string, view: TopicsView, sink: string, table: string): Promise<void> {
  return record(group, view, sink, table, view.catalog.currentSnapshot(table)?.facts.id ?? null);
}

/** The target is written again from its rows on: what was mended is undone. */
export function forgetMending(group: string, view: TopicsView, sink: string, table: string): Promise<void> {
  return record(group, view, sink, table, null);
}

/**
 * The sink's positions are gone, though it has written: it begins with the rows again, and so what was mended is undone.
 *
 * To be called before the sink runs.
 */
export async function forgetLostMendings(
  group: string,
  view: TopicsView,
  sink: string,
  tables: readonly string[],
  partitions: number,
): Promise<void> {
  const mended = tables.filter((table) => view.catalog.sink(sink, table)?.mendedSnapshot != null);
  if (mended.length === 0) return;
  for (const [table, lanes] of await lanesOf(view, sink, mended)) {
    if (lanes.length < partitions) await forgetMending(group, view, sink, table);
  }
}

/** Rule C1: mending needs the source, and nobody may ask it here. */
export function warnOfUnmended(catalog: Catalog, sink: string, tables: readonly string[], log: Logger): void {
  for (const table of tables) {
    if (!awaitsMending(catalog, sink, table)) continue;
    const said =
      'it came in incremental windows and was not mended against its source: rows of keys that are deleted may stay in the target';
    log.warn({ table }, said);
  }
}

async function record(
  group: string,
  { kafka, names: topics, catalog }: TopicsView,
  sink: string,
  table: string,
  mendedSnapshot: string | null,
): Promise<void> {
  const known = catalog.sink(sink, table);
  if (known === null || known.mendedSnapshot === mendedSnapshot) return;
  const world = { kafka, group, topics, catalog, clock: systemClock };
  await recordSink(world, sink, table, { ...known, mendedSnapshot });
}
