const CYCLE_YEARS = 400;
const CYCLE_DAYS = 146_097;
/** From 1 March of year 0, where the cycle of leap years begins, to 1 January 1970. */
const EPOCH_DAY = 719_468;

/**
 * Days since 1970-01-01 of a day of the Gregorian calendar, also of one before it was in use; null where there is no such day.
 *
 * @param year from 0, which is 1 BC
 * @param month 1 to 12
 */
export function dayNumber(year: number, month: number, day: number): number | null {
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return null;
  // Years from March on: the leap day comes last.
  const marchYear = month > 2 ? year : year - 1;
  const cycle = Math.floor(marchYear / CYCLE_YEARS);
  const yearOfCycle = marchYear - cycle * CYCLE_YEARS;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfCycle =
    yearOfCycle * 365 + Math.floor(yearOfCycle / 4) - Math.floor(yearOfCycle / 100) + dayOfYear;
  return cycle * CYCLE_DAYS + dayOfCycle - EPOCH_DAY;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** `1970-01-01` of 0; a year before 0 has a minus, one beyond 9999 more digits. */
export function dayText(number: number): string {
  const day = number + EPOCH_DAY;
  const cycle = Math.floor(day / CYCLE_DAYS);
  const dayOfCycle = day - cycle * CYCLE_DAYS;
  const yearOfCycle = Math.floor(
    (dayOfCycle -
      Math.floor(dayOfCycle / 1460) +
      Math.floor(dayOfCycle / 36_524) -
      Math.floor(dayOfCycle / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfCycle - (365 * yearOfCycle + Math.floor(yearOfCycle / 4) - Math.floor(yearOfCycle / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const dayOfMonth = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = ((monthFromMarch + 2) % 12) + 1;
  const year = yearOfCycle + cycle * CYCLE_YEARS + (month <= 2 ? 1 : 0);
  const digits = Math.abs(year).toString().padStart(4, '0');
  return `${year < 0 ? '-' : ''}${digits}-${two(month)}-${two(dayOfMonth)}`;
}

export function two(value: number): string {
  return value.toString().padStart(2, '0');
}
