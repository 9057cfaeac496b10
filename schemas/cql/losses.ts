import { pathText } from '../attribute-path.ts';
import type { KeySchema } from '../values.ts';
import { isFaithful, type MappedColumn, nativesOf } from './mapped-column.ts';
import type { MappingDocument } from './mapping-schema.ts';
import { typeText } from './parse-type.ts';

/** What types do not keep of a value, though they hold it. */
const FORMS: Readonly<Record<string, string>> = {
  uuid: 'the letter case of a uuid',
  timeuuid: 'the letter case of a uuid',
  inet: 'how an address was written',
  time: 'how many digits a time was written with',
  timestamp: 'whether a time was a number or a text, nor the zone and digits of a text',
};

/** All that a mapping loses, or may lose, in sentences for people; a rule that names no loss here has none. */
export function lossesOf(
  document: MappingDocument,
  columns: readonly MappedColumn[],
  missing: KeySchema,
): readonly string[] {
  return [
    ...columns.flatMap(columnLosses),
    ...sameButCase([...columns.map(({ name }) => name), ...leftoversName(document)]),
    ...leftoversLosses(document),
    ...missing.map(
      ({ name }) =>
        `The key leaves the key attribute "${name}" out: two items with equal keys become one row, which verify finds.`,
    ),
    ...expiryLosses(document),
  ];
}

function columnLosses(column: MappedColumn): string[] {
  const { name, type, rules, onMismatch, role, path, care } = column;
  const losses: string[] = [];
  const label = `Column "${name}" (${typeText(type)})`;
  const natives = new Set(nativesOf(type));
  if (rules.lossy) losses.push(`${label} rounds numbers that it does not hold exactly.`);
  if (care !== 'exact' && !isFaithful(column)) {
    const forms = new Set([...natives].flatMap((native) => FORMS[native] ?? []));
    for (const form of forms) losses.push(`${label} does not keep ${form}.`);
  }
  if (role === 'regular' && onMismatch === 'null')
    losses.push(`${label} is null where "${pathText(path)}" does not fit, as if the item did not have it.`);
  return losses;
}

const leftoversName = ({ leftovers }: MappingDocument) =>
  typeof leftovers === 'object' ? [leftovers.column] : [];

function sameButCase(names: readonly string[]): string[] {
  const first = new Map<string, string>();
  return names.flatMap((name) => {
    const lower = name.toLowerCase();
    const other = first.get(lower);
    if (other === undefined) first.set(lower, name);
    return other === undefined
      ? []
      : [
          `Columns "${other}" and "${name}" differ by letter case only: they must be quoted wherever they are named.`,
        ];
  });
}

function leftoversLosses({ leftovers }: MappingDocument): string[] {
  if (leftovers === 'drop') return ['Attributes that no column holds are dropped; they are counted.'];
  if (leftovers === 'dead-letter')
    return ['An item with an attribute that no column holds is set aside as a whole.'];
  return [];
}

function expiryLosses({ ttl }: MappingDocument): string[] {
  if (ttl === undefined) return [];
  const past = ttl.expired === 'delete' ? 'is deleted' : 'is written without TTL';
  return [
    `Rows expire by "${ttl.attribute}" (${ttl.unit}); an item without a number above 0 there never does, and one whose time has passed ${past}.`,
  ];
}
