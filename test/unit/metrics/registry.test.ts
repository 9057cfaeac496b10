import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../connectors/clock.ts';
import { allMetrics } from '../../../connectors/metrics/reference.ts';
import { createMetrics } from '../../../connectors/metrics/registry.ts';
import { NO_OUTCOMES } from '../../../connectors/runtime/outcomes.ts';
import { fullRegistry, view } from './full-registry.ts';
import { seriesOf, typesOf } from './scrape.ts';

const changes = { table: 'Music', kind: 'changes' } as const;
const batch = { records: 10, bytes: 500, tookMs: 20 };

describe('what a scrape shows', () => {
  test('is every metric there is, with its type and labels, and nothing else', async () => {
    const text = await fullRegistry().text();
    const definitions = allMetrics();
    const types = Object.fromEntries(Object.entries(definitions).map(([name, { type }]) => [name, type]));
    expect(typesOf(text)).toEqual(types);
    const shown = seriesOf(text);
    for (const [name, { labels }] of Object.entries(definitions)) {
      const found = shown.filter((one) => one.metric === name);
      expect(found, name).not.toEqual([]);
      for (const { labels: given } of found)
        expect(Object.keys(given), name).toEqual(expect.arrayContaining([...labels]));
    }
  });

  test('ends with a line end, in the format that Prometheus asks for', async () => {
    const registry = fullRegistry();
    expect(await registry.text()).toMatch(/\n$/);
    expect(registry.contentType).toMatch(/^text\/plain; version=0\.0\.4/);
  });

  test('holds the process’s own metrics only where asked', async () => {
    expect(await createMetrics({ process: true }).text()).toMatch(/^process_cpu_seconds_total /m);
    expect(await createMetrics().text()).not.toMatch(/process_/);
  });
});

