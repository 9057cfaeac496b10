import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../clock.ts';
import { asConnectError } from '../../errors.ts';
import { createLogger } from '../../log.ts';
import { createMetrics } from '../../metrics/registry.ts';
import type { PluginsModule } from '../../plugins.ts';
import { kafkaOf, loginOf, WorkerBase } from '../base.ts';
import { Loggers } from '../loggers.ts';
import { loadPlugins } from '../plugins/plugin-path.ts';
import { TaskHost } from './task-host.ts';
import { ThreadCommands } from './thread-commands.ts';
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
  const commands = new ThreadCommands({
    host,
    loggers,
    log,
    metrics: () => metrics.snapshot(),
    tell,
    close: async () => {
      clearInterval(looking);
      await base[Symbol.asyncDispose]();
      port.close();
    },
  });
  const looking = setInterval(() => commands.look(), LOOK_INTERVAL_MS);
  port.on('message', (command: Command) => void commands.obey(command));
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
