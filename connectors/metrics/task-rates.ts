import type { Counter } from 'prom-client';
import { Instruments, type Labels, type MetricSnapshot } from './instruments.ts';
import type { MeasuredBatch, TopicLag } from './metrics.ts';
import { Recent } from './recent.ts';
import { SINK_TASK_METRICS, SOURCE_TASK_METRICS, TASK_METRICS } from './task-definitions.ts';

/** What has gone wrong in a task since it began. */
export interface TaskErrors {
  failures: number;
  setAside: number;
  retries: number;
  letterFailures: number;
  /** ms since the epoch; 0: never. */
  lastMs: number;
}

export const taskErrors = (): TaskErrors => ({
  failures: 0,
  setAside: 0,
  retries: 0,
  letterFailures: 0,
  lastMs: 0,
});

/** What Kafka Connect tells of every task. */
export class TaskRates {
  readonly batchSize: Recent;
  readonly commitMs: Recent;
  readonly #all: Instruments<typeof TASK_METRICS>;

  constructor(labels: Labels, monotonic: () => number, errors: TaskErrors) {
    this.batchSize = new Recent(monotonic);
    this.commitMs = new Recent(monotonic);
    const all = new Instruments(TASK_METRICS, labels);
    this.#all = all;
    all.asked('kafka_connect_connector_task_batch_size_avg', () => this.batchSize.average);
    all.asked('kafka_connect_connector_task_batch_size_max', () => this.batchSize.max);
    all.asked('kafka_connect_connector_task_offset_commit_avg_time_ms', () => this.commitMs.average);
    all.asked('kafka_connect_connector_task_offset_commit_max_time_ms', () => this.commitMs.max);
    all.asked('kafka_connect_task_error_total_record_failures', () => errors.failures);
    all.asked('kafka_connect_task_error_total_record_errors', () => errors.failures);
    all.asked('kafka_connect_task_error_total_records_skipped', () => errors.setAside);
    all.asked('kafka_connect_task_error_total_retries', () => errors.retries);
    all.asked('kafka_connect_task_error_deadletterqueue_produce_requests', () => errors.setAside);
    all.asked('kafka_connect_task_error_deadletterqueue_produce_failures', () => errors.letterFailures);
    all.asked('kafka_connect_task_error_last_error_timestamp', () => errors.lastMs);
  }

  snapshot(): Promise<MetricSnapshot[]> {
    return this.#all.snapshot();
  }
}

/** What it tells of a source task. */
export class SourceRates {
  readonly #all: Instruments<typeof SOURCE_TASK_METRICS>;
  readonly #polled: Counter;
  readonly #written: Counter;
  readonly #polls: Recent;
  readonly #pollMs: Recent;
  readonly #writes: Recent;
  readonly #transactions: Recent;

  constructor(labels: Labels, monotonic: () => number) {
    const all = new Instruments(SOURCE_TASK_METRICS, labels);
    this.#all = all;
    this.#polls = new Recent(monotonic);
    this.#pollMs = new Recent(monotonic);
    this.#writes = new Recent(monotonic);
    this.#transactions = new Recent(monotonic);
    this.#polled = all.counter('kafka_connect_source_task_source_record_poll_total');
    this.#written = all.counter('kafka_connect_source_task_source_record_write_total');
    all.asked('kafka_connect_source_task_source_record_poll_rate', () => this.#polls.perSecond);
    all.asked('kafka_connect_source_task_source_record_write_rate', () => this.#writes.perSecond);
    all.asked('kafka_connect_source_task_poll_batch_avg_time_ms', () => this.#pollMs.average);
    all.asked('kafka_connect_source_task_poll_batch_max_time_ms', () => this.#pollMs.max);
    all.asked('kafka_connect_source_task_transaction_size_avg', () => this.#transactions.average);
    all.asked('kafka_connect_source_task_transaction_size_max', () => this.#transactions.max);
  }

  polled({ records, tookMs }: MeasuredBatch): void {
    this.#polled.inc(records);
    this.#polls.add(records);
    this.#pollMs.add(tookMs);
  }

  published({ records }: MeasuredBatch): void {
    this.#written.inc(records);
    this.#writes.add(records);
  }

  transaction({ records }: MeasuredBatch): void {
    this.#transactions.add(records);
  }

  snapshot(): Promise<MetricSnapshot[]> {
    return this.#all.snapshot();
  }
}

/** What it tells of a sink task. */
export class SinkRates {
  readonly #all: Instruments<typeof SINK_TASK_METRICS>;
  readonly #read: Counter;
  readonly #sent: Counter;
  readonly #commits: Counter;
  readonly #reads: Recent;
  readonly #sends: Recent;
  readonly #putMs: Recent;
  readonly #recentCommits: Recent;
  #commitNumber = 0;

  constructor(labels: Labels, monotonic: () => number, lags: () => readonly TopicLag[]) {
    const all = new Instruments(SINK_TASK_METRICS, labels);
    this.#all = all;
    this.#reads = new Recent(monotonic);
    this.#sends = new Recent(monotonic);
    this.#putMs = new Recent(monotonic);
    this.#recentCommits = new Recent(monotonic);
    this.#read = all.counter('kafka_connect_sink_task_sink_record_read_total');
    this.#sent = all.counter('kafka_connect_sink_task_sink_record_send_total');
    this.#commits = all.counter('kafka_connect_sink_task_offset_commit_completion_total');
    all.asked('kafka_connect_sink_task_sink_record_read_rate', () => this.#reads.perSecond);
    all.asked('kafka_connect_sink_task_sink_record_send_rate', () => this.#sends.perSecond);
    all.asked('kafka_connect_sink_task_sink_record_lag_max', () =>
      lags().reduce((most, { records }) => Math.max(most, records), 0),
    );
    all.asked('kafka_connect_sink_task_partition_count', () => lags().length);
    all.asked('kafka_connect_sink_task_put_batch_avg_time_ms', () => this.#putMs.average);
    all.asked('kafka_connect_sink_task_put_batch_max_time_ms', () => this.#putMs.max);
    all.asked('kafka_connect_sink_task_offset_commit_seq_no', () => this.#commitNumber);
    all.asked('kafka_connect_sink_task_offset_commit_completion_rate', () => this.#recentCommits.perSecond);
  }

  fetched(records: number): void {
    this.#read.inc(records);
    this.#reads.add(records);
  }

  written({ records, tookMs }: MeasuredBatch): void {
    this.#sent.inc(records);
    this.#sends.add(records);
    this.#putMs.add(tookMs);
  }

  committed(): void {
    this.#commitNumber += 1;
    this.#commits.inc();
    this.#recentCommits.add(1);
  }

  snapshot(): Promise<MetricSnapshot[]> {
    return this.#all.snapshot();
  }
}