describe('a task', () => {
  test('counts records and bytes by stage and outcome', async () => {
    const registry = createMetrics();
    const task = registry.metrics.task({ connector: 'm-cql', task: 2, type: 'sink' });
    task.fetched(changes, { records: 10, bytes: 500 });
    task.written(changes, { ...NO_OUTCOMES, written: 7, superseded: 3 }, batch);
    task.written(changes, { ...NO_OUTCOMES, written: 1 }, { records: 1, bytes: 50, tookMs: 2 });
    const shown = seriesOf(await registry.text());
    const labels = { connector: 'm-cql', task: '2', table: 'Music', kind: 'changes' };
    const records = shown.filter(({ name }) => name === 'messina_records_total');
    expect(records.map(({ labels: { stage, outcome }, value }) => [stage, outcome, value])).toEqual([
      ['fetch', 'fetched', 10],
      ['write', 'written', 8],
      ['write', 'superseded', 3],
    ]);
    expect(
      shown.find(({ name, labels: { stage } }) => name === 'messina_bytes_total' && stage === 'write'),
    ).toEqual({
      name: 'messina_bytes_total',
      metric: 'messina_bytes_total',
      labels: { ...labels, stage: 'write' },
      value: 550,
    });
  });

  test('shows its failures from the start, so that joins with its status find it', async () => {
    const registry = createMetrics();
    registry.metrics.task({ connector: 'm-changes', task: 0, type: 'source' });
    const shown = seriesOf(await registry.text());
    const failures = shown.filter(({ name }) => name === 'kafka_connect_task_error_total_record_failures');
    expect(failures.map(({ labels, value }) => [labels, value])).toEqual([
      [{ connector: 'm-changes', task: '0' }, 0],
    ]);
  });

  test('takes its series with it when it ends, and no other’s', async () => {
    const registry = createMetrics();
    const ends = registry.metrics.task({ connector: 'ends', task: 0, type: 'sink' });
    registry.metrics.task({ connector: 'stays', task: 0, type: 'sink' });
    ends.written(changes, { ...NO_OUTCOMES, written: 1 }, batch);
    ends[Symbol.dispose]();
    const text = await registry.text();
    expect(text).not.toContain('ends');
    expect(text).toContain('connector="stays"');
  });

  test('shows durations in seconds, in rising buckets', async () => {
    const registry = createMetrics();
    const task = registry.metrics.task({ connector: 'c', task: 0, type: 'sink' });
    for (const tookMs of [0.4, 5, 6, 90_000]) task.written(changes, NO_OUTCOMES, { ...batch, tookMs });
    const shown = seriesOf(await registry.text()).filter(
      ({ metric }) => metric === 'messina_batch_duration_seconds',
    );
    const at = (le: string) => shown.find(({ labels }) => labels['le'] === le)?.value;
    expect([at('0.001'), at('0.005'), at('0.01'), at('60'), at('+Inf')]).toEqual([1, 2, 3, 3, 4]);
    expect(shown.find(({ name }) => name.endsWith('_sum'))?.value).toBeCloseTo(90.0114);
    expect(shown.find(({ name }) => name.endsWith('_count'))?.value).toBe(4);
  });

  test('tells a data gap from other halts, and shows it as gone when the table runs again', async () => {
    const registry = createMetrics();
    const task = registry.metrics.task({ connector: 'c', task: 0, type: 'source' });
    const halts = new Map([
      ['A', 'SOURCE_DATA_GAP'],
      ['B', 'EXPORT_GZIP'],
    ]);
    task.watchShard('A', 's', () => ({ behindMs: null, horizonHours: null }));
    task.watchHalts(() => halts);
    const gaps = async () =>
      seriesOf(await registry.text())
        .filter(({ name }) => name === 'messina_data_gap')
        .map(({ labels, value }) => [labels['table'], value]);
    expect(await gaps()).toEqual([
      ['A', 1],
      ['B', 0],
    ]);
    halts.clear();
    expect(await gaps()).toEqual([['A', 0]]);
    expect(await registry.text()).not.toContain('EXPORT_GZIP');
  });

  test('says how long the table’s worst shard has until the trim horizon, until that is read to its end', async () => {
    const registry = createMetrics();
    const task = registry.metrics.task({ connector: 'c', task: 0, type: 'source' });
    task.watchShard('A', 'one', () => ({ behindMs: 5, horizonHours: 23 }));
    task.watchShard('A', 'two', () => ({ behindMs: null, horizonHours: 4.5 }));
    const value = async (name: string) =>
      seriesOf(await registry.text()).flatMap((one) => (one.name === name ? [one.value] : []));
    expect(await value('messina_trim_horizon_hours')).toEqual([4.5]);
    expect(await value('messina_shard_behind_ms')).toEqual([5]);
    task.watchShard('A', 'two', null);
    expect(await value('messina_trim_horizon_hours')).toEqual([23]);
  });
});

describe('threads', () => {
  test('show their tasks in the thread that is scraped', async () => {
    const main = createMetrics();
    const thread = createMetrics();
    for (const [registry, task] of [
      [main, 0],
      [thread, 1],
    ] as const) {
      const metrics = registry.metrics.task({ connector: 'c', task, type: 'sink' });
      metrics.written(changes, { ...NO_OUTCOMES, written: task + 1 }, batch);
    }
    // As a message between threads carries it.
    using merged = main.merge(async () => structuredClone(await thread.snapshot()));
    const written = async () =>
      seriesOf(await main.text())
        .filter(({ name }) => name === 'messina_records_total')
        .map(({ labels, value }) => [labels['task'], value]);
    expect(await written()).toEqual([
      ['0', 1],
      ['1', 2],
    ]);
    merged[Symbol.dispose]();
    expect(await written()).toEqual([['0', 1]]);
  });

  test('that fail or never answer are left out, and counted', async () => {
    const clock = { ...systemClock, sleep: () => Promise.resolve() };
    const main = createMetrics({ clock });
    main.show(view());
    main.metrics.task({ connector: 'mine', task: 0, type: 'sink' });
    main.merge(() => Promise.reject(new Error('thread is gone')));
    main.merge(() => new Promise(() => {}));
    const text = await main.text();
    expect(text).toContain('connector="mine"');
    expect(text).toMatch(/^messina_threads_silent 2$/m);
  });
});
