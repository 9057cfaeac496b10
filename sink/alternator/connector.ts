import { setMaxListeners } from 'node:events';
import type { SinkTable } from '../../connectors/catalog-records.ts';
import type { Clock } from '../../connectors/clock.ts';
import type { SinkConnector, SinkContext, TaskContext } from '../../connectors/connector.ts';
import { ConnectError } from '../../connectors/errors.ts';
import { ALTERNATOR_BATCH_WRITES_MAX, BATCH_WRITES_MAX } from '../../dynamodb/batch-write.ts';
import { ITEM_BYTES_MAX } from '../../dynamodb/item-size.ts';
import { RateLimiter } from '../../dynamodb/rate.ts';
import { ItemScanner } from '../../schemas/scanner.ts';
import { InFlight } from '../in-flight.ts';
import type { Outbox } from './delivery.ts';
import { atTarget, targetError } from './faults.ts';
import { KeySpacing } from './key-spacing.ts';
import { AlternatorMender } from './mender.ts';
import { NodeRing } from './nodes.ts';
import { type AlternatorOptions, alternatorOptions, targetTableOf } from './options.ts';
import { getItems, scanRows } from './read-back.ts';
import { batchWriteItem } from './request.ts';
import { dropTable, inspectTable, makeTable, tableIdOf } from './table.ts';
import { CONNECTIONS_MAX, Target } from './target.ts';
import { AlternatorTask } from './task.ts';

/** Bodies under way: a share of a worker's 512 MiB. Counted as Avro, so about twice that as JSON. */
const IN_FLIGHT_BYTES_MAX = 16 * 1024 * 1024;
/** An answer slower than this share of the server's timeout says overload. */
const SLOW_SHARE = 4;
/** Conditional writes under way: each is a round of Paxos, beside what the sink writes. */
const MENDS_MAX = 16;

/** Writes whole items through the DynamoDB API: to ScyllaDB's Alternator, or to DynamoDB itself. */
export const alternatorSink: SinkConnector<AlternatorOptions> = {
  name: 'AlternatorSink',
  summary: 'Writes items to ScyllaDB through Alternator, its DynamoDB API.',
  options: alternatorOptions,
  // Rule C7: Alternator takes no client timestamps in any release, so order does the work.
  supports: { version: false },
  renamed(options, names) {
    const tables = { ...options.tables, ...Object.fromEntries(names) };
    // What it makes of them has no table called `__proto__`.
    alternatorOptions.parse({ ...options, tables });
    return { ...options, tables };
  },
  targetTable: targetTableOf,
  // Items are written as they are: no option shapes them.
  fingerprint: () => 'alternator:1',

  async check(options, table, first, context) {
    try {
      await withTarget(options, table, context, (target) =>
        inspectTable(target, options, table, first, context),
      );
      return [];
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof ConnectError)) throw error;
      return [{ table: table.facts.table, error }];
    }
  },

  async prepare(options, table, first, context) {
    await withTarget(options, table, context, (target) => makeTable(target, options, table, first, context));
    return {};
  },

  drop: (options, table, context) =>
    withTarget(options, table, context, ({ control }) =>
      dropTable(control, targetTableOf(options, table.facts.table), context),
    ),

  async open(options, context) {
    // Many chunks wait at once, each with a listener: no leak.
    setMaxListeners(0, context.signal);
    const target = await Target.open(options, context);
    target.watch(context);
    const scanners = new Map<string, ItemScanner>();
    return new AlternatorTask({
      outbox: outboxOf(options, target, context),
      targetTable: (table) => targetTableOf(options, table),
      sender: (table, name) => {
        let scanner = scanners.get(name);
        if (scanner === undefined) scanners.set(name, (scanner = new ItemScanner(table.facts.keySchema)));
        const keys = scanner;
        return (node, records, indexes, beforeSend) =>
          batchWriteItem(target.clientOf(node), name, keys, records, indexes, beforeSend);
      },
      itemBytesMax: target.alternator ? null : ITEM_BYTES_MAX,
      // Opened for it: the node that this task began with may be gone.
      tableId: (table) =>
        withTarget(options, table, context, ({ control }) =>
          tableIdOf(control, targetTableOf(options, table.facts.table), context.signal),
        ),
      close: () => target[Symbol.asyncDispose](),
    });
  },

  async *rows(options, table, context) {
    const name = targetTableOf(options, table.facts.table);
    await using target = await Target.open(options, context);
    try {
      yield* scanRows(target.data, name, table.facts.keySchema, context);
    } catch (error) {
      throw targetError(error, name);
    }
  },

  lookUp: (options, table, keys, context) =>
    withTarget(options, table, context, ({ data }) =>
      getItems(data, targetTableOf(options, table.facts.table), table.facts.keySchema, keys, context),
    ),

  async openMender(options, table, context) {
    const { clock, signal } = context;
    setMaxListeners(0, signal);
    const target = await Target.open(options, context);
    target.watch(context);
    return new AlternatorMender({
      ...paceOf(options, target, clock, MENDS_MAX),
      signal,
      table: targetTableOf(options, table.facts.table),
      keySchema: table.facts.keySchema,
      // Without a signal: a write that is under way is waited for, else its outcome would be unknown (rule C7).
      call: (node, call, body) => target.clientOf(node).call(call, body),
      close: () => target[Symbol.asyncDispose](),
    });
  },
};

function outboxOf(options: AlternatorOptions, target: Target, context: SinkContext): Outbox {
  const { clock, signal, leaseValid, metrics } = context;
  const pace = paceOf(options, target, clock, CONNECTIONS_MAX);
  metrics?.watchRequests(pace.inFlight);
  return {
    ...pace,
    signal,
    metrics,
    leaseValid,
    spacing: options.affinity === 'none' ? new KeySpacing(clock, options.clockSkewMs) : null,
    itemsMax: options.batchItems ?? (target.alternator ? ALTERNATOR_BATCH_WRITES_MAX : BATCH_WRITES_MAX),
  };
}

/** Where writes go, how many at a time, how fast, and what is waited out between them (rule C7). */
function paceOf(options: AlternatorOptions, target: Target, clock: Clock, requestsMax: number) {
  const { serverTimeoutMs, clockSkewMs, writesPerSecond } = options;
  return {
    clock,
    nodes: new NodeRing(target.nodes, clock, clockSkewMs),
    inFlight: new InFlight(clock, {
      requestsMax,
      bytesMax: IN_FLIGHT_BYTES_MAX,
      slowMs: serverTimeoutMs / SLOW_SHARE,
    }),
    rate: writesPerSecond === undefined ? null : new RateLimiter(writesPerSecond, clock),
    serverTimeoutMs,
    clockSkewMs,
  };
}

/** Runs a step against the target, opened for it; its failures become the runtime's errors. */
async function withTarget<T>(
  options: AlternatorOptions,
  table: SinkTable,
  context: TaskContext,
  step: (target: Target) => Promise<T>,
): Promise<T> {
  await using target = await Target.open(options, context);
  return await atTarget(targetTableOf(options, table.facts.table), () => step(target));
}
