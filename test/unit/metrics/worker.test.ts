import { expect, test } from 'vitest';
import { createMetrics } from '../../../connectors/metrics/registry.ts';
import type { WorkerView } from '../../../connectors/metrics/worker-view.ts';
import { view } from './full-registry.ts';
import { seriesOf } from './scrape.ts';

async function scraped(worker: WorkerView) {
  const registry = createMetrics();
  registry.show(worker);
  return seriesOf(await registry.text());
}

test('a connector and a task have one status each, in lower case', async () => {
  const shown = await scraped(view());
  const status = (name: string) =>
    shown.filter((one) => one.name === name).map(({ labels, value }) => ({ ...labels, value }));
  expect(status('kafka_connect_connector_status')).toEqual([
    { connector: 'm-cql', status: 'running', value: 1 },
  ]);
  expect(status('kafka_connect_connector_task_status')).toEqual([
    { connector: 'm-cql', task: '0', status: 'running', value: 1 },
    { connector: 'm-cql', task: '1', status: 'failed', value: 1 },
  ]);
});

test('tasks are counted by connector and state, 0 too', async () => {
  const shown = await scraped(view());
  const counts = shown
    .filter(({ name }) => name.endsWith('_task_count') && name.includes('_connector_'))
    .map(({ name, value }) => [
      name.replace(/^kafka_connect_worker_connector_(\w+)_task_count$/, '$1'),
      value,
    ]);
  expect(Object.fromEntries(counts)).toEqual({
    total: 2,
    running: 1,
    failed: 1,
    paused: 0,
    unassigned: 0,
    destroyed: 0,
    restarting: 0,
  });
});

test('tasks whose connector another worker keeps are counted too', async () => {
  const shown = await scraped(view({ connectors: () => [] }));
  const failed = shown.filter(({ name }) => name === 'kafka_connect_worker_connector_failed_task_count');
  expect(failed.map(({ labels, value }) => [labels, value])).toEqual([[{ connector: 'm-cql' }, 1]]);
});

test('what the worker says is asked anew at each scrape', async () => {
  let rebalancing = false;
  const worker = view();
  const registry = createMetrics();
  registry.show({ ...worker, rebalance: () => ({ ...worker.rebalance(), rebalancing, leader: null }) });
  expect(await registry.text()).toMatch(/^kafka_connect_worker_rebalance_rebalancing 0$/m);
  rebalancing = true;
  const text = await registry.text();
  expect(text).toMatch(/^kafka_connect_worker_rebalance_rebalancing 1$/m);
  expect(text).not.toContain('leader_name=');
});
