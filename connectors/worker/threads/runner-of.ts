import type { LogLevel } from '../../log.ts';
import type { MetricsRegistry } from '../../metrics/registry.ts';
import { TaskHost, type TaskHostOptions } from './task-host.ts';
import type { TaskRunner } from './task-runner.ts';
import { ThreadRunner } from './thread-runner.ts';

export interface RunnerOptions extends Omit<TaskHostOptions, 'metrics'> {
  readonly metrics: MetricsRegistry;
  readonly pluginsModule: string;
  readonly logLevel: LogLevel;
}

/** What runs a worker's tasks: as many threads as its configuration says, or this one. */
export function runnerOf(options: RunnerOptions): TaskRunner {
  const { settings, metrics, loggers, pluginsModule, logLevel, workerId, scope } = options;
  if (settings.threads === 0) return new TaskHost({ ...options, metrics: metrics.metrics });
  const { folder } = scope.sources;
  const setup = { settings, pluginsModule, folder, workerId, logLevel };
  return new ThreadRunner(setup, settings.threads, loggers, metrics);
}
