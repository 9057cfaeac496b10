import { z } from 'zod';
import { Item } from '../../../schemas/item.ts';
import { decodeKey, encodeKey } from '../../../schemas/key.ts';
import type { Converter } from '../../connector.ts';
import { avroConverter } from '../../converters/avro.ts';
import { jsonConverter } from '../../converters/json.ts';
import { ConnectError } from '../../errors.ts';
import type { Plugins } from '../../plugins.ts';
import { predicatePlugin } from '../../transforms/predicates/predicate.ts';
import { transformPlugin } from '../../transforms/transform.ts';

/**
 * What a module of plugins is made with: this very program's classes and functions.
 *
 * They are handed over, not imported, so that a module works from any folder without installing anything, and so that there are
 * no two copies of a class: an error of another copy of `ConnectError` would be none.
 */
export interface PluginKit {
  /** For options. A schema of another copy of zod 4 does as well. */
  readonly z: typeof z;
  readonly ConnectError: typeof ConnectError;
  readonly Item: typeof Item;
  readonly encodeKey: typeof encodeKey;
  readonly decodeKey: typeof decodeKey;
  readonly transformPlugin: typeof transformPlugin;
  readonly predicatePlugin: typeof predicatePlugin;
  /** Both keep law 5: a converter of one's own may stand on them. */
  readonly jsonConverter: Converter;
  readonly avroConverter: Converter;
}

/** The lists that a module of plugins may have; those that it has not are left out. */
export type PluginLists = { readonly [K in keyof Plugins]?: readonly unknown[] };

/** What a module of plugins exports as its default: the lists, or what makes them. */
export type PluginModule = PluginLists | ((kit: PluginKit) => PluginLists | Promise<PluginLists>);

export const pluginKit: PluginKit = {
  z,
  ConnectError,
  Item,
  encodeKey,
  decodeKey,
  transformPlugin,
  predicatePlugin,
  jsonConverter,
  avroConverter,
};
