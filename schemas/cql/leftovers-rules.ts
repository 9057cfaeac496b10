import type { DraftColumn } from './draft-columns.ts';
import { leftoversType } from './leftovers.ts';
import type { MappingProblems } from './mapping-problem.ts';
import { LEFTOVERS_TYPE, type MappingDocument } from './mapping-schema.ts';
import { typeText } from './parse-type.ts';
import { typeOf } from './user-types.ts';

type Leftovers = { readonly column: string } | 'drop' | 'dead-letter';

/** Where attributes go that no column holds. What is wrong about it is added to the problems. */
export function checkLeftovers(
  { leftovers }: MappingDocument,
  columns: readonly DraftColumn[],
  problems: MappingProblems,
): Leftovers {
  if (typeof leftovers === 'string') return leftovers;
  const { column } = leftovers;
  if (columns.some(({ name }) => name === column)) {
    const message = `is "${column}", as another column`;
    problems.add(['leftovers', 'column'], message, 'Give the leftovers column a name of its own.');
  }
  const type = typeOf(leftovers.type, new Map(), ['leftovers', 'type'], problems);
  if (type === null || typeText(type) === typeText(leftoversType)) return leftovers;
  const isThawed = typeText(type) === 'map<text, text>';
  const why = isThawed ? ': an empty map that is not frozen is null, and would not be told from none' : '';
  const message = `is ${typeText(type)}, not ${LEFTOVERS_TYPE}${why}`;
  problems.add(['leftovers', 'type'], message, `Write ${LEFTOVERS_TYPE}.`);
  return leftovers;
}
