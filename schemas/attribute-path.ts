import { NESTING_MAX } from './attribute-types.ts';

/** Where a value stands in an item: names of attributes and of members of maps, and indexes into lists from 0. */
export type AttributePath = readonly [string, ...(string | number)[]];

/** A text that is no path; the message is a clause that follows what holds it. */
export class PathSyntaxError extends Error {
  override readonly name = 'PathSyntaxError';
}

const QUOTED = /`((?:[^`\\]|\\.)*)`/sy;
const BARE = /[^.[\]`]+/y;
const INDEX = /\[(0|[1-9]\d{0,5})\]/y;

/**
 * Reads `Awards.Year` or `Tags[0]`: dots lead into maps, `[n]` into lists.
 *
 * A name that holds a dot, a bracket, a comma, a colon or blanks at its ends stands in backticks, as in Kafka Connect (KIP-821);
 * inside them a backslash keeps the character behind it as it is.
 *
 * @throws PathSyntaxError
 */
export function parsePath(text: string): AttributePath {
  const steps: (string | number)[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) at = pattern.lastIndex;
    return found;
  };
  const readName = () => {
    const quoted = text[at] === '`';
    const found = match(quoted ? QUOTED : BARE);
    if (found === null && quoted) throw new PathSyntaxError('has a backtick without its end');
    const name = quoted ? unescaped(found?.[1] ?? '') : (found?.[0] ?? '');
    if (name === '') throw new PathSyntaxError('holds an empty name');
    steps.push(name);
  };
  readName();
  while (at < text.length) {
    const index = match(INDEX);
    if (index !== null) steps.push(Number(index[1]));
    else if (text[at] === '[') throw new PathSyntaxError('has no index between its brackets');
    else if (text[at] !== '.')
      throw new PathSyntaxError('has something behind a name that is neither . nor [');
    else {
      at++;
      readName();
    }
  }
  // The last step names a value inside as many maps and lists as there are steps before it.
  if (steps.length > NESTING_MAX + 1) throw new PathSyntaxError('goes deeper than an item can');
  return steps as [string, ...(string | number)[]];
}

const unescaped = (text: string) => text.replace(/\\(.)/gs, '$1');

/** The one text of a path: {@link parsePath} reads it back. */
export function pathText(path: AttributePath): string {
  return path
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : `${i === 0 ? '' : '.'}${nameText(step)}`))
    .join('');
}

function nameText(name: string): string {
  const isBare = /^[^.[\]`,:\\]+$/.test(name) && name === name.trim();
  return isBare ? name : `\`${name.replace(/[`\\]/g, '\\$&')}\``;
}
