import type { ConnectorPlugin, Plugins } from '../plugins.ts';
import { predicateNames, transformNames } from '../transforms/registry.ts';
import { commonKeys, sinkKeys, sourceKeys } from './connector-keys.ts';
import { leavesOf } from './flat/flat-leaves.ts';

/** The values that a key can have, where there are some to choose from (Kafka Connect: recommended_values). */
export function recommendedValues(
  key: string,
  connector: ConnectorPlugin,
  plugins: Plugins,
): readonly string[] {
  if (/^(key|value)\.converter$/.test(key)) return plugins.converters.map(({ name }) => name);
  if (/^transforms\..+\.type$/.test(key)) return plugins.transforms.map((one) => transformNames(one)[0]);
  if (/^predicates\..+\.type$/.test(key)) return plugins.predicates.map((one) => predicateNames(one)[0]);
  const { type, plugin } = connector;
  const schemas = [commonKeys, type === 'source' ? sourceKeys : sinkKeys, plugin.options];
  const leaf = schemas.flatMap((schema) => leavesOf(schema)).find((one) => one.key === key);
  if (leaf === undefined) return [];
  return leaf.type === 'BOOLEAN' ? ['true', 'false'] : leaf.values;
}
