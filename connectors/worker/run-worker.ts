import { systemClock } from '../clock.ts';
import { ConfigError } from '../config/errors.ts';
import type { WorkerSettings } from '../config/settings.ts';
import { loadWorkerSettings } from '../config/worker/worker-settings.ts';
import { ConnectError } from '../errors.ts';
import type { Logger, LogLevel } from '../log.ts';
import { createMetrics, type MetricsRegistry } from '../metrics/registry.ts';
import type { Plugins, PluginsModule } from '../plugins.ts';
import { type RestOptions, type RestServer, startRest } from '../rest/server.ts';
import { version } from '../version.ts';
import { advertisedUrl, workerIdOf } from './advertised-url.ts';
import { loginOf } from './base.ts';
import type { ConfigScope } from './config-scope.ts';
import { type ConfigFile, readConnectorsDir, sortedFiles } from './connectors-dir.ts';
import { GroupHerder } from './group-herder.ts';
import { Loggers } from './loggers.ts';
import { loadPlugins } from './plugins/plugin-path.ts';
import { levelOf } from './state/config-records.ts';
import { runnerOf } from './threads/runner-of.ts';
import { Worker } from './worker.ts';

export interface RunWorkerOptions {
  /** The worker's configuration; null: it is all in the environment. */
  readonly config: string | null;
  readonly own: PluginsModule;
  /** URL of {@link own}: other threads load it. */
  readonly pluginsModule: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  /** Aborts when the worker must end: what is in flight is finished. */
  readonly signal: AbortSignal;
  /** Hears the roots of the REST API once requests are answered. */
  onListening?(urls: readonly string[]): void;
}

/** The version that tools see: they switch features on by it, and want three numbers of Kafka's (kcctl: Version). */
const KAFKA_VERSION = '3.9.0';

/**
 * Runs a worker until its signal aborts.
 *
 * @throws ConfigError for its configuration; what keeps it from starting, or from going on
 */
export async function runWorker(options: RunWorkerOptions): Promise<void> {
  const { config, env, log } = options;
  const { settings, warnings } = await loadWorkerSettings(config, env);
  for (const warning of warnings) log.warn(warning);
  const scope = await scopeOf(options, settings);
  const files = await filesOf(settings, scope, log);
  const herder = new GroupHerder(scope);
  const loggers = new Loggers(log, systemClock);
  const metrics = createMetrics({ process: true });
  await using rest = await serve(settings, scope, { herder, loggers, metrics, log });
  const url = advertisedUrl(settings.advertisedUrl, rest.urls);
  let fail: (error: ConnectError) => void = () => {};
  const failed = new Promise<ConnectError>((settle) => {
    fail = settle;
  });
  const workerId = workerIdOf(url);
  const { pluginsModule } = options;
  const logLevel = log.level as LogLevel;
  await using worker = await Worker.start({
    settings,
    scope,
    workerId,
    url,
    sasl: loginOf(settings, options.own.awsCredentials),
    log,
    metrics,
    signal: options.signal,
    runnerOf: (base, actual) =>
      runnerOf({ base, settings: actual, scope, workerId, loggers, metrics, pluginsModule, logLevel }),
    onFailed: fail,
  }).catch((error: unknown) => {
    // Who was told to end before it had begun has nothing to finish.
    if (options.signal.aborted) return null;
    throw error;
  });
  if (worker === null) return;
  worker.store.onLevel((namespace, record) => {
    loggers.setLevel(namespace, levelOf(`logger-cluster-${namespace}`, record));
  });
  const { base, store, status, peers } = worker;
  const kafkaClusterId = await base.kafka.cluster.clusterId(base.kafka.links);
  herder.ready({
    workerId,
    settings: worker.settings,
    base,
    store,
    status,
    peers,
    kafkaClusterId,
    healthy: () => worker.healthy,
  });
  await putInPlace(files, herder, log);
  log.info({ worker: workerId, group: settings.groupId, urls: rest.urls }, 'the worker runs');
  options.onListening?.(rest.urls);
  const failure = await Promise.race([failed, aborted(options.signal)]);
  if (failure !== null) throw failure;
  log.info('stopping');
}

/** What configurations of connectors are read with; relative paths in them count from the folder of the worker's own. */
async function scopeOf(
  options: RunWorkerOptions,
  { pluginPath, valueConverter, folder, configProviders: providers }: WorkerSettings,
): Promise<ConfigScope> {
  return {
    plugins: await pluginsOf(options, pluginPath),
    valueConverter,
    sources: { env: options.env, folder, providers },
  };
}

/** @throws ConfigError for a `plugin.path` that leads to none */
async function pluginsOf({ config, own }: RunWorkerOptions, paths: readonly string[]): Promise<Plugins> {
  try {
    return await loadPlugins(own.plugins, paths);
  } catch (error) {
    if (!(error instanceof ConnectError)) throw error;
    const remedy = 'plugin.path: correct the path, or the plugin (docs/write-a-connector.md).';
    const problem = { line: 0, column: 0, key: '', message: error.message, remedy };
    throw new ConfigError(config ?? 'the environment (CONNECT_…)', [problem]);
  }
}

/** Answers requests, with 503 until the herder is ready. */
function serve(
  { listeners, restAuthToken, restTls, valueConverter }: WorkerSettings,
  { plugins, sources }: ConfigScope,
  parts: Pick<RestOptions, 'herder' | 'loggers' | 'log'> & { readonly metrics: MetricsRegistry },
): Promise<RestServer> {
  const { metrics } = parts;
  return startRest({
    ...parts,
    plugins,
    valueConverter,
    listeners,
    token: restAuthToken,
    tls: restTls,
    version: KAFKA_VERSION,
    commit: `messina-${version()}`,
    placeholders: sources,
    metrics: async () => ({ contentType: metrics.contentType, text: await metrics.text() }),
  });
}

/** The connectors of `connectors.dir` that this worker puts in place, all checked before anything is touched. */
async function filesOf(
  { connectorsDir }: WorkerSettings,
  scope: ConfigScope,
  log: Logger,
): Promise<readonly ConfigFile[]> {
  if (connectorsDir === null) return [];
  const { own, others } = sortedFiles(await readConnectorsDir(connectorsDir), scope);
  for (const { path, config } of others) {
    const className = config['connector.class'];
    log.info(`${path} is left to workers that have its connector.class ${className}: this one has not`);
  }
  return own;
}

/** Puts connectors in place: one that is there with another configuration gets this one. */
async function putInPlace(files: readonly ConfigFile[], herder: GroupHerder, log: Logger): Promise<void> {
  for (const { name, config, path } of files) {
    const { created } = await herder.putConfig(name, config);
    log.info({ connector: name, created }, `put in place from ${path}`);
  }
}

function aborted(signal: AbortSignal): Promise<null> {
  return new Promise((settle) => {
    if (signal.aborted) settle(null);
    signal.addEventListener('abort', () => settle(null), { once: true });
  });
}
