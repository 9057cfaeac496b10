import { cast } from './cast.ts';
import { filter } from './filter.ts';
import { flatten } from './flatten.ts';
import { insertField } from './insert-field.ts';
import { maskField } from './mask-field.ts';
import { fieldMatches } from './predicates/field-matches.ts';
import { hasField } from './predicates/has-field.ts';
import { hasHeaderKey } from './predicates/has-header-key.ts';
import type { PredicatePlugin } from './predicates/predicate.ts';
import { recordIsTombstone } from './predicates/record-is-tombstone.ts';
import { topicNameMatches } from './predicates/topic-name-matches.ts';
import { replaceField } from './replace-field.ts';
import type { TransformPlugin } from './transform.ts';

const PACKAGE = 'org.apache.kafka.connect.transforms.';

export const transformPlugins: readonly TransformPlugin[] = [
  replaceField,
  insertField,
  maskField,
  cast,
  flatten,
  filter,
];

export const predicatePlugins: readonly PredicatePlugin[] = [
  topicNameMatches,
  hasHeaderKey,
  recordIsTombstone,
  hasField,
  fieldMatches,
];

/** The names a transform is known by: the short one, and that of Kafka Connect's class. */
export const transformNames = ({ name }: TransformPlugin): readonly [string, ...string[]] => [
  name,
  PACKAGE + name,
];

export const predicateNames = ({ name, ofConnect }: PredicatePlugin): readonly [string, ...string[]] =>
  ofConnect ? [name, `${PACKAGE}predicates.${name}`] : [name];

export const transformOf = (type: string): TransformPlugin | null =>
  transformPlugins.find((plugin) => transformNames(plugin).includes(type)) ?? null;

export const predicateOf = (type: string): PredicatePlugin | null =>
  predicatePlugins.find((plugin) => predicateNames(plugin).includes(type)) ?? null;

const keyRemedy = 'Keys are re-modelled by the mapping of a CQL target; tables are renamed in target.tables.';
const headerRemedy = 'Remove it: no header of a record reaches a target.';
const mapRemedy = 'Remove it: an item is a map of attributes, and stays one.';

/** Transforms of Kafka Connect that make no sense on items, and what to do without them. */
const elsewhere: Readonly<Record<string, string>> = {
  DropHeaders: headerRemedy,
  ExtractField$Value: mapRemedy,
  HeaderFrom$Value: headerRemedy,
  HoistField$Value: mapRemedy,
  InsertHeader: headerRemedy,
  RegexRouter: 'Rename tables in target.tables.',
  SetSchemaMetadata$Value: 'Remove it: items have no schema.',
  TimestampConverter$Value: 'Remove it; Cast$Value makes numbers of texts and the other way round.',
  TimestampRouter: 'Rename tables in target.tables.',
  ValueToKey: keyRemedy,
};

/** What to do without a transform that Kafka Connect has and this list has not; null: Kafka Connect has none of this name. */
export function remedyWithout(type: string): string | null {
  const name = type.startsWith(PACKAGE) ? type.slice(PACKAGE.length) : type;
  if (Object.hasOwn(elsewhere, name)) return elsewhere[name] ?? null;
  const ofKey = name.replace(/\$Key$/, '$Value');
  const isOfConnect = transformOf(ofKey) !== null || Object.hasOwn(elsewhere, ofKey);
  return name.endsWith('$Key') && isOfConnect ? keyRemedy : null;
}
