import { systemClock } from '../connectors/clock.ts';
import { ConnectError } from '../connectors/errors.ts';
import type { KafkaClient } from '../connectors/kafka/client.ts';
import type { Logger } from '../connectors/log.ts';
import { isGlob } from '../connectors/table-globs.ts';
import type { Migration } from './config/defaults.ts';
import { connectKafka } from './kafka-client.ts';
import { LagTracker } from './lag.ts';
import { type MigrationStatus, readStatus, type TableStatus } from './status.ts';
import { tablesOfCatalog } from './tables.ts';
import { openTopics, type TopicsView } from './topics-view.ts';

export interface WaitOptions {
  /** Null: say what is. */
  readonly wait: 'loaded' | 'ready' | null;
  /** Null: wait as long as it takes. */
  readonly timeoutSeconds: number | null;
  readonly signal: AbortSignal;
  readonly log: Logger;
  onStatus(status: MigrationStatus): void;
}

const LOOK_INTERVAL_MS = 500;
/** A lag can be told once the sink has passed what it had not at the first look: a state is looked at this long. */
const LOOK_FOR_LAG_MS = 3_000;

/**
 * Reads the state from the topics, waiting where that is asked for; a table that halted ends the waiting.
 * @returns whether every table is where `wait` asks.
 */
export async function waitForStatus(
  migration: Migration,
  options: WaitOptions,
): Promise<{ status: MigrationStatus; reached: boolean }> {
  await using kafka = await connectKafka(migration, options.log);
  const begun = systemClock.monotonic();
  await using view = await openWhenThere(migration, kafka, options, begun);
  const lag = new LagTracker(systemClock.now);
  for (;;) {
    await view.readToEnd();
    const status = await readStatus(migration, view, tablesOf(migration, view), lag);
    options.onStatus(status);
    const elapsedMs = systemClock.monotonic() - begun;
    if (options.wait === null) {
      const told = migration.source.changes === 'none' || status.tables.every(isLagTold);
      if (told || elapsedMs > LOOK_FOR_LAG_MS || options.signal.aborted) return { status, reached: true };
    } else {
      const reached = status.tables.length > 0 && status.tables.every((one) => isAt(one, options.wait));
      const halted = status.tables.some(hasHalted);
      const over = options.timeoutSeconds !== null && elapsedMs > options.timeoutSeconds * 1000;
      if (reached || halted || over || options.signal.aborted) return { status, reached };
    }
    await systemClock.sleep(LOOK_INTERVAL_MS, options.signal).catch(() => {});
  }
}

/** Is a table where `--until` or `--wait` asks it to be? */
export function isAt(status: TableStatus, until: 'loaded' | 'ready' | null): boolean {
  if (until === 'ready') return status.phase === 'ready';
  return status.phase === 'ready' || status.phase === 'following';
}

const isLagTold = (one: TableStatus): boolean => one.changes.lagSeconds !== null || hasHalted(one);

/** Nobody moves such a table on. */
const hasHalted = ({ phase }: TableStatus): boolean => phase === 'gap' || phase === 'failed';

/** Literal names are shown before the catalog knows them; globs show what it knows. */
function tablesOf(migration: Migration, view: TopicsView): string[] {
  const known = view.catalog.tables().map(({ facts }) => facts.table);
  const literal = migration.source.tables.filter((entry) => !isGlob(entry));
  return [...new Set([...tablesOfCatalog(migration, known), ...literal])].sort();
}

/** The topics of a migration; whoever waits may have come before `migrate` has created them. */
async function openWhenThere(
  migration: Migration,
  kafka: KafkaClient,
  { wait, timeoutSeconds, signal }: WaitOptions,
  begun: number,
): Promise<TopicsView> {
  for (;;) {
    try {
      return await openTopics(migration, kafka);
    } catch (error) {
      const missing = error instanceof ConnectError && error.code === 'NOT_MIGRATED';
      const over = timeoutSeconds !== null && systemClock.monotonic() - begun > timeoutSeconds * 1000;
      if (!missing || wait === null || over) throw error;
    }
    await systemClock.sleep(LOOK_INTERVAL_MS, signal);
  }
}
