import { PathSyntaxError } from '../../schemas/attribute-path.ts';

/** Letters of Java's SimpleDateFormat that are known here, each with what it stands for. */
const LETTERS = {
  y: 'year',
  M: 'month',
  d: 'day of the month',
  H: 'hour, 0 to 23',
  h: 'hour, 1 to 12',
  m: 'minute',
  s: 'second',
  S: 'millisecond',
  a: 'AM or PM',
  E: 'day of the week',
  z: 'zone by its name',
  Z: 'zone as +0100',
  X: 'zone as +01, +0100 or +01:00',
} as const;

export type DateLetter = keyof typeof LETTERS;

/** A field of a date as often as its letter stands there, or text that stands for itself. */
export type DatePart =
  | { readonly letter: DateLetter; readonly count: number }
  | { readonly letter: null; readonly text: string };

const isKnown = (letter: string): letter is DateLetter => Object.hasOwn(LETTERS, letter);

/**
 * Reads a pattern such as `yyyy-MM-dd'T'HH:mm:ss.SSSXXX` (Java: java.text.SimpleDateFormat).
 *
 * Text stands in single quotes, two of them are one; what is no letter needs none.
 *
 * @throws PathSyntaxError for letters that are not known here: weeks, eras, and years of two digits, which mean another time
 *   every year
 */
export function readDatePattern(pattern: string): readonly DatePart[] {
  const parts: DatePart[] = [];
  for (const [token] of pattern.matchAll(/''|'(?:[^']|'')+'|'|([A-Za-z])\1*|[^A-Za-z']+|'/g)) {
    if (token === "'") throw new PathSyntaxError('has a quote without its end');
    if (/^[A-Za-z]/.test(token)) parts.push(fieldOf(token));
    else parts.push({ letter: null, text: textOf(token) });
  }
  if (!parts.some(({ letter }) => letter !== null)) throw new PathSyntaxError('holds no field of a date');
  return parts;
}

const textOf = (token: string) =>
  token === "''" ? "'" : token.startsWith("'") ? token.slice(1, -1).replaceAll("''", "'") : token;

function fieldOf(token: string): DatePart {
  const [letter = ''] = token;
  const count = token.length;
  if (!isKnown(letter)) {
    throw new PathSyntaxError(
      `holds the letter ${letter}, which is none of ${Object.keys(LETTERS).join(' ')}`,
    );
  }
  if (letter === 'y' && count === 2) {
    throw new PathSyntaxError('has a year of two digits (yy), which means another one as time goes by');
  }
  if (letter === 'X' && count > 3) throw new PathSyntaxError('has more than three X');
  return { letter, count };
}
