import { pathOf } from './draft-columns.ts';
import { Expiry } from './expiry.ts';
import { type MappedColumn, nativesOf } from './mapped-column.ts';
import type { MappingProblems } from './mapping-problem.ts';
import type { MappingDocument } from './mapping-schema.ts';

const NUMBERS = new Set([
  'bigint',
  'decimal',
  'double',
  'float',
  'int',
  'smallint',
  'timestamp',
  'tinyint',
  'varint',
]);

/**
 * When rows expire; null: never, or the document is wrong there, which is added to the problems.
 *
 * @param leftovers index of that column; null: there is none
 */
export function expiryOf(
  { ttl }: MappingDocument,
  columns: readonly MappedColumn[],
  leftovers: number | null,
  problems: MappingProblems,
): Expiry | null {
  if (ttl === undefined) return null;
  const path = pathOf(ttl.attribute, ['ttl', 'attribute'], problems);
  if (path === null) return null;
  const holders = columns.filter((column) => column.path.every((step, i) => step === path[i]));
  const holdsNumbers = ({ rules, type }: MappedColumn) =>
    rules.json || nativesOf(type).some((native) => NUMBERS.has(native));
  if (leftovers === null && !holders.some(holdsNumbers)) {
    const held = holders.length === 0 ? 'no column holds' : 'no column holds as a number';
    const message = `is "${ttl.attribute}", which ${held}: a row that is read back would not tell when it expires`;
    problems.add(
      ['ttl', 'attribute'],
      message,
      'Add a column for it, of type bigint or timestamp, or a leftovers column.',
    );
  }
  for (const { name, type, rules } of holders) {
    if (type.kind !== 'native' || type.name !== 'timestamp' || rules.unit === ttl.unit) continue;
    const message = `is ${ttl.unit}, but the column "${name}" counts the same numbers in ${rules.unit}`;
    problems.add(['ttl', 'unit'], message, 'Give both the same unit.');
  }
  return new Expiry(path, ttl.unit, columns, leftovers);
}
