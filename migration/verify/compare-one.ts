import type { TableFacts } from '../../connectors/catalog-records.ts';
import { systemClock } from '../../connectors/clock.ts';
import type { TaskContext } from '../../connectors/connector.ts';
import { avroConverter } from '../../connectors/converters/avro.ts';
import type { Logger } from '../../connectors/log.ts';
import type { Catalog } from '../../connectors/runtime/catalog.ts';
import type { Migration } from '../config/defaults.ts';
import { accessOf } from '../source-access.ts';
import { readToMs, recentMs } from './read-to.ts';
import { openRepair } from './repair-start.ts';
import type { TableReport } from './report.ts';
import type { World } from './request.ts';
import { type RowSpace, rowSpace } from './row-space.ts';
import { sourceSide } from './source-side.ts';
import { targetSide } from './target-side.ts';
import type { TableTopics } from './topic-records.ts';
import { openMovement, TopicSide } from './topic-side.ts';
import { verifyTable } from './verify-table.ts';

/** Below it the pauses of a pipeline that is well would count as differences. */
const LAG_LEAST_MS = 2000;

/**
 * Compares one table of the catalog, and mends it where that is asked.
 *
 * @param keys only these, framed, each once; null: all, or the sample that was asked for
 */
export async function compareOne(
  world: World,
  name: string,
  keys: readonly Buffer[] | null,
): Promise<TableReport> {
  const { migration, request, view, sink } = world;
  const { log, against, showKeys, sampleFraction, onProgress } = request;
  const { facts } = view.catalog.table(name)!;
  const stop = new AbortController();
  const signal = AbortSignal.any([request.signal, stop.signal]);
  const context: TaskContext = { log, clock: systemClock, signal };
  const lagMs = Math.max(LAG_LEAST_MS, migration.ready.lagSeconds * 1000);
  const space = rowSpace(sink.plugin.shape?.(sink.options, { facts }));
  const topics = topicsOfTable(world, name, space);
  await using repair = request.repair && (await openRepair(world, request.repair, facts, keys, context));
  const sides = await sidesOf(world, facts, topics, context, lagMs);
  try {
    const report = await verifyTable({
      table: name,
      ...sides,
      target: targetSide(sink.plugin, sink.options, { facts }, space, context),
      space,
      clock: systemClock,
      signal,
      giveUp: () => stop.abort(new Error('the other side failed')),
      lagMs,
      estimatedRows: estimatedRows(view.catalog, facts),
      sampleFraction,
      keys,
      keepsUnknown: against === 'topics' && holdsOthers(migration),
      showKeys,
      repair,
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    topics.warn();
    warnOfRepair(report, log);
    if (against === 'source') return report;
    const readMs = readToMs(migration, view, name);
    return { ...report, sourceReadTo: readMs === null ? null : new Date(readMs).toISOString() };
  } finally {
    stop.abort();
  }
}

async function sidesOf(
  { migration, request, kafka, view, sink }: World,
  facts: TableFacts,
  topics: TableTopics,
  context: TaskContext,
  lagMs: number,
) {
  // A repair asks what has changed before it began, too.
  const since = request.repair && recentMs(migration, view, facts.table, request.repair.quietMs);
  if (request.against === 'topics') {
    const source = await TopicSide.open(kafka, topics, context, lagMs, since);
    return { source, movement: () => Promise.resolve(source.movement) };
  }
  const { segments, readCapacity } = migration.source.snapshot;
  const { transforms } = sink;
  const { space } = topics;
  const access = accessOf(migration);
  return {
    source: sourceSide({ access, table: facts, transforms, space, segments, readCapacity }, context),
    movement: () => openMovement(kafka, topics, context, lagMs, since),
  };
}

function topicsOfTable(
  { view, sink, request }: World,
  table: string,
  space: RowSpace,
): TableTopics & { warn(): void } {
  let count = 0;
  let first = '';
  return {
    snapshot: view.names.snapshot(table),
    changes: view.names.changes(table),
    converter: avroConverter,
    transforms: sink.transforms,
    space,
    // Rule C6: rows that move are of the current epoch.
    versionMin: space.moves ? view.catalog.table(table)!.epoch.version0 : 0,
    onUndecodable: (topic, partition, offset) => {
      if (count === 0) first = `${topic} partition ${partition} offset ${offset}`;
      count += 1;
    },
    warn: () => {
      if (count > 0)
        request.log.warn({ table, records: count, first }, 'records of the topics cannot be decoded');
    },
  };
}

function estimatedRows(catalog: Catalog, { table, itemCount }: TableFacts): number | null {
  return Math.max(itemCount ?? 0, catalog.currentSnapshot(table)?.facts.rows ?? 0) || null;
}

/** Rule C1: events alone come to rows that somebody else has put there; the topics say nothing of those. */
const holdsOthers = ({ source, target }: Migration): boolean =>
  source.snapshot.from === 'none' && target.existing === 'keep';

function warnOfRepair({ table, immovable = 0, refused = 0 }: TableReport, log: Logger): void {
  if (immovable > 0) {
    log.warn(
      { table, keys: immovable },
      'the target takes writes of rows and keeps them as they are: most likely somebody wrote them with a later clock',
    );
  }
  if (refused > 0)
    log.warn({ table, keys: refused }, 'rows cannot be mended: the target takes no such items');
}
