import type { Plugins } from '../plugins.ts';
import type { PredicateConfig, TransformConfig } from '../transforms/chain.ts';
import { predicateNames, remedyWithout, transformNames } from '../transforms/registry.ts';
import type { SinkKeys } from './connector-keys.ts';
import type { FlatProblem } from './flat/flat.ts';
import type { FlatConfig } from './flat/flat-config.ts';
import { invalid, missing } from './flat/flat-problems.ts';
import { type FlatScope, readFlat } from './flat/flat-read.ts';
import { closestWord } from './suggest.ts';

export interface ChainReading {
  readonly transforms: readonly TransformConfig[];
  readonly predicates: Readonly<Record<string, PredicateConfig>>;
  readonly problems: readonly FlatProblem[];
  /** Keys of transforms and predicates that none of them knows. */
  readonly unknown: readonly string[];
}

type Known = Pick<Plugins, 'transforms' | 'predicates'>;

interface Chain {
  readonly config: FlatConfig;
  readonly plugins: Known;
  readonly hidden: NonNullable<FlatScope['hidden']>;
  readonly problems: FlatProblem[];
  readonly unknown: string[];
}

/** Reads `transforms.<name>.…` and `predicates.<name>.…` of the names that a sink lists, in their order. */
export function readChain(
  config: FlatConfig,
  sink: Pick<SinkKeys, 'transforms' | 'predicates'>,
  plugins: Known,
  hidden: Chain['hidden'] = new Set(),
): ChainReading {
  const chain: Chain = { config, plugins, hidden, problems: [], unknown: [] };
  for (const list of ['transforms', 'predicates'] as const) {
    if (new Set(sink[list]).size === sink[list].length) continue;
    const isHidden = chain.hidden.has(list);
    chain.problems.push(invalid(list, sink[list].join(','), 'Duplicate alias provided.', isHidden));
  }
  const predicates: Record<string, PredicateConfig> = {};
  for (const name of new Set(sink.predicates)) {
    const read = readPredicate(name, chain);
    if (read !== null) predicates[name] = read;
  }
  const transforms = [...new Set(sink.transforms)].flatMap((name) => {
    const read = readTransform(name, sink.predicates, chain);
    if (read === null) return [];
    checkDeletes(`transforms.${name}.predicate`, read, predicates, chain);
    return [read];
  });
  const listed = [
    ...sink.transforms.map((name) => `transforms.${name}.`),
    ...sink.predicates.map((name) => `predicates.${name}.`),
  ];
  for (const key of Object.keys(config)) {
    const isOfChain = /^(transforms|predicates)\./.test(key);
    if (isOfChain && !listed.some((prefix) => key.startsWith(prefix))) chain.unknown.push(key);
  }
  return { transforms, predicates, problems: chain.problems, unknown: chain.unknown };
}

function readPredicate(name: string, chain: Chain): PredicateConfig | null {
  const prefix = `predicates.${name}.`;
  const type = chain.config[`${prefix}type`];
  const plugin = chain.plugins.predicates.find((one) => predicateNames(one).includes(type ?? ''));
  if (type === undefined || plugin === undefined) {
    noType(`${prefix}type`, type, chain.plugins.predicates.map(predicateNames), chain);
    return null;
  }
  const options = readOptions(plugin, prefix, ['type'], chain);
  return options === null ? null : { ...options, type: plugin.name };
}

function readTransform(name: string, predicates: readonly string[], chain: Chain): TransformConfig | null {
  const prefix = `transforms.${name}.`;
  const type = chain.config[`${prefix}type`];
  const plugin = chain.plugins.transforms.find((one) => transformNames(one).includes(type ?? ''));
  if (type === undefined || plugin === undefined) {
    noType(`${prefix}type`, type, chain.plugins.transforms.map(transformNames), chain);
    return null;
  }
  const refused = Object.entries(plugin.refusedOptions).filter(([option]) =>
    Object.hasOwn(chain.config, prefix + option),
  );
  for (const [option, reason] of refused) {
    const key = prefix + option;
    chain.problems.push(invalid(key, chain.config[key] ?? '', `Remove it. ${reason}`, chain.hidden.has(key)));
  }
  const condition = readCondition(prefix, predicates, plugin.needsPredicate, chain);
  const ours = ['type', 'predicate', 'negate', ...refused.map(([option]) => option)];
  const options = readOptions(plugin, prefix, ours, chain);
  if (options === null || condition === null) return null;
  const contradiction = plugin.contradiction(options);
  if (contradiction === null) return { ...options, type: plugin.name, ...condition };
  const { option, message, remedy } = contradiction;
  const key = prefix + option;
  chain.problems.push({ key, message: `Invalid configuration ${key}: it ${message}. ${remedy}` });
  return null;
}

