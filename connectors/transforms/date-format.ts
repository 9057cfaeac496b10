import type { DateLetter, DatePart } from './date-pattern.ts';
import { HALVES, MONTHS, UTC_NAME, WEEKDAYS, YEAR_MAX, YEAR_MIN } from './date-words.ts';

/**
 * A time as a pattern writes it, in UTC (Java: SimpleDateFormat.format).
 *
 * @param timeMs since 1970
 * @returns null for a time outside of the years 1583 to 9999
 */
export function formatDate(parts: readonly DatePart[], timeMs: number): string | null {
  const date = new Date(timeMs);
  const year = date.getUTCFullYear();
  if (!(year >= YEAR_MIN && year <= YEAR_MAX)) return null;
  return parts
    .map((part) => (part.letter === null ? part.text : fieldText(date, part.letter, part.count)))
    .join('');
}

function fieldText(date: Date, letter: DateLetter, count: number): string {
  const month = date.getUTCMonth();
  switch (letter) {
    case 'M':
      return count < 3 ? padded(month + 1, count) : worded(MONTHS[month], count);
    case 'E':
      return worded(WEEKDAYS[date.getUTCDay()], count);
    case 'a':
      return HALVES[date.getUTCHours() < 12 ? 0 : 1];
    case 'z':
      return count < 4 ? 'UTC' : UTC_NAME;
    case 'Z':
      return '+0000';
    case 'X':
      return 'Z';
    default:
      return padded(numberOf(date, letter), count);
  }
}

function numberOf(date: Date, letter: 'y' | 'd' | 'H' | 'h' | 'm' | 's' | 'S'): number {
  const hours = date.getUTCHours();
  return {
    y: date.getUTCFullYear(),
    d: date.getUTCDate(),
    H: hours,
    h: hours % 12 === 0 ? 12 : hours % 12,
    m: date.getUTCMinutes(),
    s: date.getUTCSeconds(),
    S: date.getUTCMilliseconds(),
  }[letter];
}

const padded = (number: number, count: number) => String(number).padStart(count, '0');

/** Four letters or more are the whole word, fewer its first three letters. */
const worded = (word: string | undefined, count: number) => (word ?? '').slice(0, count < 4 ? 3 : undefined);
