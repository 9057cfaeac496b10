import { z } from 'zod';
import type { Converter } from '../connector.ts';
import type { ConnectorPlugin } from '../plugins.ts';
import type { PredicatePlugin } from '../transforms/predicates/predicate.ts';
import type { TransformPlugin } from '../transforms/transform.ts';
import type { ConfigKeyInfo } from './config-infos.ts';
import { commonKeys, sinkKeys, sourceKeys } from './connector-keys.ts';
import { keyInfosOf, ordered } from './key-infos.ts';

/** Anything that has keys: what `GET /connector-plugins/{plugin}/config` can be asked of. */
export type ConfiguredPlugin = ConnectorPlugin | TransformPlugin | PredicatePlugin | Converter;

/** The keys of a plugin; of a connector those that every connector has come first, as in Kafka Connect. */
export function configKeysOf(plugin: ConfiguredPlugin): ConfigKeyInfo[] {
  if ('plugin' in plugin) return connectorKeysOf(plugin);
  if ('options' in plugin) return keyInfosOf(plugin.options);
  return plugin.name === 'JsonConverter' ? keyInfosOf(jsonKeys) : [];
}

/** @returns the keys that every connector of its kind has, and then its own, in the group of its name */
export function connectorKeysOf({ type, plugin }: ConnectorPlugin): ConfigKeyInfo[] {
  return ordered([
    ...keyInfosOf(commonKeys),
    ...keyInfosOf(type === 'source' ? sourceKeys : sinkKeys),
    ...keyInfosOf(plugin.options, { group: plugin.name }),
  ]);
}

const jsonKeys = z.strictObject({
  'schemas.enable': z
    .boolean()
    .default(false)
    .describe('Only false: a record is JSON without a schema beside it.'),
});
