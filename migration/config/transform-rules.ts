import { closestWord } from '../../connectors/config/suggest.ts';
import type { TransformConfig } from '../../connectors/transforms/chain.ts';
import { recordIsTombstone } from '../../connectors/transforms/predicates/record-is-tombstone.ts';
import {
  predicateNames,
  predicateOf,
  predicatePlugins,
  remedyWithout,
  transformNames,
  transformOf,
  transformPlugins,
} from '../../connectors/transforms/registry.ts';
import type { Migration } from './defaults.ts';
import type { Finding, KeyPath } from './finding.ts';
import type { Said } from './issues.ts';
import { valueAt } from './shape.ts';

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Types that do not exist, and options that another program has: found before the schema is asked, which knows neither
 * reasons nor what is close to a word.
 */
export function transformNameFindings(said: Said): Finding[] {
  const transforms = valueAt(said.root, ['transforms']);
  const predicates = valueAt(said.root, ['predicates']);
  return [
    ...(Array.isArray(transforms) ? transforms : []).flatMap((one, i) =>
      ofTransform(one, ['transforms', i], said),
    ),
    ...(isMapping(predicates) ? Object.entries(predicates) : []).flatMap(([name, one]) =>
      typeFindings(one, ['predicates', name], said, predicatePlugins.map(predicateNames)),
    ),
  ];
}

function ofTransform(transform: unknown, path: KeyPath, said: Said): Finding[] {
  if (!isMapping(transform)) return [];
  const plugin = transformOf(String(transform['type']));
  if (plugin === null) return typeFindings(transform, path, said, transformPlugins.map(transformNames));
  return Object.entries(plugin.refusedOptions)
    .filter(([option]) => Object.hasOwn(transform, option))
    .map(([option, reason]) => ({
      path: [...path, option],
      at: 'key',
      message: `is not an option of ${plugin.name} here`,
      remedy: `Remove it. ${reason}`,
    }));
}

/** @param known the names of each kind, the short one first */
function typeFindings(
  one: unknown,
  above: KeyPath,
  { filled }: Said,
  known: readonly (readonly [string, ...string[]])[],
): Finding[] {
  if (!isMapping(one)) return [];
  const { type } = one;
  if (known.flat().some((name) => name === type)) return [];
  const path = [...above, 'type'];
  const names = known.map(([name]) => name);
  const list = `One of ${names.join(', ')}.`;
  if (type === undefined) return [{ path, at: 'key', message: 'is missing', remedy: list }];
  if (typeof type !== 'string') return [];
  if (filled(path)) return [{ path, at: 'value', message: 'has a value that is not known', remedy: list }];
  // Nobody means $Value by $Key: what Kafka Connect has under this very name was meant.
  const instead = remedyWithout(type);
  if (instead !== null) {
    return [{ path, at: 'value', message: `is ${type}, which is not for items`, remedy: instead }];
  }
  const near = closestWord(type, names) ?? closestWord(type, known.flat());
  const remedy = near === null ? list : `Did you mean "${near}"? ${list}`;
  return [{ path, at: 'value', message: `is ${JSON.stringify(type)}`, remedy }];
}

/** What contradicts itself in transforms whose every option is valid. */
export const transformFindings = (migration: Migration): Finding[] =>
  migration.transforms.flatMap((transform, i) => [
    ...contradictions(transform, ['transforms', i]),
    ...conditionFindings(transform, migration.predicates, ['transforms', i]),
  ]);

function contradictions(
  { type, predicate: _, negate: __, ...options }: TransformConfig,
  path: KeyPath,
): Finding[] {
  const found = transformOf(type)?.contradiction(options) ?? null;
  if (found === null) return [];
  const { option, message, remedy } = found;
  return [{ path: [...path, option], at: 'key', message, remedy }];
}

function conditionFindings(
  { type, predicate, negate }: TransformConfig,
  predicates: Migration['predicates'],
  path: KeyPath,
): Finding[] {
  if (predicate === undefined) {
    if (negate !== true) return [];
    return [
      {
        path: [...path, 'negate'],
        at: 'key',
        message: 'needs a predicate',
        remedy: 'Add predicate, or remove negate.',
      },
    ];
  }
  const at = [...path, 'predicate'];
  if (!Object.hasOwn(predicates, predicate)) {
    const near = closestWord(predicate, Object.keys(predicates));
    const message = `"${predicate}" is not among predicates`;
    const remedy = near === null ? `Add predicates: {${predicate}: {type: …}}.` : `Did you mean "${near}"?`;
    return [{ path: at, at: 'value', message, remedy }];
  }
  const speaksOfDeletes = predicateOf(predicates[predicate]?.type ?? '') === recordIsTombstone;
  if (!speaksOfDeletes || transformOf(type)?.needsPredicate !== true) return [];
  const message = `"${predicate}" speaks of deletes, which always reach the target`;
  return [{ path: at, at: 'value', message, remedy: 'Remove the filter, or give it a predicate of items.' }];
}
