import { pino } from 'pino';
import { systemClock } from '../../connectors/clock.ts';
import type { SinkConnector, SinkContext } from '../../connectors/connector.ts';
import { avroConverter } from '../../connectors/converters/avro.ts';
import { jsonConverter } from '../../connectors/converters/json.ts';
import { predicatePlugins, transformPlugins } from '../../connectors/transforms/registry.ts';
import { loadPlugins } from '../../connectors/worker/plugins/plugin-path.ts';
import type { Plugins } from '../../connectors/worker/plugins/plugins.ts';

const own: Plugins = {
  connectors: [],
  transforms: transformPlugins,
  predicates: predicatePlugins,
  converters: [avroConverter, jsonConverter],
};

/** Plugins of modules that others wrote, as a worker loads them, behind the transforms and converters of Messina. */
export const pluginsAt = (path: string): Promise<Plugins> => loadPlugins(own, [path]);

/** The sink of a class; throws where there is none. */
export function sinkOf(plugins: Plugins, name: string): SinkConnector<unknown> {
  const found = plugins.connectors.find((one) => one.plugin.name === name);
  if (found?.type === 'sink') return found.plugin;
  throw new Error(`no sink ${name}`);
}

export const quietContext: SinkContext = {
  log: pino({ level: 'silent' }),
  clock: systemClock,
  signal: new AbortController().signal,
  leaseValid: () => true,
};