/** @param ours keys behind the prefix that are not the plugin's */
function readOptions(
  plugin: Known['transforms'][number] | Known['predicates'][number],
  prefix: string,
  ours: readonly string[],
  { config, hidden, problems, unknown }: Chain,
): Readonly<Record<string, unknown>> | null {
  const reading = readFlat(plugin.options, config, { prefix, hidden });
  problems.push(...reading.problems);
  unknown.push(...reading.unknown.filter((key) => !ours.includes(key.slice(prefix.length))));
  return reading.options;
}

/** `predicate` and `negate` of a transform (Kafka Connect: ConnectorConfig.EnrichablePlugin); null: there are problems. */
function readCondition(
  prefix: string,
  predicates: readonly string[],
  isNeeded: boolean,
  { config, hidden, problems }: Chain,
): Pick<TransformConfig, 'predicate' | 'negate'> | null {
  const [key, negateKey] = [`${prefix}predicate`, `${prefix}negate`];
  const predicate = config[key] === '' ? undefined : config[key];
  const negate = config[negateKey]?.trim().toLowerCase();
  const before = problems.length;
  if (negate !== undefined && negate !== 'true' && negate !== 'false') {
    const what = 'Expected value to be either true or false';
    problems.push(invalid(negateKey, negate, what, hidden.has(negateKey)));
  }
  if (predicate === undefined && negate === 'true') {
    const what = `there is no config '${key}' defining a predicate to be negated.`;
    problems.push(invalid(negateKey, negate, what, hidden.has(negateKey)));
  }
  if (predicate === undefined && isNeeded) problems.push(missing(key));
  if (predicate !== undefined && !predicates.includes(predicate)) {
    const near = hidden.has(key) ? null : closestWord(predicate, predicates);
    const meant = near === null ? 'Name it in predicates' : `Did you mean "${near}"?`;
    problems.push(invalid(key, predicate, `it is not among predicates. ${meant}`, hidden.has(key)));
  }
  if (problems.length > before) return null;
  return {
    ...(predicate === undefined ? {} : { predicate }),
    ...(negate === 'true' ? { negate: true } : {}),
  };
}

/** Deletes always reach the target (rule C9): a filter for them alone would do nothing. */
function checkDeletes(
  key: string,
  { type, predicate = '' }: TransformConfig,
  predicates: Readonly<Record<string, PredicateConfig>>,
  { plugins, hidden, problems }: Chain,
): void {
  const needsPredicate = plugins.transforms.find(({ name }) => name === type)?.needsPredicate === true;
  if (!needsPredicate || predicates[predicate]?.type !== 'RecordIsTombstone') return;
  const what =
    'it speaks of deletes, which always reach the target. Remove the filter, or give it a predicate of items';
  problems.push(invalid(key, predicate, what, hidden.has(key)));
}

/** @param known the names of each kind, the short one first */
function noType(
  key: string,
  type: string | undefined,
  known: readonly (readonly [string, ...string[]])[],
  { problems, hidden }: Chain,
): void {
  if (type === undefined) {
    problems.push(missing(key));
    return;
  }
  const names = known.map(([name]) => name);
  const instead = remedyWithout(type);
  const near = hidden.has(key) ? null : (closestWord(type, names) ?? closestWord(type, known.flat()));
  const meant = near === null ? '' : ` Did you mean "${near}"?`;
  const what =
    instead === null
      ? `Class ${hidden.has(key) ? '[hidden]' : type} could not be found.${meant} One of: ${names.join(', ')}`
      : `it is not for items. ${instead}`;
  problems.push(invalid(key, type, what, hidden.has(key)));
}
