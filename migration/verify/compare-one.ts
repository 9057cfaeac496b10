import type { TableFacts } from '../../connectors/catalog-records.ts';
import { systemClock } from '../../connectors/clock.ts';
import type { TaskContext } from '../../connectors/connector.ts';
import { avroConverter } from '../../connectors/converters/avro.ts';
import type { KafkaClient } from '../../connectors/kafka/client.ts';
import type { Logger } from '../../connectors/log.ts';
import type { Catalog } from '../../connectors/runtime/catalog.ts';
import { epochName } from '../../connectors/runtime/epoch-name.ts';
import type { StoredPosition } from '../../connectors/runtime/offset-store.ts';
import type { SinkDefinition } from '../../connectors/runtime/sink-world.ts';
import type { Migration } from '../config/defaults.ts';
import { connectorNames } from '../config/names.ts';
import type { TopicsView } from '../topics-view.ts';
import { accessOf } from '../wiring.ts';
import type { RepairLimits } from './repair.ts';
import { openRepair } from './repair-start.ts';
import type { TableReport } from './report.ts';
import { sourceSide } from './source-side.ts';
import { targetSide } from './target-side.ts';
import type { TableTopics } from './topic-records.ts';
import { openMovement, TopicSide } from './topic-side.ts';
import type { VerifyRequest } from './verify.ts';
import { verifyTable } from './verify-table.ts';

/** Below it the pauses of a pipeline that is well would count as differences. */
const LAG_LEAST_MS = 2000;

/** What comparing tables of a migration needs. */
export interface World {
  readonly migration: Migration;
  readonly request: Omit<VerifyRequest, 'tables' | 'keysFile'>;
  readonly kafka: KafkaClient;
  readonly view: TopicsView;
  readonly sink: SinkDefinition;
}

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
  const topics = topicsOfTable(world, name);
  await using repair = request.repair && (await openRepair(world, request.repair, facts, keys, context));
  const sides = await sidesOf(world, facts, topics, context, lagMs);
  try {
    const report = await verifyTable({
      table: name,
      ...sides,
      target: targetSide(sink.plugin, sink.options, { facts }, context),
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
    return against === 'topics' ? { ...report, sourceReadTo: sourceReadTo(world, name) } : report;
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
  const since = request.repair && recentMs(migration, view, facts.table, request.repair);
  if (request.against === 'topics') {
    const source = await TopicSide.open(kafka, topics, context, lagMs, since);
    return { source, movement: () => Promise.resolve(source.movement) };
  }
  const { segments, readCapacity } = migration.source.snapshot;
  const { transforms } = sink;
  const access = accessOf(migration);
  return {
    source: sourceSide({ access, table: facts, transforms, segments, readCapacity }, context),
    movement: () => openMovement(kafka, topics, context, lagMs, since),
  };
}

function topicsOfTable({ view, sink, request }: World, table: string): TableTopics & { warn(): void } {
  let count = 0;
  let first = '';
  return {
    snapshot: view.names.snapshot(table),
    changes: view.names.changes(table),
    converter: avroConverter,
    transforms: sink.transforms,
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

/** Rule C12: how far behind the source the topics are, p of rule C5 over the shards that are not drained. */
function sourceReadTo({ migration, view }: World, table: string): string | null {
  const snapshot = view.catalog.currentChain(table).at(-1);
  if (view.catalog.table(table)?.epoch.streamArn === null && snapshot) {
    return new Date(snapshot.facts.exportMs).toISOString();
  }
  const positions = positionsOf(migration, view, table).filter(({ done }) => !done);
  const times = readTimesOf(positions);
  if (times.length === 0 || times.length < positions.length) return null;
  return new Date(Math.min(...times)).toISOString();
}

/** Rule C1: events alone come to rows that somebody else has put there; the topics say nothing of those. */
const holdsOthers = ({ source, target }: Migration): boolean =>
  source.snapshot.from === 'none' && target.type === 'alternator' && target.existing === 'keep';

/** Times of changes are cut to whole minutes at the coarsest (rule C1). */
const COARSEST_MS = 60_000;

/**
 * No published change that is younger than the repair's minute was created before this; epoch ms, null: there is none.
 *
 * From the newest time up to which a shard was read: like a change's own time it is the source's, and none of our clocks is asked.
 */
function recentMs(migration: Migration, view: TopicsView, table: string, { quietMs }: RepairLimits) {
  const times = readTimesOf(positionsOf(migration, view, table));
  return times.length === 0 ? null : Math.max(...times) - quietMs - COARSEST_MS;
}

function positionsOf(migration: Migration, view: TopicsView, table: string): StoredPosition[] {
  const { epoch } = view.catalog.table(table)!;
  return [...view.offsets(connectorNames(migration).changes).of(table, epochName(epoch)).values()];
}

function readTimesOf(positions: readonly StoredPosition[]): number[] {
  return positions.map(({ position }) => position['readMs']).filter((readMs) => typeof readMs === 'number');
}

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
