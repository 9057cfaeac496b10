import { systemClock } from '../../connectors/clock.ts';
import { avroConverter } from '../../connectors/converters/avro.ts';
import { jsonConverter } from '../../connectors/converters/json.ts';
import { createLogger } from '../../connectors/log.ts';
import type { Plugins } from '../../connectors/plugins.ts';
import { type RestOptions, type RestServer, startRest } from '../../connectors/rest/server.ts';
import { predicatePlugins, transformPlugins } from '../../connectors/transforms/registry.ts';
import { Loggers } from '../../connectors/worker/loggers.ts';
import { alternatorSink } from '../../sink/alternator/connector.ts';
import { dynamoDbScanSource } from '../../source/scan/connector.ts';
import { MemoryHerder } from './memory-herder.ts';
import type { RestWorker } from './rest-worker.ts';

export const sourcePlugins: Plugins = {
  connectors: [{ type: 'source', plugin: dynamoDbScanSource }],
  transforms: transformPlugins,
  predicates: predicatePlugins,
  converters: [avroConverter, jsonConverter],
};

export const bothPlugins: Plugins = {
  ...sourcePlugins,
  connectors: [...sourcePlugins.connectors, { type: 'sink', plugin: alternatorSink }],
};

export interface MemoryWorker extends RestWorker, AsyncDisposable {
  readonly herder: MemoryHerder;
  readonly loggers: Loggers;
  readonly server: RestServer;
  /** What was logged, a line each. */
  readonly logged: string[];
}

export interface MemoryWorkerOptions
  extends Partial<Pick<RestOptions, 'token' | 'tls' | 'listeners' | 'metrics'>> {
  readonly plugins?: Plugins;
}

/** The REST API over a herder in memory. */
export async function startMemoryWorker(options: MemoryWorkerOptions = {}): Promise<MemoryWorker> {
  const { plugins = bothPlugins, ...others } = options;
  const herder = new MemoryHerder(plugins);
  const logged: string[] = [];
  const log = createLogger({
    level: 'debug',
    format: 'json',
    destination: { write: (line) => logged.push(line) },
  });
  const loggers = new Loggers(log, systemClock);
  herder.onClusterLevel = (logger, level) => loggers.setLevel(logger, level);
  const server = await startRest({
    herder,
    plugins,
    loggers,
    log,
    valueConverter: 'AvroConverter',
    listeners: ['http://127.0.0.1:0'],
    token: null,
    tls: null,
    version: '3.9.0',
    commit: 'messina',
    metrics: async () => ({ contentType: 'text/plain; version=0.0.4', text: 'up 1\n' }),
    ...others,
  });
  const url = server.urls[0]!;
  return {
    ...configs,
    url,
    herder,
    loggers,
    server,
    logged,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const source = {
  'connector.class': 'DynamoDbScanSource',
  'topic.prefix': 'p',
  tables: 'T',
  region: 'eu-central-1',
};
const sink = {
  'connector.class': 'AlternatorSink',
  'topic.prefix': 'p',
  topics: 'p.T.snapshot,p.T.changes',
  endpoints: 'http://127.0.0.1:8001',
};

const configs: Omit<RestWorker, 'url'> = {
  sourceClass: 'DynamoDbScanSource',
  sinkClass: 'AlternatorSink',
  transform: { name: 'ReplaceField$Value', option: 'exclude' },
  sourceConfig: async () => source,
  sinkConfig: async () => sink,
  failingConfig: async () => ({ ...sink, 'client.id': 'failing' }),
};
