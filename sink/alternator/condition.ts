import { attributeDifferences } from '../../schemas/digest.ts';
import { Item } from '../../schemas/item.ts';
import type { AttributeValue, KeySchema } from '../../schemas/values.ts';

/** The condition of a write, as the members of a request that carry it. */
export interface Condition {
  readonly expression: string;
  /** By placeholder. */
  readonly names: Readonly<Record<string, string>>;
  /** DynamoDB JSON, by placeholder; null: the expression has none. */
  readonly values: string | null;
}

/**
 * Attributes that are compared: an expression has 4096 characters at most (DynamoDB service quotas; ScyllaDB
 * `test_limits.py`) and, on DynamoDB, 300 operators and functions.
 */
const TERMS_MAX = 100;

/**
 * That a row is still what was seen of it.
 *
 * Every attribute has its value, and those that the row should have besides do not exist: a newer image would have them.
 * What no expression can say (that there is nothing else; more attributes than fit) is left to the look that follows each
 * write (rule C12). Attributes that ought to change come first: in them another write shows most likely.
 *
 * @param loosely of maps, lists and sets only that they exist: Alternator compares what is inside by its text
 */
export function conditionOf(
  seen: Item | null,
  wanted: Item | null,
  keySchema: KeySchema,
  loosely: boolean,
): Condition {
  const keys = keySchema.map(({ name }) => name);
  const names: Record<string, string> = { '#k': keys[0]! };
  if (seen === null) return { expression: 'attribute_not_exists(#k)', names, values: null };
  const terms: string[] = ['attribute_exists(#k)'];
  const values = new Map<string, AttributeValue>();
  for (const name of comparedNames(seen, wanted, keys)) {
    const place = terms.length;
    names[`#${place}`] = name;
    const value = seen.attributes.get(name);
    if (value === undefined) terms.push(`attribute_not_exists(#${place})`);
    else if (loosely && isCollection(value)) terms.push(`attribute_exists(#${place})`);
    else {
      terms.push(`#${place} = :${place}`);
      values.set(`:${place}`, value);
    }
  }
  return {
    expression: terms.join(' AND '),
    names,
    values: values.size === 0 ? null : Item.fromAttributes(values).json.toString(),
  };
}

function comparedNames(seen: Item, wanted: Item | null, keys: readonly string[]): string[] {
  const differing = wanted === null ? [] : attributeDifferences(seen.avro, wanted.avro);
  const names = new Set([...differing, ...seen.attributes.keys()]);
  for (const key of keys) names.delete(key);
  return [...names].slice(0, TERMS_MAX - 1);
}

function isCollection(value: AttributeValue): boolean {
  return 'M' in value || 'L' in value || 'SS' in value || 'NS' in value || 'BS' in value;
}
