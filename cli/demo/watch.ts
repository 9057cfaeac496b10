import { systemClock } from '../../connectors/clock.ts';
import { ConnectError } from '../../connectors/errors.ts';
import type { Logger } from '../../connectors/log.ts';
import type { Migration } from '../../migration/config/defaults.ts';
import { connectKafka } from '../../migration/kafka-client.ts';
import { LagTracker } from '../../migration/lag.ts';
import { type MigrationStatus, readStatus } from '../../migration/status.ts';
import { openTopics, type TopicsView } from '../../migration/topics-view.ts';

/** Watches a migration of one table that runs elsewhere, through its topics: what `messina status` prints, more often. */
export interface Watch extends AsyncDisposable {
  /** Null: there is nothing to see yet. */
  look(): Promise<MigrationStatus | null>;
}

export async function openWatch(migration: Migration, table: string, log: Logger): Promise<Watch> {
  const kafka = await connectKafka(migration, log);
  const lag = new LagTracker(systemClock.now);
  let view: TopicsView | null = null;
  return {
    async look() {
      view ??= await openTopics(migration, kafka).catch((error: unknown) => {
        if (error instanceof ConnectError && error.code === 'NOT_MIGRATED') return null;
        throw error;
      });
      if (view === null) return null;
      await view.readToEnd();
      return readStatus(migration, view, [table], lag);
    },
    async [Symbol.asyncDispose]() {
      await view?.[Symbol.asyncDispose]();
      await kafka.close();
    },
  };
}
