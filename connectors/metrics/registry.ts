import { AggregatorRegistry, collectDefaultMetrics, Registry } from 'prom-client';
import { type Clock, systemClock } from '../clock.ts';
import type { MetricSnapshot } from './instruments.ts';
import type { Metrics } from './metrics.ts';
import { MeasuredTaskMetrics } from './task-metrics.ts';
import { workerMetrics } from './worker-metrics.ts';
import type { WorkerView } from './worker-view.ts';

/** A thread that does not answer for so long is left out of a scrape; Prometheus itself waits 10 s. */
const THREAD_TIMEOUT_MS = 2_000;

export interface MetricsRegistry {
  /** What tasks are given. */
  readonly metrics: Metrics;
  /** Shows a worker's own metrics too, from now on. */
  show(worker: WorkerView): void;
  /**
   * Shows another thread's metrics too, until disposed.
   *
   * @param ask resolves with that thread's {@link MetricsRegistry.snapshot}.
   */
  merge(ask: () => Promise<readonly MetricSnapshot[]>): Disposable;
  /** What this thread's tasks have, for the thread that is scraped; plain objects. */
  snapshot(): Promise<readonly MetricSnapshot[]>;
  /** The answer to a scrape. */
  text(): Promise<string>;
  readonly contentType: string;
}

export interface MetricsOptions {
  readonly clock?: Clock;
  /** Shows the process's own metrics too (`process_…`, `nodejs_…`): only in the thread that is scraped. */
  readonly process?: boolean;
}

/** The metrics of this thread, in Prometheus' text format. */
export function createMetrics({
  clock = systemClock,
  process = false,
}: MetricsOptions = {}): MetricsRegistry {
  const tasks = new Set<MeasuredTaskMetrics>();
  const threads = new Set<() => Promise<readonly MetricSnapshot[]>>();
  const processMetrics = new Registry();
  if (process) collectDefaultMetrics({ register: processMetrics });
  let worker: ReturnType<typeof workerMetrics> | null = null;
  let silent = 0;

  const snapshot = async () => (await Promise.all([...tasks].map((task) => task.snapshot()))).flat();
  const ofThreads = async () => {
    const answers = await Promise.all([...threads].map((ask) => answerOf(ask, clock)));
    silent = answers.filter((answer) => answer === null).length;
    return answers.flatMap((answer) => answer ?? []);
  };
  return {
    metrics: {
      task: (of) => {
        const task = new MeasuredTaskMetrics(of, clock, (ended) => tasks.delete(ended));
        tasks.add(task);
        return task;
      },
    },
    show: (view) => {
      worker = workerMetrics(view, () => silent);
    },
    merge: (ask) => {
      threads.add(ask);
      return { [Symbol.dispose]: () => void threads.delete(ask) };
    },
    snapshot,
    text: async () => {
      const other = await ofThreads();
      const parts = [(await worker?.snapshot()) ?? [], await snapshot(), other];
      const ours = await AggregatorRegistry.aggregate(parts).metrics();
      return process ? `${ours}\n${await processMetrics.metrics()}` : ours;
    },
    contentType: Registry.PROMETHEUS_CONTENT_TYPE,
  };
}

/** Null: the thread failed to answer, or not in time. */
async function answerOf(
  ask: () => Promise<readonly MetricSnapshot[]>,
  clock: Clock,
): Promise<readonly MetricSnapshot[] | null> {
  const answered = new AbortController();
  try {
    return await Promise.race([ask(), clock.sleep(THREAD_TIMEOUT_MS, answered.signal).then(() => null)]);
  } catch {
    return null;
  } finally {
    answered.abort(new Error('answered'));
  }
}
