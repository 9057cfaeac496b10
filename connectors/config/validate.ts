import { type ConnectorPlugin, connectorOf, type Plugins } from '../plugins.ts';
import { chainKeysOf } from './chain-keys.ts';
import type { ConfigInfo, ConfigInfos, ConfigKeyInfo } from './config-infos.ts';
import { commonKeys } from './connector-keys.ts';
import { type ConnectorDefaults, readConnector } from './connector-settings.ts';
import type { FlatProblem } from './flat/flat.ts';
import type { FlatConfig } from './flat/flat-config.ts';
import { leafAt, leavesOf } from './flat/flat-leaves.ts';
import { keyInfoOf, ordered } from './key-infos.ts';
import { literalProblems } from './literal-keys.ts';
import { holdsPlaceholder, type PlaceholderSources } from './placeholders.ts';
import { connectorKeysOf } from './plugin-keys.ts';
import { recommendedValues } from './recommended.ts';
import { resolveConnector } from './resolve.ts';

export interface ValidationDefaults extends ConnectorDefaults {
  /** Where placeholders get their values from; without it nothing is said of values that hold some. */
  readonly placeholders?: PlaceholderSources;
}

/**
 * Says of every key of a connector's configuration what it is, what it was given and what is wrong with it; no service is
 * asked. What placeholders stand for is looked at and never told. Keys that nobody knows are left out, as Kafka Connect leaves
 * them out.
 *
 * @param className as it was asked for: the class where the configuration has no `connector.class`
 */
export function validateConnector(
  className: string,
  config: FlatConfig,
  plugins: Plugins,
  worker: ValidationDefaults,
): ConfigInfos {
  const given: FlatConfig = { 'connector.class': className, ...config };
  const problems = problemsOf(given, plugins, worker);
  const connector = connectorOf(plugins, given['connector.class'] ?? className);
  const definitions = connector === null ? [] : definitionsOf(connector, given, plugins);
  const configs = definitions.map((definition): ConfigInfo => {
    const { name, type, default_value } = definition;
    const value = given[name] ?? default_value;
    return {
      definition,
      value: {
        name,
        value: type === 'PASSWORD' && given[name] !== undefined ? '[hidden]' : value,
        recommended_values: connector === null ? [] : recommendedValues(name, connector, plugins),
        errors: problems.filter(({ key }) => key === name).map(({ message }) => message),
        visible: true,
      },
    };
  });
  const defined = new Set(definitions.map(({ name }) => name));
  return {
    name: className,
    error_count: problems.length,
    groups: [...new Set(definitions.flatMap(({ group }) => (group === null ? [] : [group])))],
    configs: [...configs, ...undefinedInfos(problems.filter(({ key }) => !defined.has(key)))],
  };
}

/** Kafka Connect's answer to a configuration that it refuses (ConnectorsResource, AbstractHerder.maybeAddConfigErrors). */
export function invalidMessage(infos: ConfigInfos): string {
  const errors = infos.configs.flatMap(({ value }) => value.errors);
  return [
    `Connector configuration is invalid and contains the following ${errors.length} error(s):`,
    ...errors,
    'You can also find the above list of errors at the endpoint `/connector-plugins/{connectorType}/config/validate`',
  ].join('\n');
}

function problemsOf(given: FlatConfig, plugins: Plugins, worker: ValidationDefaults): readonly FlatProblem[] {
  if (worker.placeholders === undefined) {
    const open = new Set(Object.keys(given).filter((key) => holdsPlaceholder(given[key] ?? '')));
    const found = readConnector(given, plugins, worker, open).problems;
    return [...literalProblems(given), ...found.filter(({ key }) => !open.has(key))];
  }
  const { config, problems, filled } = resolveConnector(given, worker.placeholders);
  const unresolved = new Set(problems.map(({ key }) => key));
  const found = readConnector(config, plugins, worker, filled).problems;
  return [...problems, ...found.filter(({ key }) => !unresolved.has(key))];
}

/** Definitions of the connector's keys, of the names that its configuration gives, and of its transforms and predicates. */
function definitionsOf(connector: ConnectorPlugin, given: FlatConfig, plugins: Plugins): ConfigKeyInfo[] {
  const fixed = connectorKeysOf(connector).filter(({ name }) => !name.endsWith('.*'));
  const named = Object.keys(given)
    .filter((key) => !fixed.some(({ name }) => name === key))
    .flatMap((key) => namedKey(connector, key));
  return ordered([...fixed, ...named, ...(connector.type === 'sink' ? chainKeysOf(given, plugins) : [])]);
}

/** `manifests.Music` is defined by what stands before the name. */
function namedKey({ plugin }: ConnectorPlugin, key: string): ConfigKeyInfo[] {
  for (const [schema, group] of [
    [commonKeys, null],
    [plugin.options, plugin.name],
  ] as const) {
    const leaf = leafAt(leavesOf(schema), key);
    if (leaf?.isPrefix === true) return [{ ...keyInfoOf(leaf, { group }, 1), name: key }];
  }
  return [];
}

/** Problems of keys that have no definition, such as those that are refused. */
function undefinedInfos(problems: readonly FlatProblem[]): ConfigInfo[] {
  const keys = [...new Set(problems.map(({ key }) => key))];
  return keys.map((name) => ({
    definition: null,
    value: {
      name,
      value: null,
      recommended_values: [],
      errors: problems.filter(({ key }) => key === name).map(({ message }) => message),
      visible: true,
    },
  }));
}
