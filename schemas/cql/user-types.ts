import type { MappingProblems } from './mapping-problem.ts';
import type { MappingDocument } from './mapping-schema.ts';
import { parseCqlType, TypeSyntaxError, typeText, type UdtType } from './parse-type.ts';
import type { CqlType, UdtField } from './type.ts';

/** The user-defined types of a mapping by name, each behind those it uses itself. */
export function userTypes(
  types: MappingDocument['types'],
  problems: MappingProblems,
): ReadonlyMap<string, UdtType> {
  const known = new Map<string, UdtType>();
  let left = Object.keys(types);
  // Each round resolves what uses only types of the rounds before it.
  for (let before = -1; left.length > 0 && left.length !== before; ) {
    before = left.length;
    left = left.filter((name) => {
      const type = userType(name, types[name]!, known, null);
      if (type !== null) known.set(name, type);
      return type === null;
    });
  }
  for (const name of left) userType(name, types[name]!, known, problems);
  return known;
}

/** @param problems null: what is wrong is not told yet */
function userType(
  name: string,
  written: Readonly<Record<string, string>>,
  known: ReadonlyMap<string, UdtType>,
  problems: MappingProblems | null,
): UdtType | null {
  const fields: UdtField[] = [];
  for (const [field, text] of Object.entries(written)) {
    const type = typeOf(text, known, ['types', name, field], problems);
    if (type === null) continue;
    if (type.kind === 'native' || type.kind === 'tuple' || type.frozen) fields.push({ name: field, type });
    else {
      const message = `is ${typeText(type)}, which must be frozen in a user-defined type`;
      problems?.add(['types', name, field], message, `Write frozen<${typeText(type)}>.`);
    }
  }
  if (Object.keys(written).length === 0)
    problems?.add(['types', name], 'has no fields', 'Name at least one, or remove the type.');
  const isWhole = fields.length > 0 && fields.length === Object.keys(written).length;
  return isWhole ? { kind: 'udt', frozen: false, name, fields } : null;
}

/** A type as the file has it; null: it is none, which is added to the problems. */
export function typeOf(
  text: string,
  known: ReadonlyMap<string, UdtType>,
  path: readonly (string | number)[],
  problems: MappingProblems | null,
): CqlType | null {
  try {
    return parseCqlType(text, known);
  } catch (error) {
    if (!(error instanceof TypeSyntaxError)) throw error;
    problems?.add(path, error.message, 'Give a CQL type that an attribute can become.');
    return null;
  }
}

/** The user-defined types that some types use, each behind those it uses itself. */
export function usedTypes(
  types: readonly CqlType[],
  known: ReadonlyMap<string, UdtType>,
): { readonly name: string; readonly fields: readonly UdtField[] }[] {
  const used = new Set<string>();
  const visit = (type: CqlType): void => {
    if (type.kind === 'list' || type.kind === 'set') visit(type.element);
    else if (type.kind === 'map') [type.key, type.value].forEach(visit);
    else if (type.kind === 'tuple') type.elements.forEach(visit);
    else if (type.kind === 'udt') {
      used.add(type.name);
      for (const field of type.fields) visit(field.type);
    }
  };
  types.forEach(visit);
  return [...known.values()]
    .filter(({ name }) => used.has(name))
    .map(({ name, fields }) => ({ name, fields }));
}
