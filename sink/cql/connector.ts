import { setMaxListeners } from 'node:events';
import type { SinkTable } from '../../connectors/catalog-records.ts';
import type { SinkConnector, TaskContext } from '../../connectors/connector.ts';
import { ConnectError } from '../../connectors/errors.ts';
import type { TableMapping } from '../../schemas/cql/table-mapping.ts';
import { InFlight } from '../in-flight.ts';
import type { WriteStatements } from './bound-statement.ts';
import { Cluster } from './cluster.ts';
import { atCluster } from './faults.ts';
import { findTableId } from './found-table.ts';
import { checkTableOnce, cqlTableOf, mappingOf } from './mapping-of.ts';
import { CqlMender } from './mender.ts';
import { MisfitTally } from './misfit-tally.ts';
import { type CqlOptions, cqlOptions } from './options.ts';
import { lookUpRows, type ReadTarget, readRows } from './read-back.ts';
import { CqlReader } from './reading.ts';
import { CqlRowShape } from './row-shape.ts';
import { deleteText, insertText, selectRangeText, selectText, selectTimesText } from './statements.ts';
import { dropTable, inspectTable, makeTable } from './table.ts';
import { CqlTask } from './task.ts';

/** Statements under way: their values hold on to the records' bytes, a share of a worker's 512 MiB. */
const IN_FLIGHT_BYTES_MAX = 16 * 1024 * 1024;
const IN_FLIGHT_MAX = 1024;
/** A statement is one row, and a small part of what a node takes at once (cassandra.yaml, concurrent_writes). */
const IN_FLIGHT_START = 64;
/** What servers spend on collecting garbage, or on waiting for others to share a write of the commit log, is no queue. */
const QUEUE_SLACK_MS = 100;
/** An answer slower than this says overload: servers give a write up after 2 s (cassandra.yaml, scylla.yaml). */
const SLOW_MS = 1000;
/** Mending reads before it writes, beside what the sink writes. */
const MENDS_MAX = 32;

/** Writes typed rows through CQL: to ScyllaDB, or to Cassandra. */
export const cqlSink: SinkConnector<CqlOptions> = {
  name: 'CqlSink',
  summary: 'Writes items as rows of typed tables to ScyllaDB, or Cassandra, through CQL.',
  options: cqlOptions,
  // Rule C6: every write carries V.
  supports: { version: true },
  targetTable: nameOf,
  fingerprint: (options, table) => `cql:1:${mappingOf(options, table).fingerprint}`,
  shape: (options, table) => shapeOf(mappingOf(options, table), Date),

  async check(options, table, first, context) {
    try {
      await withTable(options, table, context, (cluster, mapping) =>
        inspectTable(cluster, mapping.table, options, first, context),
      );
      return [];
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof ConnectError)) throw error;
      return [{ table: table.facts.table, error }];
    }
  },

  prepare: (options, table, first, context) =>
    withTable(options, table, context, (cluster, mapping) =>
      makeTable(cluster, mapping.table, options, first, context),
    ),

  drop: (options, table, context) =>
    withTable(options, table, context, (cluster, mapping) => dropTable(cluster, mapping.table, context)),

  async open(options, context) {
    const { clock, signal, log, leaseValid, metrics } = context;
    // Many statements wait at once, each with a listener: no leak.
    setMaxListeners(0, signal);
    const cluster = await Cluster.open(options, context);
    const inFlight = inFlightOf(clock, IN_FLIGHT_MAX);
    metrics?.watchRequests(inFlight);
    return new CqlTask({
      outbox: {
        clock,
        signal,
        leaseValid,
        metrics,
        inFlight,
        tally: new MisfitTally(log, clock),
        execute: executing(cluster),
      },
      targetOf: (table) => {
        const mapping = mappingOf(options, table);
        const statements = writeStatements(cluster.keyspace, mapping);
        return { mapping, statements, name: nameOf(options, table.facts.table) };
      },
      tableId: ({ facts: { table } }) =>
        atCluster(nameOf(options, table), () => findTableId(cluster, cqlTableOf(options, table))),
      close: () => cluster[Symbol.asyncDispose](),
    });
  },

  async *rows(options, table, context) {
    await using cluster = await Cluster.open(options, context);
    yield* readRows(readTarget(cluster, options, table, context));
  },

  async lookUp(options, table, keys, context) {
    await using cluster = await Cluster.open(options, context);
    return await lookUpRows(readTarget(cluster, options, table, context), keys);
  },

  async openMender(options, table, context, versionNow) {
    const { clock, signal } = context;
    setMaxListeners(0, signal);
    const cluster = await Cluster.open(options, context);
    const { mapping, shape, reader } = readTarget(cluster, options, table, context);
    return new CqlMender({
      mapping,
      shape,
      reader,
      clock,
      signal,
      inFlight: inFlightOf(clock, MENDS_MAX),
      consistency: options.consistency,
      writes: writeStatements(cluster.keyspace, mapping),
      selectTimes: selectTimesText(cluster.keyspace, mapping.table),
      execute: executing(cluster),
      versionNow,
      name: nameOf(options, table.facts.table),
      close: () => cluster[Symbol.asyncDispose](),
    });
  },
};

function nameOf(options: CqlOptions, table: string): string {
  return `${options.keyspace}.${cqlTableOf(options, table)}`;
}

function inFlightOf(clock: TaskContext['clock'], requestsMax: number): InFlight {
  return new InFlight(clock, {
    requestsMax,
    bytesMax: IN_FLIGHT_BYTES_MAX,
    slowMs: SLOW_MS,
    windowStart: Math.min(IN_FLIGHT_START, requestsMax),
    queueSlackMs: QUEUE_SLACK_MS,
  });
}

function executing(cluster: Cluster): (statement: string, params: unknown[]) => Promise<unknown> {
  return (statement, params) => cluster.execute(statement, params, cluster.writes);
}

function writeStatements(keyspace: string, { table }: TableMapping): WriteStatements {
  return {
    insert: insertText(keyspace, table, false),
    insertTtl: insertText(keyspace, table, true),
    delete: deleteText(keyspace, table),
  };
}

function readTarget(
  cluster: Cluster,
  options: CqlOptions,
  table: SinkTable,
  context: TaskContext,
): ReadTarget {
  const { keyspace, dialect, reads } = cluster;
  const { clock, signal } = context;
  const mapping = mappingOf(options, table);
  return {
    mapping,
    shape: shapeOf(mapping, clock),
    reader: new CqlReader({
      execute: (statement, params, queryOptions) => cluster.execute(statement, [...params], queryOptions),
      clock,
      signal,
      options: reads,
      name: nameOf(options, table.facts.table),
    }),
    statements: {
      range: selectRangeText(keyspace, mapping.table, dialect),
      row: selectText(keyspace, mapping.table),
    },
  };
}

function shapeOf(mapping: TableMapping, clock: { now(): number }): CqlRowShape {
  return new CqlRowShape(mapping, () => Math.floor(clock.now() / 1000));
}

/** Runs a step against the cluster, opened for it; its failures become the runtime's errors. */
async function withTable<T>(
  options: CqlOptions,
  table: SinkTable,
  context: TaskContext,
  step: (cluster: Cluster, mapping: TableMapping) => Promise<T>,
): Promise<T> {
  checkTableOnce(options, table.facts.table);
  const mapping = mappingOf(options, table);
  await using cluster = await Cluster.open(options, context);
  return await atCluster(nameOf(options, table.facts.table), () => step(cluster, mapping));
}
