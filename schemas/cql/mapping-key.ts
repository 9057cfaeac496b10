import type { KeySchema } from '../values.ts';
import { canReverse } from './codec-of.ts';
import { type DraftColumn, keyColumn } from './draft-columns.ts';
import { MappingProblems } from './mapping-problem.ts';
import type { MappingDocument } from './mapping-schema.ts';
import { typeText } from './parse-type.ts';

/** The primary key of a mapping, and what it has to do with the key of the source. */
export interface MappingKey {
  readonly partition: readonly DraftColumn[];
  readonly clustering: readonly DraftColumn[];
  /** Its columns are not exactly the key attributes of the source. */
  readonly rekeyed: boolean;
  /** Of each key attribute of the source the column that gives it back; null: it stands in the leftovers. */
  readonly holders: readonly (DraftColumn | null)[];
  /** All columns: those that the file left out are the last. */
  readonly columns: readonly DraftColumn[];
}

/** Finds the key's columns, makes those of key attributes that the file left out, and checks that a row tells whose it is. */
export function mappingKey(
  document: MappingDocument,
  drafts: readonly DraftColumn[],
  keySchema: KeySchema,
  problems: MappingProblems,
): MappingKey {
  const columns = [...drafts];
  const { partition, clustering } =
    document.key === undefined
      ? sourceKey(columns, keySchema, problems)
      : namedKey(document, document.key, columns, keySchema, problems);
  const key = [...partition, ...clustering];
  for (const column of key) checkKeyColumn(column, keySchema, problems);
  checkPaths(columns, keySchema, problems);
  const missing = keySchema.filter(({ name }) => !key.some((column) => isOf(column, name)));
  const others = key.some((column) => !keySchema.some(({ name }) => isOf(column, name)));
  // A column of the key that is wrong has been told; what follows from its absence needs no telling.
  const named =
    document.key === undefined ? keySchema : [...document.key.partition, ...document.key.clustering];
  const told = named.length > key.length ? new MappingProblems() : problems;
  checkUnique(document, missing, told);
  const holdsLeftovers = typeof document.leftovers === 'object';
  const holders = keySchema.map((attribute) => {
    const inKey = key.find((column) => isOf(column, attribute.name));
    return inKey ?? otherHolder(attribute, columns, holdsLeftovers, told);
  });
  return { partition, clustering, rekeyed: others || missing.length > 0, holders, columns };
}

/** Whether a column holds an attribute as a whole. */
const isOf = ({ path }: DraftColumn, attribute: string) => path.length === 1 && path[0] === attribute;

const reverses = (column: DraftColumn, { type }: KeySchema[number]) =>
  !column.lossy && canReverse(column.type, column.rules, type);

function sourceKey(columns: DraftColumn[], keySchema: KeySchema, problems: MappingProblems) {
  const found = keySchema.flatMap((attribute) => {
    const candidates = columns.filter((column) => isOf(column, attribute.name));
    const known = candidates.find((column) => reverses(column, attribute)) ?? candidates[0];
    return known === undefined ? made(attribute, columns, problems) : [known];
  });
  return { partition: found.slice(0, 1), clustering: found.slice(1) };
}

function made(attribute: KeySchema[number], columns: DraftColumn[], problems: MappingProblems) {
  const column = keyColumn(attribute, columns, problems);
  if (column === null) return [];
  columns.push(column);
  return [column];
}

function namedKey(
  document: MappingDocument,
  key: NonNullable<MappingDocument['key']>,
  columns: DraftColumn[],
  keySchema: KeySchema,
  problems: MappingProblems,
) {
  const named = new Set<string>();
  const find = (part: 'partition' | 'clustering') =>
    key[part].flatMap((name, i): DraftColumn[] => {
      if (named.has(name)) {
        problems.add(['key', part, i], `names "${name}" again`, 'Name each column once in the key.');
        return [];
      }
      named.add(name);
      const column = columns.find((one) => one.name === name);
      if (column !== undefined) return [column];
      // One that is listed and wrong by itself has been told already.
      if (document.columns.some((one) => one.column === name)) return [];
      const attribute = keySchema.find((one) => one.name === name);
      if (attribute !== undefined) return made(attribute, columns, problems);
      const known = [...document.columns.map((one) => one.column), ...keySchema.map((one) => one.name)];
      const message = `names "${name}", which is no column`;
      problems.add(['key', part, i], message, `Columns are: ${[...new Set(known)].join(', ')}.`);
      return [];
    });
  return { partition: find('partition'), clustering: find('clustering') };
}

