import { expect } from 'vitest';
import { loadItems } from '../../../workload/fill.ts';
import { createMusicTable } from '../../../workload/table.ts';
import { ask } from '../../rest/rest-client.ts';
import type { Config, RestWorker } from '../../rest/rest-worker.ts';
import { type TestServices, testServices } from '../../services.ts';
import { Worker } from './worker.ts';

const ITEMS = 20;
const TABLE = 'Music';
/** Its topics are what all sinks read. */
const FEED = 'feed';

/** A source and a sink worker of one group, as the conformance suite drives them: it speaks to one of them alone. */
export interface RestGroup extends AsyncDisposable {
  readonly services: TestServices;
  readonly source: RestWorker;
  readonly sink: RestWorker;
  /** Both drain, as stopping containers do. */
  stop(): Promise<void>;
}

export async function startRestGroup(): Promise<RestGroup> {
  const services = await testServices();
  const workers: Worker[] = [];
  const dispose = async () => {
    for (const worker of workers) await worker[Symbol.asyncDispose]();
    await services[Symbol.asyncDispose]();
  };
  try {
    const address = { endpoint: services.source.endpoint, credentials: services.credentials, table: TABLE };
    await createMusicTable(address);
    await loadItems({ ...address, items: ITEMS, seed: 91 });
    for (const kind of ['source', 'sink'] as const) workers.push(await Worker.launch(kind, services));
    await Promise.all(workers.map((worker) => worker.untilReady()));
    const configs = configsOf(services);
    const [source, sink] = workers.map(({ url }): RestWorker => ({ url, ...configs }));
    const feed = { name: FEED, config: await configs.sourceConfig(FEED) };
    const made = await ask(source!, 'POST', '/connectors', { body: feed });
    expect(made.status, made.text).toBe(201);
    const stop = async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
    };
    return { services, source: source!, sink: sink!, stop, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Each connector has topics and a target table of its own. */
function configsOf({ name, credentials, region, source, target }: TestServices): Omit<RestWorker, 'url'> {
  const keys = {
    region,
    'credentials.access.key.id': credentials.accessKeyId,
    'credentials.secret.access.key': credentials.secretAccessKey,
  };
  const prefixOf = (connector: string) => `${name}-${connector}`;
  const data = ['snapshot', 'changes'].map((kind) => `${prefixOf(FEED)}.${TABLE}.${kind}`);
  const sinkConfig = async (connector: string): Promise<Config> => ({
    'connector.class': 'AlternatorSink',
    'topic.prefix': prefixOf(FEED),
    topics: data.join(','),
    endpoints: target.endpoint,
    'server.timeout.ms': '1500',
    'clock.skew.ms': '100',
    [`tables.${TABLE}`]: `of-${connector}`,
    ...keys,
  });
  return {
    sourceClass: 'DynamoDbScanSource',
    sinkClass: 'AlternatorSink',
    transform: { name: 'ReplaceField$Value', option: 'exclude' },
    sourceConfig: async (connector) => ({
      'connector.class': 'DynamoDbScanSource',
      'topic.prefix': prefixOf(connector),
      tables: TABLE,
      endpoint: source.endpoint,
      'topic.creation.default.partitions': '1',
      'read.capacity': '100000',
      'slack.seconds': '0',
      ...keys,
    }),
    sinkConfig,
    // A target table that is not there, and that it may not make.
    failingConfig: async (connector) => ({
      ...(await sinkConfig(connector)),
      'create.tables': 'false',
      'errors.auto.restart.enabled': 'false',
    }),
  };
}
