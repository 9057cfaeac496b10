import { counter, type Definitions, gauge } from './definition.ts';

/** A task's metrics with Kafka Connect's names, as Strimzi's exporter rules make them. All have the labels connector and task. */
export const TASK_METRICS = {
  kafka_connect_connector_task_batch_size_avg: gauge('Records of a batch, on average.'),
  kafka_connect_connector_task_batch_size_max: gauge('Records of the largest batch.'),
  kafka_connect_connector_task_offset_commit_avg_time_ms: gauge('Duration of a commit, on average, ms.'),
  kafka_connect_connector_task_offset_commit_max_time_ms: gauge('Longest commit, ms.'),

  kafka_connect_task_error_total_record_failures: gauge('Records that failed.'),
  kafka_connect_task_error_total_record_errors: gauge('The same: a record that fails is not tried again.'),
  kafka_connect_task_error_total_records_skipped: gauge('Of these, those that were set aside.'),
  kafka_connect_task_error_total_retries: gauge('Steps and requests that were tried again.'),
  kafka_connect_task_error_deadletterqueue_produce_requests: gauge('Records sent to the dead-letter topic.'),
  kafka_connect_task_error_deadletterqueue_produce_failures: gauge(
    'Halts because it could not be written to.',
  ),
  kafka_connect_task_error_last_error_timestamp: gauge(
    'When a record failed or a table halted last, ms since the epoch.',
  ),
} as const satisfies Definitions;

/** Of source tasks alone. */
export const SOURCE_TASK_METRICS = {
  kafka_connect_source_task_source_record_poll_total: counter('Records read from the source.'),
  kafka_connect_source_task_source_record_poll_rate: gauge('Records read per second.'),
  kafka_connect_source_task_source_record_write_total: counter('Records committed to their topic.'),
  kafka_connect_source_task_source_record_write_rate: gauge('Records committed per second.'),
  kafka_connect_source_task_poll_batch_avg_time_ms: gauge('Duration of a poll with records, on average, ms.'),
  kafka_connect_source_task_poll_batch_max_time_ms: gauge('Longest poll with records, ms.'),
  kafka_connect_source_task_transaction_size_avg: gauge('Records of a transaction, on average.'),
  kafka_connect_source_task_transaction_size_max: gauge('Records of the largest transaction.'),
} as const satisfies Definitions;

/** Of sink tasks alone. */
export const SINK_TASK_METRICS = {
  kafka_connect_sink_task_sink_record_read_total: counter('Records fetched from the topics.'),
  kafka_connect_sink_task_sink_record_read_rate: gauge('Records fetched per second.'),
  kafka_connect_sink_task_sink_record_send_total: counter('Records dealt with, whatever became of them.'),
  kafka_connect_sink_task_sink_record_send_rate: gauge('Records dealt with per second.'),
  kafka_connect_sink_task_sink_record_lag_max: gauge(
    'Records that wait in the topic partition with the most.',
  ),
  kafka_connect_sink_task_partition_count: gauge('Topic partitions that the task reads.'),
  kafka_connect_sink_task_put_batch_avg_time_ms: gauge('Duration of a batch, on average, ms.'),
  kafka_connect_sink_task_put_batch_max_time_ms: gauge('Longest batch, ms.'),
  kafka_connect_sink_task_offset_commit_seq_no: gauge('Number of the last commit.'),
  kafka_connect_sink_task_offset_commit_completion_total: counter('Commits that succeeded.'),
  kafka_connect_sink_task_offset_commit_completion_rate: gauge('Commits per second.'),
} as const satisfies Definitions;