function checkKeyColumn(column: DraftColumn, keySchema: KeySchema, problems: MappingProblems): void {
  const { type, at, path } = column;
  const text = typeText(type);
  if (type.kind !== 'native' && type.kind !== 'tuple' && !type.frozen)
    problems.add(
      [...at, 'type'],
      `is ${text}, which no key column can be unless it is frozen`,
      `Write frozen<${text}>.`,
    );
  if (column.onMismatch !== null)
    problems.add(
      [...at, 'onMismatch'],
      'cannot be chosen for a column of the key: an item without a key is always set aside',
      'Remove it.',
    );
  if (column.lossy)
    problems.add(
      [...at, 'lossy'],
      'cannot be said of a column of the key: other items would get the same row',
      'Make the type decimal.',
    );
  const attribute = keySchema.find(({ name }) => path.length === 1 && name === path[0]);
  if (attribute !== undefined && !canReverse(type, column.rules, attribute.type))
    cannotHold(column, attribute, problems);
}

function cannotHold({ type, at }: DraftColumn, attribute: KeySchema[number], problems: MappingProblems) {
  const exact = { S: 'text', N: 'decimal', B: 'blob' }[attribute.type];
  const message = `is ${typeText(type)}, which cannot give the key attribute "${attribute.name}" (${attribute.type}) back`;
  problems.add([...at, 'type'], message, `Make it ${exact}.`);
}

function checkPaths(columns: readonly DraftColumn[], keySchema: KeySchema, problems: MappingProblems): void {
  for (const { path, at } of columns) {
    if (path.length === 1 || !keySchema.some(({ name }) => name === path[0])) continue;
    const message = `leads into the key attribute "${path[0]}", which has no parts`;
    problems.add([...at, 'attribute'], message, 'Name an attribute that is a map or a list.');
  }
}

function checkUnique({ key }: MappingDocument, missing: KeySchema, problems: MappingProblems): void {
  if (key === undefined) return;
  if (key.unique && missing.length === 0) {
    const message = 'is not needed: the key holds every key attribute of the source';
    problems.add(['key', 'unique'], message, 'Remove it.');
  }
  if (key.unique || missing.length === 0) return;
  const names = missing.map(({ name }) => `"${name}"`).join(' and ');
  const message = `leaves ${names} of the source's key out, so two items could get one row`;
  problems.add(
    ['key'],
    message,
    'Add it to clustering, or unique: true if no two items have the same values in this key.',
  );
}

/** What gives a key attribute of the source back that is not in the key. Null: the leftovers, or nothing, which is told. */
function otherHolder(
  attribute: KeySchema[number],
  columns: readonly DraftColumn[],
  holdsLeftovers: boolean,
  problems: MappingProblems,
): DraftColumn | null {
  const candidates = columns.filter((column) => isOf(column, attribute.name));
  const holder = candidates.find((column) => reverses(column, attribute));
  if (holder !== undefined) {
    if (holder.onMismatch !== 'null') return holder;
    const message = `is null, but the column tells whose row it is: "${attribute.name}" is a key attribute of the source`;
    problems.add([...holder.at, 'onMismatch'], message, 'Make it leftovers or dead-letter.');
    return holder;
  }
  if (candidates[0] !== undefined) cannotHold(candidates[0], attribute, problems);
  else if (!holdsLeftovers) {
    const message = `leaves "${attribute.name}" of the source's key in no column, so that nothing tells whose row it is`;
    problems.add(['key'], message, 'Add a column for it.');
  }
  return null;
}
