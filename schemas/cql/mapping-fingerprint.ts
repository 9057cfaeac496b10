import { createHash } from 'node:crypto';
import type { MappedColumn } from './mapped-column.ts';
import type { MappingDocument } from './mapping-schema.ts';

/** Whatever decides which row an item becomes. */
export interface RowRules {
  readonly columns: readonly MappedColumn[];
  readonly leftovers: MappingDocument['leftovers'];
  readonly ttl: MappingDocument['ttl'];
}

/** A digest of what shapes the rows: equal for documents that say the same in other words, or in another order. */
export function mappingFingerprint({ columns, leftovers, ttl }: RowRules): string {
  const described = columns.map(({ name, type, path, rules, onMismatch, role }) => ({
    name,
    type,
    path,
    rules,
    onMismatch,
    role,
  }));
  const inKey = described.filter(({ role }) => role !== 'regular');
  const others = described.filter(({ role }) => role === 'regular');
  others.sort((a, b) => (a.name < b.name ? -1 : 1));
  const rules = { columns: [...inKey, ...others], leftovers: leftoversOf(leftovers), ttl: ttl ?? null };
  return createHash('sha256').update(canonicalJson(rules)).digest('hex');
}

/** Its type is always the same, however it was written. */
const leftoversOf = (leftovers: MappingDocument['leftovers']) =>
  typeof leftovers === 'object' ? { column: leftovers.column } : (leftovers ?? null);

/** JSON with the members of objects in one order. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join()}}`;
}
