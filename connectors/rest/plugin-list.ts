import type { ConfiguredPlugin } from '../config/plugin-keys.ts';
import { connectorOf, type Plugins } from '../plugins.ts';
import { predicateNames, transformNames } from '../transforms/registry.ts';
import { RequestError } from '../worker/herder.ts';
import type { RestContext } from './context.ts';

export interface PluginInfo {
  readonly class: string;
  readonly type: 'source' | 'sink' | 'converter' | 'header_converter' | 'transformation' | 'predicate';
  readonly version: string;
}

/** Headers of records are texts, as this converter of Kafka Connect writes them; there is no choice, and no option. */
export const headerConverter = 'SimpleHeaderConverter';

/** All that these plugins are, connectors first. */
export function pluginInfos(plugins: Plugins, version: string, connectorsOnly: boolean): PluginInfo[] {
  const connectors = plugins.connectors.map(({ type, plugin }) => ({ class: plugin.name, type, version }));
  if (connectorsOnly) return connectors;
  const others = (type: PluginInfo['type'], of: readonly { readonly name: string }[]) =>
    of.map(({ name }) => ({ class: name, type, version }));
  return [
    ...connectors,
    ...others('converter', plugins.converters),
    ...others('transformation', plugins.transforms),
    ...others('predicate', plugins.predicates),
  ];
}

/**
 * Connector classes that only other workers have: a request for one of them may come here too, and tools offer what the
 * list holds. Of the other kinds every worker has the same.
 */
export async function peersInfos({ herder, plugins, version }: RestContext): Promise<PluginInfo[]> {
  const infos = new Map<string, PluginInfo>();
  for (const { classes } of await herder.peers()) {
    for (const [name, type] of Object.entries(classes)) {
      // A worker of another version may speak of kinds that nobody knows here.
      if (type !== 'unknown' && connectorOf(plugins, name) === null)
        infos.set(name, { class: name, type, version });
    }
  }
  return [...infos.values()];
}

/** What a name in a URL stands for: a connector class however it is written, the rest by the names that configurations know. */
export function pluginOf(plugins: Plugins, name: string): ConfiguredPlugin | null {
  const simple = name.slice(name.lastIndexOf('.') + 1);
  return (
    connectorOf(plugins, name) ??
    plugins.transforms.find((plugin) => transformNames(plugin).includes(name)) ??
    plugins.predicates.find((plugin) => predicateNames(plugin).includes(name)) ??
    plugins.converters.find((converter) => converter.name === simple) ??
    null
  );
}

/** Begins with the very words by which kcctl knows it, and lists what there is, as Kafka Connect does. */
export async function unknownClass(className: string, context: RestContext): Promise<RequestError> {
  const { plugins, version } = context;
  const infos = [...pluginInfos(plugins, version, true), ...(await peersInfos(context))];
  const known = infos.map(
    ({ class: name, type }) =>
      `PluginDesc{klass=class ${name}, name='${name}', version='${version}', encodedVersion=${version}, type=${type}, typeName='${type}', location='classpath'}`,
  );
  return new RequestError(
    400,
    `Failed to find any class that implements Connector and which name matches ${className}, available connectors are: ${known.join(', ')}`,
  );
}
