import { Durations } from '../../../connectors/metrics/durations.ts';
import { createMetrics, type MetricsRegistry } from '../../../connectors/metrics/registry.ts';
import type { WorkerView } from '../../../connectors/metrics/worker-view.ts';
import { NO_OUTCOMES } from '../../../connectors/runtime/outcomes.ts';

const startups = { attempts: 4, successes: 3, failures: 1 };

/** A worker with a connector of two tasks, one of which has failed. */
export function view(changed: Partial<WorkerView> = {}): WorkerView {
  return {
    connectors: () => [{ name: 'm-cql', type: 'sink', class: 'CqlSink', version: '1.2.3', state: 'RUNNING' }],
    tasks: () => [
      { connector: 'm-cql', task: 0, state: 'RUNNING' },
      { connector: 'm-cql', task: 1, state: 'FAILED' },
    ],
    startups: () => ({ connectors: startups, tasks: startups }),
    rebalance: () => ({
      leader: 'worker-1:8083',
      epoch: 7,
      completed: 3,
      rebalancing: false,
      averageMs: 20,
      maxMs: 50,
      sinceLastMs: 1000,
    }),
    ...changed,
  };
}

/** Metrics of a worker in which everything has happened once. */
export function fullRegistry(): MetricsRegistry {
  const registry = createMetrics();
  registry.show(view());
  const batch = { records: 10, bytes: 500, tookMs: 20 };
  const rows = { table: 'Music', kind: 'snapshot' } as const;
  const source = registry.metrics.task({ connector: 'm-snapshot', task: 0, type: 'source' });
  source.polled(rows, batch);
  source.published(rows, batch);
  source.transaction(batch);
  source.setAside(rows, ['RECORD_NUMBER']);
  source.halted('SOURCE_DATA_GAP', false);
  source.watchHalts(() => new Map([['Music', 'SOURCE_DATA_GAP']]));
  source.watchQueue(() => 100);
  source.watchShard('Music', 'shardId-1', () => ({ behindMs: 1500, horizonHours: 23.9 }));
  source.watchSnapshot('Music', () => ({ files: 4, filesDone: 1, rows: 100, rowsDone: 30 }));
  const sink = registry.metrics.task({ connector: 'm-cql', task: 1, type: 'sink' });
  sink.fetched(rows, batch);
  sink.written(rows, { ...NO_OUTCOMES, written: 10 }, batch);
  sink.committed(5, true);
  sink.retried('request', 'throttled');
  sink.watchLags(() => [{ ...rows, kind: 'changes', partition: 3, records: 12, seconds: 1.5 }]);
  const durations = { answered: new Durations(), overloaded: new Durations() };
  sink.watchRequests({ requests: 3, window: 8, bytes: 900, durations });
  return registry;
}
