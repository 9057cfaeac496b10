import type { Instruments, Labels } from './instruments.ts';
import type { RequestsView, ShardAge, SnapshotShare, TopicLag } from './metrics.ts';
import type { OWN_METRICS } from './own-definitions.ts';

/** What a task is asked at each scrape; until a part of it has begun there is nothing to ask. */
export class Watched {
  halts: () => ReadonlyMap<string, string> = () => new Map();
  queuedBytes: () => number = () => 0;
  lags: () => readonly TopicLag[] = () => [];
  requests: RequestsView | null = null;
  readonly snapshots = new Map<string, () => SnapshotShare>();
  readonly #shards = new Map<string, { table: string; shard: string; ask: () => ShardAge }>();

  setShard(table: string, shard: string, ask: (() => ShardAge) | null): void {
    const key = JSON.stringify([table, shard]);
    if (ask === null) this.#shards.delete(key);
    else this.#shards.set(key, { table, shard, ask });
  }

  /** Shards by how far behind they are. */
  behind(): [Labels, number][] {
    return [...this.#shards.values()].flatMap(({ table, shard, ask }): [Labels, number][] => {
      const { behindMs } = ask();
      return behindMs === null ? [] : [[{ table, shard }, behindMs]];
    });
  }

  /** Tables by what is left to the shard with the least. */
  horizons(): [Labels, number][] {
    const least = new Map<string, number>();
    for (const { table, ask } of this.#shards.values()) {
      const { horizonHours } = ask();
      if (horizonHours !== null) least.set(table, Math.min(horizonHours, least.get(table) ?? horizonHours));
    }
    return [...least].map(([table, hours]) => [{ table }, hours]);
  }
}

/** Gauges of what a task has at hand. */
export function addGauges(
  all: Instruments<typeof OWN_METRICS>,
  watched: Watched,
  tables: () => Iterable<string>,
): void {
  all.asked('messina_queued_bytes', () => watched.queuedBytes());
  all.asked('messina_requests_in_flight', () => watched.requests?.requests ?? 0);
  all.asked('messina_requests_window', () => watched.requests?.window ?? 0);
  all.asked('messina_in_flight_bytes', () => watched.requests?.bytes ?? 0);
  all.listed('messina_table_halted', () =>
    [...watched.halts()].map(([table, code]) => [{ table, code }, 1] as const),
  );
  all.listed('messina_data_gap', () => {
    const halts = watched.halts();
    const known = new Set([...tables(), ...halts.keys()]);
    return [...known].map((table) => [{ table }, halts.get(table) === 'SOURCE_DATA_GAP' ? 1 : 0] as const);
  });
  all.listed('messina_lag_records', () =>
    watched
      .lags()
      .map(({ table, kind, partition, records }) => [{ table, kind, partition }, records] as const),
  );
  all.listed('messina_lag_seconds', () =>
    watched
      .lags()
      .flatMap(({ table, partition, seconds }) =>
        seconds === null ? [] : [[{ table, partition }, seconds] as const],
      ),
  );
  all.listed('messina_shard_behind_ms', () => watched.behind());
  all.listed('messina_trim_horizon_hours', () => watched.horizons());
  const share = (of: (snapshot: SnapshotShare) => number | null) => () =>
    [...watched.snapshots].flatMap(([table, ask]) => {
      const value = of(ask());
      return value === null ? [] : [[{ table }, value] as const];
    });
  all.listed(
    'messina_snapshot_files',
    share(({ files }) => files),
  );
  all.listed(
    'messina_snapshot_files_done',
    share(({ filesDone }) => filesDone),
  );
  all.listed(
    'messina_snapshot_rows',
    share(({ rows }) => rows),
  );
  all.listed(
    'messina_snapshot_rows_done',
    share(({ rowsDone }) => rowsDone),
  );
}
