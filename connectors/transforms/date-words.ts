/** English, as Java writes them in the locale of a server. */
export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

/** As Date.getUTCDay counts them. */
export const WEEKDAYS = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
] as const;

export const HALVES = ['AM', 'PM'] as const;

export const UTC_NAME = 'Coordinated Universal Time';

/** First and last year that are written and read: Java counts by the Julian calendar before, and has no four digits behind. */
export const YEAR_MIN = 1583;
export const YEAR_MAX = 9999;
