import { type AttributePath, PathSyntaxError, parsePath } from '../attribute-path.ts';
import type { KeySchema } from '../values.ts';
import { defaultRules } from './codec-of.ts';
import { KEY_TYPES } from './default-layout.ts';
import { nativesOf, type OnMismatch } from './mapped-column.ts';
import type { MappingProblems } from './mapping-problem.ts';
import type { MappingColumn, MappingDocument } from './mapping-schema.ts';
import { parseCqlType, typeText, type UdtType } from './parse-type.ts';
import type { CqlType } from './type.ts';
import { typeOf } from './user-types.ts';
import type { ValueRules } from './value-codec.ts';

/** A column as the file says, before its part in the key is known. */
export interface DraftColumn {
  readonly name: string;
  readonly type: CqlType;
  readonly path: AttributePath;
  readonly rules: ValueRules;
  readonly lossy: boolean;
  readonly onMismatch: OnMismatch | null;
  /** Where it stands in the file. */
  readonly at: readonly (string | number)[];
}

/** The columns that a document lists; those that are wrong by themselves are left out, and told. */
export function draftColumns(
  document: MappingDocument,
  types: ReadonlyMap<string, UdtType>,
  problems: MappingProblems,
): DraftColumn[] {
  const names = new Set<string>();
  return document.columns.flatMap((written, i) => {
    const at = ['columns', i];
    if (names.has(written.column)) {
      const message = `is "${written.column}", as that of a column before it`;
      problems.add([...at, 'column'], message, 'Give each column a name of its own.');
    }
    names.add(written.column);
    const type = typeOf(written.type, types, [...at, 'type'], problems);
    const path = pathOf(written.attribute, [...at, 'attribute'], problems);
    if (type === null || path === null) return [];
    checkRules(written, type, at, problems);
    const lossy = written.lossy ?? false;
    const unit = written.unit ?? defaultRules.unit;
    const rules = { unit, lossy, json: written.as === 'json' };
    return [{ name: written.column, type, path, rules, lossy, onMismatch: written.onMismatch ?? null, at }];
  });
}

/** A path as the file has it; null: it is none, which is added to the problems. */
export function pathOf(
  text: string,
  at: readonly (string | number)[],
  problems: MappingProblems,
): AttributePath | null {
  try {
    return parsePath(text);
  } catch (error) {
    if (!(error instanceof PathSyntaxError)) throw error;
    const remedy = 'Names with dots or brackets in them stand in backticks.';
    problems.add(at, error.message, remedy);
    return null;
  }
}

function checkRules(
  written: MappingColumn,
  type: CqlType,
  at: readonly (string | number)[],
  problems: MappingProblems,
): void {
  const natives = nativesOf(type);
  if (type.kind === 'list' && !type.frozen) refuseList(type, at, problems);
  if (written.unit !== undefined && !natives.includes('timestamp'))
    problems.add(
      [...at, 'unit'],
      'is for timestamps, and the column holds none',
      'Remove it, or change the type.',
    );
  if (written.lossy === true && !natives.includes('float') && !natives.includes('double'))
    problems.add(
      [...at, 'lossy'],
      'is for float and double, and the column holds none',
      'Remove it: other types hold a value exactly or not at all.',
    );
  if (written.as === 'json' && !(type.kind === 'native' && type.name === 'text'))
    problems.add([...at, 'as'], 'is for text columns, and this is none', 'Make the type text.');
}

/**
 * The elements of a list that is not frozen are cells that servers name by the time of execution (Cassandra Lists.Appender,
 * ScyllaDB cql3/lists.cc): the same write twice, at the same version, is the list twice over (rule C6).
 */
function refuseList(type: CqlType, at: readonly (string | number)[], problems: MappingProblems): void {
  const text = typeText(type);
  const message = `is ${text}, whose elements would come twice when a write is repeated`;
  problems.add([...at, 'type'], message, `Write frozen<${text}>.`);
}

/**
 * The column that holds a key attribute of the source where the file names none.
 *
 * @returns null where its name is another column's
 */
export function keyColumn(
  attribute: KeySchema[number],
  drafts: readonly DraftColumn[],
  problems: MappingProblems,
): DraftColumn | null {
  const { name, type } = attribute;
  const taken = drafts.find((draft) => draft.name === name);
  if (taken !== undefined) {
    const message = `is the name that the column of the key attribute "${name}" would have`;
    problems.add([...taken.at, 'column'], message, `Add a column for the attribute ${name}.`);
    return null;
  }
  return {
    name,
    type: parseCqlType(KEY_TYPES[type], new Map()),
    path: [name],
    rules: defaultRules,
    lossy: false,
    onMismatch: null,
    at: [],
  };
}
