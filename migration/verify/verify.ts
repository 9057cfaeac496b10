import type { TableFacts } from '../../connectors/catalog-records.ts';
import { systemClock } from '../../connectors/clock.ts';
import type { TaskContext } from '../../connectors/connector.ts';
import { avroConverter } from '../../connectors/converters/avro.ts';
import { ConnectError } from '../../connectors/errors.ts';
import type { KafkaClient } from '../../connectors/kafka/client.ts';
import type { Logger } from '../../connectors/log.ts';
import type { Catalog } from '../../connectors/runtime/catalog.ts';
import { epochName } from '../../connectors/runtime/epoch-name.ts';
import type { SinkDefinition } from '../../connectors/runtime/sink-world.ts';
import type { Migration } from '../config/defaults.ts';
import { isGlob } from '../config/globs.ts';
import { connectorNames } from '../config/names.ts';
import { connectKafka } from '../kafka-client.ts';
import { tablesOfCatalog } from '../tables.ts';
import { openTopics, type TopicsView } from '../topics-view.ts';
import { accessOf, wire } from '../wiring.ts';
import { readKeys } from './keys-file.ts';
import { isEqual, type TableReport, type VerifyReport } from './report.ts';
import { sourceSide } from './source-side.ts';
import { targetSide } from './target-side.ts';
import type { TableTopics } from './topic-records.ts';
import { openMovement, TopicSide } from './topic-side.ts';
import { type VerifyProgress, verifyTable } from './verify-table.ts';

export interface VerifyRequest {
  readonly against: 'source' | 'topics';
  /** None: all that the catalog knows of the migration's. */
  readonly tables: readonly string[];
  readonly sampleFraction: number;
  /** JSON lines of DynamoDB JSON; null: all keys. One table only. */
  readonly keysFile: string | null;
  readonly showKeys: boolean;
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly onProgress?: (progress: VerifyProgress) => void;
}

/** Below it the pauses of a pipeline that is well would count as differences. */
const LAG_LEAST_MS = 2000;

/**
 * The work of `messina verify`: compares each table's target with its source, or with its topics, one table at a time.
 *
 * @throws NOT_MIGRATED where the catalog does not know a table; ConfigError for a bad file of keys
 */
export async function verify(migration: Migration, request: VerifyRequest): Promise<VerifyReport> {
  await using kafka = await connectKafka(migration, request.log);
  await using view = await openTopics(migration, kafka);
  const names = tablesToVerify(migration, request.tables, view.catalog);
  const { sink } = wire(migration, names);
  const tables: TableReport[] = [];
  for (const name of names) {
    tables.push(await verifyOne({ migration, request, kafka, view, sink }, name));
  }
  return {
    migration: migration.name,
    target: migration.target.name ?? migration.target.type,
    against: request.against,
    equal: tables.every(isEqual),
    tables,
  };
}

interface World {
  readonly migration: Migration;
  readonly request: VerifyRequest;
  readonly kafka: KafkaClient;
  readonly view: TopicsView;
  readonly sink: SinkDefinition;
}

function tablesToVerify(migration: Migration, asked: readonly string[], catalog: Catalog): readonly string[] {
  const known = catalog.tables().map(({ facts }) => facts.table);
  // A table that the file names and nobody has begun to move is no table that is equal.
  const needed = asked.length > 0 ? asked : migration.source.tables.filter((entry) => !isGlob(entry));
  const missing = needed.find((table) => !known.includes(table));
  const names = asked.length > 0 ? [...new Set(asked)] : tablesOfCatalog(migration, known);
  if (missing !== undefined || names.length === 0) {
    const what = missing === undefined ? 'No table' : `Table ${missing}`;
    throw new ConnectError('NOT_MIGRATED', `${what} of migration ${migration.name} is in its catalog yet`);
  }
  return names;
}

async function verifyOne(world: World, name: string): Promise<TableReport> {
  const { migration, request, view, sink } = world;
  const { log, keysFile, against, showKeys, sampleFraction, onProgress } = request;
  const { facts } = view.catalog.table(name)!;
  const keys = keysFile === null ? null : await readKeys(keysFile, facts.keySchema);
  const stop = new AbortController();
  const signal = AbortSignal.any([request.signal, stop.signal]);
  const context: TaskContext = { log, clock: systemClock, signal };
  const lagMs = Math.max(LAG_LEAST_MS, migration.ready.lagSeconds * 1000);
  const topics = topicsOfTable(world, name);
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
      showKeys,
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    topics.warn();
    return against === 'topics' ? { ...report, sourceReadTo: sourceReadTo(world, name) } : report;
  } finally {
    stop.abort();
  }
}

async function sidesOf(
  { migration, request, kafka, sink }: World,
  facts: TableFacts,
  topics: TableTopics,
  context: TaskContext,
  lagMs: number,
) {
  if (request.against === 'topics') {
    const source = await TopicSide.open(kafka, topics, context, lagMs);
    return { source, movement: () => Promise.resolve(source.movement) };
  }
  const { segments, readCapacity } = migration.source.snapshot;
  const { transforms } = sink;
  const access = accessOf(migration);
  return {
    source: sourceSide({ access, table: facts, transforms, segments, readCapacity }, context),
    movement: () => openMovement(kafka, topics, context, lagMs),
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
  const { epoch } = view.catalog.table(table)!;
  const positions = view.offsets(connectorNames(migration).changes).of(table, epochName(epoch));
  const open = [...positions.values()].filter(({ done }) => !done).map(({ position }) => position['readMs']);
  const times = open.filter((readMs) => typeof readMs === 'number');
  if (times.length === 0 || times.length < open.length) return null;
  return new Date(Math.min(...times)).toISOString();
}
