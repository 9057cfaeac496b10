import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../clock.ts';
import { asConnectError } from '../errors.ts';
import { createLogger } from '../log.ts';
import { createMetrics } from '../metrics/registry.ts';
import { kafkaOf, loginOf, WorkerBase } from './base.ts';
import { Loggers } from './loggers.ts';
import { loadPlugins } from './plugin-path.ts';
import type { PluginsModule } from './plugins.ts';
import { TaskHost } from './task-host.ts';
import { taskKey } from './task-runner.ts';
import { type Command, plainError, type Report, type ThreadSetup } from './thread-messages.ts';

/** How often it is looked whether tasks have failed, or run again. */
const LOOK_INTERVAL_MS = 500;

/** A thread that runs tasks as it is told: with a client and views of the internal topics of its own. */
async function run(setup: ThreadSetup, port: NonNullable<typeof parentPort>): Promise<void> {
  const tell = (report: Report) => port.postMessage(report);
  const { settings, folder, workerId, logLevel } = setup;
  const log = createLogger({
    level: logLevel,
    format: 'json',
    destination: { write: (line) => tell({ type: 'log', line }) },
  });
  const own = (await import(setup.pluginsModule)) as PluginsModule;
  const plugins = await loadPlugins(own.plugins, settings.pluginPath);
  const scope = {
    plugins,
    valueConverter: settings.valueConverter,
    sources: { env: process.env, folder, providers: settings.configProviders },
  };
  const kafka = kafkaOf(settings, loginOf(settings, own.awsCredentials), log);
  const base = await WorkerBase.open(kafka, settings, log);
  endWhenDeaf(base, tell);
  const loggers = new Loggers(log, systemClock);
  const metrics = createMetrics();
  const host = new TaskHost({ base, settings, scope, workerId, loggers, metrics: metrics.metrics });
  const told = new Map<string, string>();
  const look = () => {
    for (const [key, before] of told) {
      const errors = [...host.errors(key)].map(([table, error]) => [table, plainError(error)] as const);
      const text = JSON.stringify(errors);
      if (text === before) continue;
      told.set(key, text);
      tell({ type: 'errors', key, errors });
    }
  };
  const looking = setInterval(look, LOOK_INTERVAL_MS);
  const obey: { readonly [T in Command['type']]: (command: Extract<Command, { type: T }>) => unknown } = {
    start: ({ order }) => {
      host.start(order);
      told.set(taskKey(order), '[]');
    },
    stop: async ({ key }) => {
      told.delete(key);
      await host.stop(key);
      tell({ type: 'stopped', key });
    },
    level: ({ logger, level }) => loggers.setLevel(logger, level),
    metrics: async () => tell({ type: 'metrics', snapshot: await metrics.snapshot() }),
    close: async () => {
      clearInterval(looking);
      await host[Symbol.asyncDispose]();
      await base[Symbol.asyncDispose]();
      tell({ type: 'closed' });
      port.close();
    },
  };
  port.on('message', (command: Command) => {
    void (obey[command.type] as (command: Command) => unknown)(command);
  });
  tell({ type: 'ready' });
}

/** A thread that hears nothing any more would run on what is long stopped. */
function endWhenDeaf({ configs, offsets, status }: WorkerBase, tell: (report: Report) => void): void {
  for (const log of [configs, offsets, status]) {
    log.onFault((error) => {
      tell({ type: 'failed', error: plainError(asConnectError(error)) });
      // Of a thread it is the end of this thread alone.
      process.exit(1);
    });
  }
}

if (parentPort) {
  const port = parentPort;
  run(workerData as ThreadSetup, port).catch((thrown) => {
    port.postMessage({ type: 'failed', error: plainError(asConnectError(thrown)) } satisfies Report);
    port.close();
  });
}
