import type { DateLetter, DatePart } from './date-pattern.ts';
import { HALVES, MONTHS, UTC_NAME, WEEKDAYS, YEAR_MAX, YEAR_MIN } from './date-words.ts';

/** The texts of a date's fields. */
type Fields = ReadonlyMap<DateLetter, string>;

/**
 * Reads times as a pattern writes them (Java: SimpleDateFormat.parse), in UTC where a text names no zone.
 *
 * Unlike Java's it is never lenient: the whole text has to match, and the 31st of a month has to be there.
 */
export class DateReader {
  readonly #letters: readonly DateLetter[];
  readonly #expression: RegExp;

  constructor(parts: readonly DatePart[]) {
    const fields = parts.filter((part) => part.letter !== null);
    this.#letters = fields.map(({ letter }) => letter);
    const sources = parts.map((part, i) => {
      if (part.letter === null) return part.text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
      return `(${fieldSource(part.letter, part.count, isNumber(parts[i + 1]))})`;
    });
    this.#expression = new RegExp(`^${sources.join('')}$`);
  }

  /** Milliseconds since 1970; null: the text is no such time, or none in the years 1583 to 9999. */
  read(text: string): number | null {
    const found = this.#expression.exec(text);
    if (found === null) return null;
    const fields = new Map(this.#letters.map((letter, i) => [letter, found[i + 1] ?? '']));
    return timeOf(fields);
  }
}

const isNumber = (part: DatePart | undefined) =>
  part !== undefined &&
  part.letter !== null &&
  ('ydHhmsS'.includes(part.letter) || (part.letter === 'M' && part.count < 3));

/** Digits of a number end where those of the next begin only if it says how many it has. */
function fieldSource(letter: DateLetter, count: number, numberFollows: boolean): string {
  const digits = numberFollows ? `\\d{${count}}` : '\\d{1,9}';
  switch (letter) {
    case 'M':
      return count < 3 ? digits : wordsSource(MONTHS);
    case 'E':
      return wordsSource(WEEKDAYS);
    case 'a':
      return HALVES.map(anyCase).join('|');
    case 'z':
    case 'Z':
      return `${anyCase(UTC_NAME)}|(?:${UTC})?[+-]\\d\\d?:?\\d\\d|${UTC}`;
    case 'X':
      return `Z|[+-]\\d\\d${['', '\\d\\d', ':\\d\\d'][count - 1] ?? ''}`;
    default:
      return digits;
  }
}

const wordsSource = (words: readonly string[]) =>
  words
    .flatMap((word) => [word, word.slice(0, 3)])
    .map(anyCase)
    .join('|');

/** Words are read in any case, all else as it stands in the pattern. */
function anyCase(word: string): string {
  return word.replace(/[a-z]/gi, (letter) => `[${letter.toUpperCase()}${letter.toLowerCase()}]`);
}

const UTC = anyCase('UTC|GMT');

function timeOf(fields: Fields): number | null {
  const number = (letter: DateLetter, missing: number) => Number(fields.get(letter) ?? missing);
  const [year, month, day] = [number('y', 1970), monthOf(fields), number('d', 1)];
  const [hour, minute, second, ms] = [hourOf(fields), number('m', 0), number('s', 0), number('S', 0)];
  const offset = offsetMinutesOf(fields);
  if (year < YEAR_MIN || year > YEAR_MAX || hour === null || offset === null) return null;
  if (minute > 59 || second > 59 || ms > 999) return null;
  const local = Date.UTC(year, month, day, hour, minute, second, ms);
  const date = new Date(local);
  if (date.getUTCMonth() !== month || date.getUTCDate() !== day) return null;
  const weekday = fields.get('E');
  if (weekday !== undefined && !sameWord(WEEKDAYS[date.getUTCDay()], weekday)) return null;
  return local - offset * 60_000;
}

function monthOf(fields: Fields): number {
  const text = fields.get('M') ?? '1';
  return /^\d/.test(text) ? Number(text) - 1 : MONTHS.findIndex((month) => sameWord(month, text));
}

/** A word, or its first three letters. */
const sameWord = (word: string | undefined, text: string) =>
  word?.slice(0, 3).toLowerCase() === text.slice(0, 3).toLowerCase();

/** 0 to 23; null: there is no such hour. */
function hourOf(fields: Fields): number | null {
  const hour = Number(fields.get('H') ?? fields.get('h') ?? 0);
  if (fields.has('H') || !fields.has('h')) return hour > 23 ? null : hour;
  if (hour < 1 || hour > 12) return null;
  return (hour % 12) + (fields.get('a')?.toUpperCase() === 'PM' ? 12 : 0);
}

/** How far a text's zone is ahead of UTC; null: no zone is. */
function offsetMinutesOf(fields: Fields): number | null {
  const text = fields.get('X') ?? fields.get('Z') ?? fields.get('z') ?? '';
  const found = /([+-])(\d\d?):?(\d\d)?$/.exec(text);
  if (found === null) return 0;
  const [hours, minutes] = [Number(found[2]), Number(found[3] ?? 0)];
  if (hours > 23 || minutes > 59) return null;
  return (found[1] === '-' ? -1 : 1) * (hours * 60 + minutes);
}
