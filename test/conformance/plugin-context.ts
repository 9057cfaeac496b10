import { pino } from 'pino';
import { systemClock } from '../../connectors/clock.ts';
import type { SinkConnector, SinkContext } from '../../connectors/connector.ts';
import { avroConverter } from '../../connectors/converters/avro.ts';
import { jsonConverter } from '../../connectors/converters/json.ts';
import type { Plugins } from '../../connectors/plugins.ts';
import { type ChainedTransform, chainOf, type TransformConfig } from '../../connectors/transforms/chain.ts';
import { predicatePlugins, transformPlugins } from '../../connectors/transforms/registry.ts';
import { loadPlugins } from '../../connectors/worker/plugins/plugin-path.ts';

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

/**
 * A transform with its options, as a sink applies it: what `transformSuite` takes.
 *
 * @param config `type`, and the options of it by their names in a configuration
 */
export function transformOf(plugins: Plugins, config: TransformConfig): ChainedTransform {
  const topicsOf = (table: string) => [`p.${table}.snapshot`, `p.${table}.changes`];
  return chainOf([config], {}, { topicsOf, known: plugins })[0]!;
}

export const quietContext: SinkContext = {
  log: pino({ level: 'silent' }),
  clock: systemClock,
  signal: new AbortController().signal,
  leaseValid: () => true,
};
