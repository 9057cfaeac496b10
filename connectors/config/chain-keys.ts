import { z } from 'zod';
import type { Plugins } from '../plugins.ts';
import { predicateNames, transformNames } from '../transforms/registry.ts';
import type { ConfigKeyInfo } from './config-infos.ts';
import { sinkKeys } from './connector-keys.ts';
import type { FlatConfig } from './flat/flat-config.ts';
import { readFlat } from './flat/flat-read.ts';
import { keyInfosOf } from './key-infos.ts';

const type = z.string().min(1).meta({ importance: 'HIGH', configType: 'CLASS', displayName: 'Type' });

const transformKeys = z.strictObject({
  type: type.describe('The transform, by its name or that of its class.'),
  predicate: z
    .string()
    .default('')
    .describe('Name of the predicate that says which items it is for. Default: all.'),
  negate: z
    .boolean()
    .default(false)
    .describe('Whether it is for the items that its predicate does not hold of.'),
});

const predicateKeys = z.strictObject({
  type: type.describe('The predicate, by its name or that of its class.'),
});

/** The keys of the transforms and predicates that a sink's configuration names, each in a group of its own. */
export function chainKeysOf(given: FlatConfig, plugins: Plugins): ConfigKeyInfo[] {
  const { transforms, predicates } = aliasesOf(given);
  return [
    ...transforms.flatMap((name) => {
      const scope = { prefix: `transforms.${name}.`, group: `Transforms: ${name}` };
      const wanted = given[`${scope.prefix}type`] ?? '';
      const plugin = plugins.transforms.find((one) => transformNames(one).includes(wanted));
      return [...keyInfosOf(transformKeys, scope), ...(plugin ? keyInfosOf(plugin.options, scope) : [])];
    }),
    ...predicates.flatMap((name) => {
      const scope = { prefix: `predicates.${name}.`, group: `Predicates: ${name}` };
      const wanted = given[`${scope.prefix}type`] ?? '';
      const plugin = plugins.predicates.find((one) => predicateNames(one).includes(wanted));
      return [...keyInfosOf(predicateKeys, scope), ...(plugin ? keyInfosOf(plugin.options, scope) : [])];
    }),
  ];
}

const lists = sinkKeys.pick({ transforms: true, predicates: true });

/** The names that are listed, as far as they can be read. */
function aliasesOf(given: FlatConfig): { readonly transforms: string[]; readonly predicates: string[] } {
  const { transforms = '', predicates = '' } = given;
  const { options } = readFlat(lists, { transforms, predicates });
  return {
    transforms: [...new Set(options?.transforms)],
    predicates: [...new Set(options?.predicates)],
  };
}
