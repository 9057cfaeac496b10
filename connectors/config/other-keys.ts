import { commonKeys, sinkKeys, sourceKeys } from './connector-keys.ts';
import type { FlatProblem } from './flat/flat.ts';
import type { FlatConfig } from './flat/flat-config.ts';
import { leavesOf } from './flat/flat-leaves.ts';
import { type Hidden, invalid } from './flat/flat-problems.ts';
import { closestWord } from './suggest.ts';

export interface OtherKeys {
  readonly problems: readonly FlatProblem[];
  readonly warnings: readonly string[];
}

/** Keys of Kafka Connect that say nothing here, by how they begin. */
const unused: readonly (readonly [RegExp, string])[] = [
  [/^(producer|consumer|admin)\.override\./, 'clients of Kafka are configured on the worker'],
  [/^(key|value|header)\.converter\./, 'converters have no options here'],
  [/^transaction\.boundary\.interval\.ms$/, 'one transaction holds what is read at once'],
  [/^topic\.creation\.default\./, 'data topics keep everything, which their settings must not change'],
];

const quiet = /(^|\.)plugin\.version$/;

/**
 * Keys that no schema knows: those of Kafka Connect that are refused, each with the reason; the others are ignored as Kafka
 * Connect ignores them, with a warning.
 *
 * @param unknown keys that no schema knew
 * @param own keys of the connector's own options
 */
export function otherKeys(
  config: FlatConfig,
  type: 'source' | 'sink',
  unknown: readonly string[],
  own: readonly string[],
  hidden: Hidden,
): OtherKeys {
  const problems: FlatProblem[] = [];
  const warnings: string[] = [];
  const ofType = leavesOf(type === 'source' ? sourceKeys : sinkKeys);
  const known = [...[...leavesOf(commonKeys), ...ofType].map(({ key }) => key), ...own];
  for (const key of unknown) {
    const reason = refusal(key, config[key] ?? '', type);
    if (reason !== null) {
      problems.push(invalid(key, config[key] ?? '', reason, hidden.has(key)));
      continue;
    }
    if (quiet.test(key) || config[key] === '') continue;
    const without = unused.find(([pattern]) => pattern.test(key))?.[1];
    if (without === undefined) warnings.push(unknownKey(key, known));
    else if (!isDefault(key, config[key]))
      warnings.push(`The configuration "${key}" is not used: ${without}.`);
  }
  return { problems, warnings };
}

/** Says of a key that nobody knows it, and which one may be meant. */
export function unknownKey(key: string, known: readonly string[]): string {
  const near = closestWord(key, known);
  const meant = near === null || near === key ? '' : ` Did you mean "${near}"?`;
  return `The configuration "${key}" is not known, and not used.${meant}`;
}

const isDefault = (key: string, text: string | undefined) =>
  /\.converter\.schemas\.enable$/.test(key) && text === 'false';

function refusal(key: string, text: string, type: 'source' | 'sink'): string | null {
  if (/^(key|value)\.converter\.schemas\.enable$/.test(key) && text.trim().toLowerCase() === 'true') {
    return 'JsonConverter writes records without a schema beside them. Set it to false';
  }
  if (type === 'sink') return null;
  if (/^(transforms|predicates)(\.|$)/.test(key) && text !== '') {
    return 'a source has no transforms: the topics keep the lossless original. Put them on the sink';
  }
  if (key === 'offsets.storage.topic') {
    return 'positions of all sources stand in the topic of the worker, offset.storage.topic. Remove it';
  }
  if (key === 'topic.creation.groups' && text !== '') {
    return 'all data topics of a connector are made alike. Remove it, and use topic.creation.default.…';
  }
  return null;
}
