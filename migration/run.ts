import { systemClock } from '../connectors/clock.ts';
import { ConnectError, type ErrorCode } from '../connectors/errors.ts';
import type { Logger } from '../connectors/log.ts';
import { forgetLostMendings, warnOfUnmended } from './chain-mended.ts';
import { ChainMending, mendingWorld } from './chain-mending.ts';
import type { Migration } from './config/defaults.ts';
import { connectKafka } from './kafka-client.ts';
import { LagTracker } from './lag.ts';
import { newEpochs } from './new-snapshots.ts';
import { prepare } from './prepare.ts';
import { type MigrationStatus, readStatus, type TableStatus } from './status.ts';
import type { TopicsView } from './topics-view.ts';
import { isAt } from './wait-status.ts';
import { Workers } from './workers.ts';

export interface MigrateOptions {
  /** What to stop at; null: follow until the signal aborts. */
  readonly until: 'loaded' | 'ready' | null;
  /** Never contact the source. */
  readonly sinksOnly: boolean;
  /** Tables that begin a new epoch with a new snapshot (rule C11), each time they are given. */
  readonly newSnapshots: readonly string[];
  /** Aborts at the first interrupt: what is in flight is finished and committed. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Hears the state about once a second. */
  onStatus(status: MigrationStatus): void;
}

/** What is in flight gets this long at the end. */
const STOP_DEADLINE_MS = 30_000;
const LOOK_INTERVAL_MS = 1_000;

/**
 * Runs sources, topics and sinks of all tables in this process, and goes on where it was.
 *
 * @returns the last state. @throws what halted a table, once every other table is where `until` asks.
 */
export async function migrate(migration: Migration, options: MigrateOptions): Promise<MigrationStatus> {
  const kafka = await connectKafka(migration, options.log);
  try {
    const { tables, wiring, view } = await prepare(migration, kafka, options);
    await using _view = view;
    const { name, kafka: settings } = migration;
    await forgetLostMendings(name, view, wiring.sink.name, tables, settings.partitions);
    if (options.sinksOnly) warnOfUnmended(view.catalog, wiring.sink.name, tables, options.log);
    options.log.debug({ tables: tables.length }, 'checked; starting');
    const workers = new Workers(migration, view, wiring, options.sinksOnly, options.log);
    try {
      await workers.setEpochs(newEpochs(view, options.newSnapshots));
      await workers.start();
      return await follow(migration, view, tables, workers, options);
    } finally {
      options.log.debug('stopping');
      await workers.stop(STOP_DEADLINE_MS);
      options.log.debug('stopped');
    }
  } finally {
    await kafka.close();
  }
}

async function follow(
  migration: Migration,
  view: TopicsView,
  tables: readonly string[],
  workers: Workers,
  options: MigrateOptions,
): Promise<MigrationStatus> {
  const lag = new LagTracker(systemClock.now);
  const startedMs = systemClock.now();
  const mending = new ChainMending(mendingWorld(migration, view, workers.id, options.log));
  await using _stop = { [Symbol.asyncDispose]: () => mending.stop() };
  for (;;) {
    await view.readToEnd();
    const status = await readStatus(migration, view, tables, lag, options.sinksOnly ? 'topics' : 'source');
    options.onStatus(status);
    if (!options.sinksOnly) mending.look(status);
    const halts = new Map([...mending.failures, ...haltsOf(status, workers, startedMs)]);
    const going = status.tables.filter(({ table }) => !halts.has(table));
    const elapsedMs = systemClock.now() - startedMs;
    const there = going.every((one) => options.until !== null && isReached(one, options.until, elapsedMs));
    if (halts.size > 0 && there) throw firstHalt(halts);
    if ((halts.size === 0 && there) || options.signal.aborted) return status;
    await systemClock.sleep(LOOK_INTERVAL_MS, options.signal).catch(() => {});
  }
}

/** Tables that halted since this run began, here or in another process of the migration. */
function haltsOf(status: MigrationStatus, workers: Workers, sinceMs: number): Map<string, ConnectError> {
  const halts = workers.halts;
  for (const { table, lastError } of status.tables) {
    if (!lastError?.halted || halts.has(table) || Date.parse(lastError.at) < sinceMs) continue;
    halts.set(table, new ConnectError(lastError.code as ErrorCode, lastError.message, { detail: { table } }));
  }
  return halts;
}

/**
 * Ready, to who gives the command, holds the changes made before it: what an earlier run left may be younger than
 * `ready.lagSeconds`, and still lack them.
 */
function isReached(status: TableStatus, until: 'loaded' | 'ready', elapsedMs: number): boolean {
  if (!isAt(status, until)) return false;
  const { lagSeconds } = status.changes;
  // Ready without a lag: a copy, which nothing follows.
  return until === 'loaded' || lagSeconds === null || lagSeconds * 1000 <= elapsedMs;
}

function firstHalt(halts: ReadonlyMap<string, ConnectError>): ConnectError {
  const errors = [...halts.values()];
  return errors.find((error) => error.exit === 4) ?? (errors[0] as ConnectError);
}
