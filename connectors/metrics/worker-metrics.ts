import type { State } from '../connector-state.ts';
import { Instruments, type Labels } from './instruments.ts';
import { WORKER_METRICS } from './worker-definitions.ts';
import type { ConnectorView, WorkerView } from './worker-view.ts';

/** States that Kafka Connect counts tasks by. */
const COUNTED = ['running', 'paused', 'failed', 'unassigned', 'destroyed', 'restarting'] as const;

/**
 * A worker's own metrics.
 *
 * @param silentThreads threads whose metrics this scrape lacks.
 */
export function workerMetrics(
  worker: WorkerView,
  silentThreads: () => number,
): Instruments<typeof WORKER_METRICS> {
  const all = new Instruments(WORKER_METRICS);
  const connectors = () => worker.connectors();
  const tasks = () => worker.tasks();
  all.asked('kafka_connect_worker_connector_count', () => connectors().length);
  all.asked('kafka_connect_worker_task_count', () => tasks().length);
  all.asked('kafka_connect_coordinator_assigned_connectors', () => connectors().length);
  all.asked('kafka_connect_coordinator_assigned_tasks', () => tasks().length);
  all.asked('messina_threads_silent', silentThreads);
  addStartups(all, worker);
  addRebalance(all, worker);

  const facts = (of: (connector: ConnectorView) => Labels) => () =>
    connectors().map((one) => [{ connector: one.name, ...of(one) }, 1] as const);
  all.listed(
    'kafka_connect_connector_status',
    facts(({ state }) => ({ status: wordOf(state) })),
  );
  all.listed(
    'kafka_connect_connector_connector_class',
    facts((one) => ({ connector_class: one.class })),
  );
  all.listed(
    'kafka_connect_connector_connector_type',
    facts(({ type }) => ({ connector_type: type })),
  );
  all.listed(
    'kafka_connect_connector_connector_version',
    facts(({ version }) => ({ connector_version: version })),
  );
  all.listed('kafka_connect_connector_task_status', () =>
    tasks().map(({ connector, task, state }) => [{ connector, task, status: wordOf(state) }, 1] as const),
  );
  all.listed('kafka_connect_worker_connector_total_task_count', () => tasksOf(worker, () => true));
  for (const word of COUNTED) {
    all.listed(`kafka_connect_worker_connector_${word}_task_count`, () =>
      tasksOf(worker, (state) => wordOf(state) === word),
    );
  }
  return all;
}

function addStartups(all: Instruments<typeof WORKER_METRICS>, worker: WorkerView): void {
  for (const what of ['connector', 'task'] as const) {
    const startups = () => worker.startups()[`${what}s`];
    all.counted(`kafka_connect_worker_${what}_startup_attempts_total`, () => startups().attempts);
    all.counted(`kafka_connect_worker_${what}_startup_success_total`, () => startups().successes);
    all.counted(`kafka_connect_worker_${what}_startup_failure_total`, () => startups().failures);
  }
}

function addRebalance(all: Instruments<typeof WORKER_METRICS>, worker: WorkerView): void {
  const now = () => worker.rebalance();
  all.listed('kafka_connect_worker_rebalance_leader_name', () => {
    const { leader } = now();
    return leader === null ? [] : [[{ leader_name: leader }, 1]];
  });
  all.asked('kafka_connect_worker_rebalance_epoch', () => now().epoch);
  all.counted('kafka_connect_worker_rebalance_completed_rebalances_total', () => now().completed);
  all.asked('kafka_connect_worker_rebalance_rebalancing', () => (now().rebalancing ? 1 : 0));
  all.asked('kafka_connect_worker_rebalance_rebalance_avg_time_ms', () => now().averageMs);
  all.asked('kafka_connect_worker_rebalance_rebalance_max_time_ms', () => now().maxMs);
  all.listed('kafka_connect_worker_rebalance_time_since_last_rebalance_ms', () => {
    const { sinceLastMs } = now();
    return sinceLastMs === null ? [] : [[{}, sinceLastMs]];
  });
}

/** Tasks in some state by connector, 0 too: a sum that falls to nothing would otherwise stay as it was. */
function tasksOf(worker: WorkerView, counts: (state: State) => boolean): [Labels, number][] {
  const numbers = new Map<string, number>();
  for (const { name } of worker.connectors()) numbers.set(name, 0);
  for (const { connector, state } of worker.tasks()) {
    numbers.set(connector, (numbers.get(connector) ?? 0) + (counts(state) ? 1 : 0));
  }
  return [...numbers].map(([connector, number]) => [{ connector }, number]);
}

function wordOf(state: State): string {
  return state.toLowerCase();
}
