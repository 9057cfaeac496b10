import type { Outcomes } from '../runtime/outcomes.ts';

/** Of which topic of a table a batch is. */
export interface Flow {
  readonly table: string;
  readonly kind: 'snapshot' | 'changes';
}

/** A batch that is dealt with. */
export interface MeasuredBatch {
  readonly records: number;
  /** As they are in memory, unpacked. */
  readonly bytes: number;
  readonly tookMs: number;
}

/** Where a step is tried again: source (read, publish), sink (fetch, write), or one request to the target. */
export type RetryStage = 'read' | 'publish' | 'fetch' | 'write' | 'request';

/** Which task, for the labels of its metrics. */
export interface MeasuredTask {
  readonly connector: string;
  readonly task: number;
  readonly type: 'source' | 'sink';
}

/** Durations by bucket. */
export interface DurationCounts {
  /** Upper bounds, ms, rising. */
  readonly boundsMs: readonly number[];
  /** Observations in each bucket, and in one more for what is above every bound. */
  readonly counts: readonly number[];
  readonly sumMs: number;
}

/** Requests to the target, as they are when asked. */
export interface RequestsView {
  readonly requests: number;
  /** So many may be under way at once, now. */
  readonly window: number;
  /** Bytes of the bodies under way. */
  readonly bytes: number;
  readonly durations: { readonly answered: DurationCounts; readonly overloaded: DurationCounts };
}

/** What waits in a topic partition for its sink. */
export interface TopicLag extends Flow {
  readonly partition: number;
  readonly records: number;
  /** Age of the oldest record that waits, s; null: a snapshot's rows, which are all as old as it. */
  readonly seconds: number | null;
}

/** How far a shard has been read. */
export interface ShardAge {
  /** Everything older than now less this has been read, ms; null: not known yet. */
  readonly behindMs: number | null;
  /** Until the stream drops what may be unread; null: not known yet. */
  readonly horizonHours: number | null;
}

/** A task's share of a snapshot. */
export interface SnapshotShare {
  readonly files: number;
  readonly filesDone: number;
  /** Null: the source does not say. */
  readonly rows: number | null;
  readonly rowsDone: number;
}

/**
 * What one task tells of its work: a call per batch, request or failure, never per record; and what is asked for at each
 * scrape, from state that is there anyway. Nothing of it throws. Disposing takes the task's series away.
 */
export interface TaskMetrics extends Disposable {
  /** A poll that brought records. */
  polled(flow: Flow, batch: MeasuredBatch): void;
  /** They are in the topic. */
  published(flow: Flow, batch: MeasuredBatch): void;
  /** A transaction that is committed, with all its publications. */
  transaction(batch: MeasuredBatch): void;
  fetched(flow: Flow, batch: Omit<MeasuredBatch, 'tookMs'>): void;
  /** They are durable in the target, or set aside. */
  written(flow: Flow, outcomes: Outcomes, batch: MeasuredBatch): void;
  /** Records that are in the dead-letter topic. @param reasons an error code for each. */
  setAside(flow: Flow, reasons: readonly string[]): void;
  /** An attempt to commit the sink's offsets. */
  committed(tookMs: number, done: boolean): void;
  /** @param cause an error code, or how a request ended. */
  retried(stage: RetryStage, cause: string): void;
  /** A table stops. @param badRecord a record is why, and none is set aside. */
  halted(code: string, badRecord: boolean): void;

  /** Tables that stand still, with the error code. */
  watchHalts(ask: () => ReadonlyMap<string, string>): void;
  /** Bytes that wait to be published, or written. */
  watchQueue(ask: () => number): void;
  watchRequests(view: RequestsView): void;
  watchLags(ask: () => readonly TopicLag[]): void;
  /** @param ask null: the shard is read to its end. */
  watchShard(table: string, shard: string, ask: (() => ShardAge) | null): void;
  /** The newest one of a table counts. */
  watchSnapshot(table: string, ask: () => SnapshotShare): void;
}

/** Where tasks tell of their work; a process has one. */
export interface Metrics {
  task(of: MeasuredTask): TaskMetrics;
}

const nothing = () => {};

/** For commands that show no metrics. */
const noTaskMetrics: TaskMetrics = {
  polled: nothing,
  published: nothing,
  transaction: nothing,
  fetched: nothing,
  written: nothing,
  setAside: nothing,
  committed: nothing,
  retried: nothing,
  halted: nothing,
  watchHalts: nothing,
  watchQueue: nothing,
  watchRequests: nothing,
  watchLags: nothing,
  watchShard: nothing,
  watchSnapshot: nothing,
  [Symbol.dispose]: nothing,
};

export const noMetrics: Metrics = { task: () => noTaskMetrics };
