import { counter, type Definitions, gauge, histogram } from './definition.ts';

/** What Messina tells beyond Kafka Connect. All have the labels connector and task. */
export const OWN_METRICS = {
  messina_records_total: counter(
    'Records by stage and outcome: read (read), publish (published, dead_lettered), fetch (fetched), write (written, superseded, filtered, dead_lettered).',
    'table',
    'kind',
    'stage',
    'outcome',
  ),
  messina_bytes_total: counter('Bytes of records by stage, as they are in memory.', 'table', 'kind', 'stage'),
  messina_batch_duration_seconds: histogram(
    'Duration of a batch: read (a poll with records), publish (from encoding to its commit), transaction, write (until each record is durable).',
    'stage',
  ),
  messina_request_duration_seconds: histogram(
    'Duration of a request to the target: answered, or overloaded (throttled, timed out, or items left over).',
    'outcome',
  ),
  messina_requests_in_flight: gauge('Requests under way to the target.'),
  messina_requests_window: gauge('Requests that may be under way at once; found out from the latency.'),
  messina_in_flight_bytes: gauge('Bytes of the requests under way.'),
  messina_queued_bytes: gauge('Bytes that wait in memory to be published, or written.'),
  messina_retries_total: counter(
    'What was tried again, by stage (read, publish, fetch, write, request) and cause: a code of the error table, or how a request ended.',
    'stage',
    'cause',
  ),
  messina_dead_letters_total: counter(
    'Records set aside, by the code of the error.',
    'table',
    'kind',
    'reason',
  ),
  messina_table_halted: gauge('1 while a table stands still; the error’s code is a label.', 'table', 'code'),
  messina_data_gap: gauge('1 while a table stands still because changes may be lost, else 0.', 'table'),

  messina_lag_records: gauge(
    'Records that wait in a topic partition for the sink.',
    'table',
    'kind',
    'partition',
  ),
  messina_lag_seconds: gauge(
    'Age of the oldest change that waits in a topic partition, s; 0 when none does.',
    'table',
    'partition',
  ),
  messina_shard_behind_ms: gauge('How far behind now a shard of the stream is read, ms.', 'table', 'shard'),
  messina_trim_horizon_hours: gauge(
    'Hours until the stream drops changes that may be unread: the least of the table’s shards.',
    'table',
  ),
  messina_snapshot_files: gauge('Data files (or segments) of the snapshot: the task’s share.', 'table'),
  messina_snapshot_files_done: gauge('Of these, those that are in the topic.', 'table'),
  messina_snapshot_rows: gauge('Rows of the task’s share; absent where the source does not say.', 'table'),
  messina_snapshot_rows_done: gauge('Of these, those that are in the topic.', 'table'),
} as const satisfies Definitions;
