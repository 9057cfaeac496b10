import { closest, distance } from 'fastest-levenshtein';
import type { NativeTypeName } from './type.ts';

const NATIVES: readonly NativeTypeName[] = [
  'ascii',
  'bigint',
  'blob',
  'boolean',
  'date',
  'decimal',
  'double',
  'float',
  'inet',
  'int',
  'smallint',
  'text',
  'time',
  'timestamp',
  'timeuuid',
  'tinyint',
  'uuid',
  'varint',
];
const GENERICS = ['list', 'set', 'map', 'tuple', 'frozen'];

const REFUSED: ReadonlyMap<string, string> = new Map([
  ['counter', 'a counter can only be added to, never set'],
  ['duration', 'no attribute is a duration of months, days and nanoseconds'],
  ['vector', 'not every server has it; frozen<list<float>> holds the same numbers'],
]);

/** Words of DynamoDB and of other databases. */
const MEANT: ReadonlyMap<string, string> = new Map([
  ['string', 'text'],
  ['char', 'text'],
  ['number', 'decimal'],
  ['numeric', 'decimal'],
  ['integer', 'int'],
  ['long', 'bigint'],
  ['short', 'smallint'],
  ['byte', 'tinyint'],
  ['real', 'float'],
  ['bool', 'boolean'],
  ['binary', 'blob'],
  ['bytes', 'blob'],
  ['datetime', 'timestamp'],
  ['array', 'list'],
]);

/** Two letters that changed places count as two. */
const DISTANCE_MAX = 2;

/** The type of a name in small letters, or null. */
export function nativeName(name: string): NativeTypeName | null {
  return name === 'varchar' ? 'text' : (NATIVES.find((known) => known === name) ?? null);
}

/** Why a type that CQL has cannot be used; null: it is none of those. */
export function refusal(name: string): string | null {
  return REFUSED.get(name) ?? null;
}

/**
 * What to do about a name that is no type.
 *
 * @param name in small letters, or as it stands between quotes
 * @param udts names of the user-defined types there are
 */
export function remedyFor(name: string, isQuoted: boolean, udts: readonly string[]): string {
  const capitals = udts.find((known) => known.toLowerCase() === name);
  if (capitals !== undefined && !isQuoted) return `a name with capitals is quoted: "${capitals}"`;
  const known = isQuoted ? udts : [...NATIVES, 'varchar', ...GENERICS, ...udts];
  const close = known.length === 0 ? undefined : closest(name, known);
  const near = close !== undefined && distance(name, close) <= DISTANCE_MAX ? close : undefined;
  const meant = isQuoted ? near : (MEANT.get(name) ?? near);
  return meant === undefined ? 'a user-defined type is declared under types:' : `did you mean "${meant}"?`;
}
