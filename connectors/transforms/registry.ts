import { cast } from './cast.ts';
import { extractField } from './extract-field.ts';
import { extractNewItemState } from './extract-new-item-state.ts';
import { filter } from './filter.ts';
import { flatten } from './flatten.ts';
import { dropHeaders, headerFrom, insertHeader } from './headers.ts';
import { hoistField } from './hoist-field.ts';
import { insertField } from './insert-field.ts';
import { maskField } from './mask-field.ts';
import { fieldMatches } from './predicates/field-matches.ts';
import { hasField } from './predicates/has-field.ts';
import { hasHeaderKey } from './predicates/has-header-key.ts';
import type { PredicatePlugin } from './predicates/predicate.ts';
import { recordIsTombstone } from './predicates/record-is-tombstone.ts';
import { topicNameMatches } from './predicates/topic-name-matches.ts';
import { regexRouter } from './regex-router.ts';
import { replaceField } from './replace-field.ts';
import { script } from './script.ts';
import { setKeySchemaMetadata, setSchemaMetadata } from './set-schema-metadata.ts';
import { timestampConverter } from './timestamp-converter.ts';
import { CONNECT_PACKAGE, type TransformPlugin } from './transform.ts';

export const transformPlugins: readonly TransformPlugin[] = [
  replaceField,
  insertField,
  maskField,
  cast,
  flatten,
  hoistField,
  extractField,
  timestampConverter,
  filter,
  headerFrom,
  insertHeader,
  dropHeaders,
  setSchemaMetadata,
  setKeySchemaMetadata,
  regexRouter,
  extractNewItemState,
  script,
];

export const predicatePlugins: readonly PredicatePlugin[] = [
  topicNameMatches,
  hasHeaderKey,
  recordIsTombstone,
  hasField,
  fieldMatches,
];

/** What configurations can name. */
export interface KnownTransforms {
  readonly transforms: readonly TransformPlugin[];
  readonly predicates: readonly PredicatePlugin[];
}

/** The names a transform is known by: the short one, and that of a class. */
export const transformNames = ({ name, className }: TransformPlugin): readonly [string, ...string[]] =>
  className === null ? [name] : [name, className];

export const predicateNames = ({ name, ofConnect }: PredicatePlugin): readonly [string, ...string[]] =>
  ofConnect ? [name, `${CONNECT_PACKAGE}predicates.${name}`] : [name];

export const transformOf = (type: string, known = transformPlugins): TransformPlugin | null =>
  known.find((plugin) => transformNames(plugin).includes(type)) ?? null;

export const predicateOf = (type: string, known = predicatePlugins): PredicatePlugin | null =>
  known.find((plugin) => predicateNames(plugin).includes(type)) ?? null;

const keyRemedy = 'Keys are re-modelled by the mapping of a CQL target; tables are renamed in target.tables.';

/** Transforms of Kafka Connect that make no sense on items, and what to do without them. */
const elsewhere: Readonly<Record<string, string>> = {
  TimestampRouter:
    'Remove it: the changes of one item would be spread over tables, by their times. RegexRouter renames tables.',
  ValueToKey: keyRemedy,
};

/** What to do without a transform that Kafka Connect has and this list has not; null: Kafka Connect has none of this name. */
export function remedyWithout(type: string): string | null {
  const name = type.startsWith(CONNECT_PACKAGE) ? type.slice(CONNECT_PACKAGE.length) : type;
  if (Object.hasOwn(elsewhere, name)) return elsewhere[name] ?? null;
  const ofKey = name.replace(/\$Key$/, '$Value');
  const isOfConnect = transformOf(ofKey) !== null || Object.hasOwn(elsewhere, ofKey);
  return name.endsWith('$Key') && isOfConnect ? keyRemedy : null;
}
