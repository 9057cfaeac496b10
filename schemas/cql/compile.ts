import type { KeySchema } from '../values.ts';
import { codecOf } from './codec-of.ts';
import { CompiledMapping } from './compiled-mapping.ts';
import { defaultDocument, defaultRefusal } from './default-layout.ts';
import { type DraftColumn, draftColumns } from './draft-columns.ts';
import { expiryOf } from './expiry-rules.ts';
import { TABLE_NAME } from './identifiers.ts';
import { checkLeftovers } from './leftovers-rules.ts';
import { lossesOf } from './losses.ts';
import { isFaithful, type MappedColumn } from './mapped-column.ts';
import { mappingFingerprint } from './mapping-fingerprint.ts';
import { type MappingKey, mappingKey } from './mapping-key.ts';
import { MappingError, MappingProblems } from './mapping-problem.ts';
import type { MappingDocument } from './mapping-schema.ts';
import type { TableMapping } from './table-mapping.ts';
import { optionsProblem } from './table-options.ts';
import { usedTypes, userTypes } from './user-types.ts';

/** What a mapping must know of the table that it maps. */
export interface MappedTable {
  readonly table: string;
  readonly keySchema: KeySchema;
}

/**
 * What becomes of a source table in CQL, ready for use.
 *
 * @param document null: the default layout, which loses nothing
 * @throws MappingError with all that is wrong
 */
export function compileMapping(document: MappingDocument | null, facts: MappedTable): TableMapping {
  if (document !== null) return compileDocument(document, facts);
  const { table, keySchema } = facts;
  const message = defaultRefusal(table, keySchema);
  if (message === null) return compileDocument(defaultDocument(table), facts);
  throw new MappingError(table, [
    { path: [], message, remedy: 'Say in a mapping file what the table becomes.' },
  ]);
}

function compileDocument(document: MappingDocument, { table, keySchema }: MappedTable): TableMapping {
  const problems = new MappingProblems();
  const types = userTypes(document.types, problems);
  const drafts = draftColumns(document, types, problems);
  const key = mappingKey(document, drafts, keySchema, problems);
  const leftovers = checkLeftovers(document, key.columns, problems);
  checkTable(document, problems);
  const columns = mappedColumns(key, typeof leftovers === 'object', problems);
  const leftoversIndex = typeof leftovers === 'object' ? columns.length : null;
  const expiry = expiryOf(document, columns, leftoversIndex, problems);
  if (problems.found.length > 0) throw new MappingError(table, problems.found);
  const inKey = (name: string) =>
    columns.some(({ role, path }) => role !== 'regular' && path.length === 1 && path[0] === name);
  return new CompiledMapping({
    name: document.into.table ?? document.table,
    options: document.into.options ?? null,
    types: usedTypes(
      columns.map(({ type }) => type),
      types,
    ),
    columns,
    leftovers,
    keySchema,
    holders: key.holders.map((holder) => columns.findIndex(({ name }) => name === holder?.name)),
    rekeyed: key.rekeyed,
    expiry,
    expired: document.ttl?.expired ?? 'keep',
    fingerprint: mappingFingerprint({ columns, leftovers: document.leftovers, ttl: document.ttl }),
    losses: lossesOf(
      document,
      columns,
      keySchema.filter(({ name }) => !inKey(name)),
    ),
  });
}

function checkTable({ table, into }: MappingDocument, problems: MappingProblems): void {
  if (into.table === undefined && !TABLE_NAME.test(table)) {
    const message = `is "${table}", which a CQL table cannot be called (a-z A-Z 0-9 _, 192 at most)`;
    problems.add(['table'], message, 'Give the CQL table another name with into.table.');
  }
  const problem = into.options === undefined ? null : optionsProblem(into.options);
  if (problem !== null) problems.add(['into', 'options'], problem.message, problem.remedy);
}

/** The columns in the order of the statements: partition key, clustering key, the others as the file lists them. */
function mappedColumns(
  { partition, clustering, columns, holders }: MappingKey,
  hasLeftovers: boolean,
  problems: MappingProblems,
): MappedColumn[] {
  const inKey = new Set([...partition, ...clustering]);
  const mapped = (role: MappedColumn['role']) => (draft: DraftColumn) => {
    const { name, type, path, rules, at } = draft;
    if (draft.onMismatch === 'leftovers' && !hasLeftovers && role === 'regular') {
      const remedy = 'Add a leftovers column, or make it null or dead-letter.';
      problems.add([...at, 'onMismatch'], 'is leftovers, but there is no leftovers column', remedy);
    }
    const fallback = hasLeftovers ? ('leftovers' as const) : ('dead-letter' as const);
    const onMismatch = role === 'regular' ? (draft.onMismatch ?? fallback) : ('dead-letter' as const);
    const asked: MappedColumn['care'] = holders.includes(draft)
      ? 'exact'
      : role === 'regular'
        ? 'any'
        : 'canonical';
    const care = isFaithful(draft) ? 'any' : asked;
    return { name, type, path, rules, codec: codecOf(type, rules), onMismatch, role, care };
  };
  return [
    ...partition.map(mapped('partition')),
    ...clustering.map(mapped('clustering')),
    ...columns.filter((column) => !inKey.has(column)).map(mapped('regular')),
  ];
}
