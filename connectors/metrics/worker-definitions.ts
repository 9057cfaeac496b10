import { counter, type Definitions, gauge } from './definition.ts';

/**
 * A worker's metrics, under the names that Strimzi's exporter rules give those of Kafka Connect
 * (strimzi-kafka-operator, examples/metrics/kafka-connect-metrics.yaml).
 */
export const WORKER_METRICS = {
  kafka_connect_worker_connector_count: gauge('Connectors that this worker has.'),
  kafka_connect_worker_task_count: gauge('Tasks that this worker runs.'),
  kafka_connect_worker_connector_startup_attempts_total: counter('Starts of connectors on this worker.'),
  kafka_connect_worker_connector_startup_success_total: counter('Starts of connectors that succeeded.'),
  kafka_connect_worker_connector_startup_failure_total: counter('Starts of connectors that failed.'),
  kafka_connect_worker_task_startup_attempts_total: counter('Starts of tasks on this worker.'),
  kafka_connect_worker_task_startup_success_total: counter('Starts of tasks that succeeded.'),
  kafka_connect_worker_task_startup_failure_total: counter('Starts of tasks that failed.'),

  kafka_connect_worker_connector_total_task_count: gauge(
    'Tasks of the connector on this worker.',
    'connector',
  ),
  kafka_connect_worker_connector_running_task_count: gauge('Of these, running.', 'connector'),
  kafka_connect_worker_connector_paused_task_count: gauge('Of these, paused.', 'connector'),
  kafka_connect_worker_connector_failed_task_count: gauge('Of these, failed.', 'connector'),
  kafka_connect_worker_connector_unassigned_task_count: gauge('Of these, unassigned.', 'connector'),
  kafka_connect_worker_connector_destroyed_task_count: gauge('Of these, destroyed.', 'connector'),
  kafka_connect_worker_connector_restarting_task_count: gauge('Of these, restarting.', 'connector'),

  kafka_connect_connector_status: gauge(
    'Always 1; the connector’s state is a label: running, paused, stopped, failed, unassigned, restarting, destroyed.',
    'connector',
    'status',
  ),
  kafka_connect_connector_connector_class: gauge('Always 1.', 'connector', 'connector_class'),
  kafka_connect_connector_connector_type: gauge('Always 1.', 'connector', 'connector_type'),
  kafka_connect_connector_connector_version: gauge('Always 1.', 'connector', 'connector_version'),
  kafka_connect_connector_task_status: gauge(
    'Always 1; the task’s state is a label, as the connector’s is.',
    'connector',
    'task',
    'status',
  ),

  kafka_connect_coordinator_assigned_connectors: gauge('Connectors assigned to this worker by its group.'),
  kafka_connect_coordinator_assigned_tasks: gauge('Tasks assigned to this worker by its group.'),
  kafka_connect_worker_rebalance_leader_name: gauge(
    'Always 1; the group’s leader is a label.',
    'leader_name',
  ),
  kafka_connect_worker_rebalance_epoch: gauge('Generation of the group.'),
  kafka_connect_worker_rebalance_completed_rebalances_total: counter('Rebalances this worker has seen end.'),
  kafka_connect_worker_rebalance_rebalancing: gauge('1 while the group is rebalanced.'),
  kafka_connect_worker_rebalance_rebalance_avg_time_ms: gauge('Average duration of a rebalance, ms.'),
  kafka_connect_worker_rebalance_rebalance_max_time_ms: gauge('Longest rebalance, ms.'),
  kafka_connect_worker_rebalance_time_since_last_rebalance_ms: gauge('Time since the last rebalance, ms.'),

  messina_threads_silent: gauge('Worker threads whose metrics this scrape lacks, as they did not answer.'),
} as const satisfies Definitions;
