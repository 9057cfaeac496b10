import { parseCqlType, TypeSyntaxError, typeText, type UdtType } from '../../schemas/cql/parse-type.ts';
import type { CqlColumn, CqlTable } from '../../schemas/cql/table-mapping.ts';
import type { UdtField } from '../../schemas/cql/type.ts';
import { usedTypes } from '../../schemas/cql/user-types.ts';
import type { FoundColumn, FoundTable } from './found-table.ts';

type Types = ReadonlyMap<string, UdtType>;

/**
 * Why a table that exists is not the one that the mapping makes, as sentences; none: it is. Columns that only the table has
 * do not matter: they are never touched.
 */
export function differencesOf(wanted: CqlTable, found: FoundTable, types: Types): string[] {
  return [
    ...keyDifferences('partition key', wanted.partitionKey, found.partitionKey, types),
    ...keyDifferences('clustering key', wanted.clusteringKey, found.clusteringKey, types),
    ...columnDifferences(wanted.columns, found, types),
    ...(found.defaultTtlSeconds > 0
      ? [`default_time_to_live is ${found.defaultTtlSeconds}: rows would vanish; it must be 0`]
      : []),
  ];
}

/** Why user-defined types that exist are not those of the mapping; types that are missing can be created. */
export function typeDifferencesOf(wanted: CqlTable, types: Types): string[] {
  return wanted.types.flatMap((type) => {
    const found = types.get(type.name);
    const [should, is] = [fieldsText(type.fields), found === undefined ? null : fieldsText(found.fields)];
    return is === null || is === should
      ? []
      : [`type "${type.name}" has the fields ${is}, the mapping ${should}`];
  });
}

/** Names of the mapping's types that cannot stay as they are: those that differ, and those that use one; users are the first. */
export function outdatedTypes(wanted: CqlTable, types: Types): string[] {
  const known = new Map(
    wanted.types.map((type) => [type.name, { kind: 'udt', frozen: false, ...type } as const]),
  );
  const outdated: string[] = [];
  for (const type of wanted.types) {
    const uses = usedTypes(
      type.fields.map((field) => field.type),
      known,
    );
    const isOutdated =
      uses.some(({ name }) => outdated.includes(name)) ||
      typeDifferencesOf({ ...wanted, types: [type] }, types).length > 0;
    if (isOutdated) outdated.unshift(type.name);
  }
  return outdated;
}

function keyDifferences(
  part: string,
  wanted: readonly CqlColumn[],
  found: readonly FoundColumn[],
  types: Types,
): string[] {
  const should = keyText(wanted.map(({ name, type }) => ({ name, type: typeText(type) })));
  const is = keyText(found.map(({ name, type }) => ({ name, type: canonicalType(type, types) })));
  return should === is ? [] : [`its ${part} is ${is}, that of the mapping ${should}`];
}

function columnDifferences(wanted: readonly CqlColumn[], found: FoundTable, types: Types): string[] {
  const keys = [...found.partitionKey, ...found.clusteringKey];
  return wanted.flatMap(({ name, type }) => {
    if (found.statics.includes(name)) return [`column "${name}" is static: all rows of a partition share it`];
    if (keys.some((column) => column.name === name)) return [`column "${name}" belongs to its key`];
    const column = found.columns.find((each) => each.name === name);
    if (column === undefined) return [`column "${name}" (${typeText(type)}) is missing`];
    const is = canonicalType(column.type, types);
    return is === typeText(type) ? [] : [`column "${name}" is ${is}, the mapping makes it ${typeText(type)}`];
  });
}

/** A type that no attribute becomes stays as the server prints it. */
function canonicalType(text: string, types: Types): string {
  try {
    return typeText(parseCqlType(text, types));
  } catch (error) {
    if (error instanceof TypeSyntaxError) return text;
    throw error;
  }
}

function keyText(columns: readonly FoundColumn[]): string {
  return columns.length === 0
    ? 'empty'
    : `(${columns.map(({ name, type }) => `"${name}" ${type}`).join(', ')})`;
}

function fieldsText(fields: readonly UdtField[]): string {
  return `(${fields.map(({ name, type }) => `"${name}" ${typeText(type)}`).join(', ')})`;
}
