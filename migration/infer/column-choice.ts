import { pathText } from '../../schemas/attribute-path.ts';
import type { TypeTag } from '../../schemas/attribute-types.ts';
import type { AttributeTally } from './attribute-tally.ts';

/** Where the values of an attribute go, and what a person should know of it. Notes are sentences, without a value. */
export type Choice =
  | {
      readonly column: true;
      readonly type: string;
      /** Some values that were seen do not fit: they go to the leftovers column. */
      readonly conflict: boolean;
      readonly notes: readonly string[];
    }
  | { readonly column: false; readonly why: string; readonly notes: readonly string[] };

/** One type must have this share of the values that are not NULL, for the attribute to have a column of it. */
const MAJORITY = 0.8;

/** The narrowest safe CQL type for an attribute, or why it has none. */
export function choiceOf(name: string, tally: AttributeTally): Choice {
  const typed = tally.types().filter(([tag]) => tag !== 'NULL');
  const [main] = typed;
  if (main === undefined) return { column: false, why: 'no column type holds NULL', notes: [] };
  const [tag, count] = main;
  const all = typed.reduce((sum, [, one]) => sum + one, 0);
  if (count < all * MAJORITY) return { column: false, why: 'its types differ', notes: [] };
  const type = typeOf(tag, tally);
  const notes = notesOf(name, tag, tally);
  if (type === null) return { column: false, why: whyNone(tag, tally), notes };
  const others = tally.types().filter(([other]) => other !== tag);
  const conflict = others.length > 0;
  return { column: true, type, conflict, notes: conflict ? [conflictNote(others), ...notes] : notes };
}

function typeOf(tag: TypeTag, tally: AttributeTally): string | null {
  const { numbers, setNumbers, elements, members } = tally;
  switch (tag) {
    case 'S':
      return 'text';
    case 'N':
      return numbers.type;
    case 'B':
      return 'blob';
    case 'BOOL':
      return 'boolean';
    case 'SS':
      return 'frozen<set<text>>';
    case 'NS':
      return `frozen<set<${setNumbers.type}>>`;
    case 'BS':
      return 'frozen<set<blob>>';
    case 'L':
      return elements.scalarType && `frozen<list<${elements.scalarType}>>`;
    case 'M':
      return members.values.scalarType && `frozen<map<text, ${members.values.scalarType}>>`;
    case 'NULL':
      return null;
  }
}

function whyNone(tag: TypeTag, { elements, members }: AttributeTally): string {
  const [what, { counts }] = tag === 'L' ? ['elements', elements] : ['members', members.values];
  if (counts.size === 0) return `nothing was seen in it that tells the type of its ${what}`;
  const kinds = [...counts.keys()].sort().join(', ');
  return counts.size === 1 ? `its ${what} are ${kinds}` : `its ${what} differ in type: ${kinds}`;
}

const conflictNote = (others: readonly (readonly [TypeTag, number])[]) =>
  `Conflict: ${others.map(([tag, count]) => `${count} ${tag}`).join(', ')}, kept in the leftovers column.`;

/** What a person may change a proposal to. */
function notesOf(name: string, tag: TypeTag, { numbers, texts, members }: AttributeTally): string[] {
  const notes: string[] = [];
  if (tag === 'N' && numbers.type === 'bigint') {
    const { epochUnit } = numbers;
    if (epochUnit !== null) notes.push(`All N look like times: timestamp with unit: ${epochUnit} would do.`);
    else if (numbers.allInts) notes.push('All N fit int; bigint leaves room to grow.');
  }
  if (tag === 'S' && texts.candidate !== null) {
    notes.push(`All S are ${textForm(texts.candidate)}: type ${texts.candidate} would do; it keeps no form.`);
  }
  if (tag === 'M') {
    const stable = members.stable().map((one) => `${nameText(pathText([name, one.name]))} ${one.type}`);
    if (stable.length > 0) notes.push(`Members that could be columns by paths: ${listed(stable, 8)}.`);
  }
  return notes;
}

const textForm = (candidate: string) => (candidate === 'timestamp' ? 'ISO timestamps' : `${candidate} texts`);

/** The first of a list, and how many more there are. */
function listed(texts: readonly string[], most: number): string {
  const more = texts.length - most;
  return texts.slice(0, most).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

const NAME_CHARS_MAX = 60;

/** A name as a comment can hold it, in one line; quoted where it is more than a word. */
export function nameText(name: string): string {
  const short = name.length > NAME_CHARS_MAX ? `${name.slice(0, NAME_CHARS_MAX)}…` : name;
  return /^[\w.-]+$/.test(short) ? short : JSON.stringify(short);
}
