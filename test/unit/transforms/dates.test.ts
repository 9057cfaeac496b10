import { describe, expect, test } from 'vitest';
import { formatDate } from '../../../connectors/transforms/date-format.ts';
import { readDatePattern } from '../../../connectors/transforms/date-pattern.ts';
import { DateReader } from '../../../connectors/transforms/date-reader.ts';

/** 2026-03-05T07:08:09.012Z, a Thursday. */
const timeMs = Date.UTC(2026, 2, 5, 7, 8, 9, 12);

const written = (pattern: string, ms = timeMs) => formatDate(readDatePattern(pattern), ms);
const read = (pattern: string, text: string) => new DateReader(readDatePattern(pattern)).read(text);

describe('a pattern of SimpleDateFormat', () => {
  test.each<[string, string]>([
    ["yyyy-MM-dd'T'HH:mm:ss.SSSXXX", '2026-03-05T07:08:09.012Z'],
    ["yyyy-MM-dd'T'HH:mm:ss'Z'", '2026-03-05T07:08:09Z'],
    ['y M d H m s S', '2026 3 5 7 8 9 12'],
    ['yyyyMMddHHmmssSSS', '20260305070809012'],
    ['EEE, d MMM yyyy h:mm a', 'Thu, 5 Mar 2026 7:08 AM'],
    ['EEEE, MMMM d, yyyy', 'Thursday, March 5, 2026'],
    ["yyyy.MM.dd 'at' HH:mm:ss z", '2026.03.05 at 07:08:09 UTC'],
    ['yyyy-MM-dd HH:mm:ss.SSS Z', '2026-03-05 07:08:09.012 +0000'],
    ['yyyy-MM-dd HH:mm:ss.SSS zzzz', '2026-03-05 07:08:09.012 Coordinated Universal Time'],
    ["hh 'o''clock' a, yyyy/MM/dd", "07 o'clock AM, 2026/03/05"],
    ["''yyyy''MM(dd)", "'2026'03(05)"],
    ['yyyyy MMM', '02026 Mar'],
  ])('%s writes %s, and reads what it wrote', (pattern, text) => {
    expect(written(pattern)).toBe(text);
    const back = read(pattern, text);
    expect(back).not.toBeNull();
    expect(written(pattern, back ?? 0)).toBe(text);
  });

  test.each<[number, string]>([
    [0, '12 AM, 0'],
    [1, '1 AM, 1'],
    [12, '12 PM, 12'],
    [13, '1 PM, 13'],
    [23, '11 PM, 23'],
  ])('hour %i is %s', (hour, text) => {
    expect(written('h a, H', hour * 3_600_000)).toBe(text);
    expect(read('h a', text.split(',')[0] ?? '')).toBe(hour * 3_600_000);
  });

  test.each<[string, string, number]>([
    ['yyyy-MM-dd HH:mm Z', '2026-03-05 07:08 +0130', Date.UTC(2026, 2, 5, 5, 38)],
    ['yyyy-MM-dd HH:mm z', '2026-03-05 07:08 GMT-08:00', Date.UTC(2026, 2, 5, 15, 8)],
    ['yyyy-MM-dd HH:mm z', '2026-03-05 07:08 gmt', Date.UTC(2026, 2, 5, 7, 8)],
    ['yyyy-MM-dd HH:mmX', '2026-03-05 07:08-02', Date.UTC(2026, 2, 5, 9, 8)],
    ['yyyy-MM-dd HH:mmXX', '2026-03-05 07:08+0200', Date.UTC(2026, 2, 5, 5, 8)],
    ['yyyy-MM-dd HH:mmXXX', '2026-03-05 07:08+02:00', Date.UTC(2026, 2, 5, 5, 8)],
    ['d MMMM yyyy', '5 MAR 2026', Date.UTC(2026, 2, 5)],
    ['yyyy', '2026', Date.UTC(2026, 0, 1)],
    ['H:m', '7:08', 7 * 3_600_000 + 8 * 60_000],
    ['d.M.yyyy', '29.2.2024', Date.UTC(2024, 1, 29)],
  ])('%s reads %s', (pattern, text, expected) => {
    expect(read(pattern, text)).toBe(expected);
  });

  test.each<[string, string]>([
    ['yyyy-MM-dd', '2026-03-05T00:00'],
    ['yyyy-MM-dd', ' 2026-03-05'],
    ['yyyy-MM-dd', '2026-02-29'],
    // The first of January, a year later.
    ['yyyy-MM-dd', '2025-01-366'],
    ['yyyy-MM-dd', '2026-13-01'],
    ['yyyy-MM-dd', '2026-00-01'],
    ['yyyy-MM-dd', '1582-10-04'],
    ['yyyy-MM-dd', '12026-10-04'],
    ["yyyy-MM-dd'T'", '2026-03-05t'],
    ['HH:mm', '24:00'],
    ['HH:mm', '23:60'],
    ['HH:mm:ss', '23:59:60'],
    ['h a', '13 PM'],
    ['h a', '0 AM'],
    // Java takes them for 123 456 milliseconds.
    ['ss.SSSSSS', '01.123456'],
    ['E, yyyy-MM-dd', 'Fri, 2026-03-05'],
    ['HH:mm z', '07:08 PST'],
    ['HH:mm Z', '07:08 +2460'],
    ['HH:mmX', '07:08'],
    ['yyyy.MM', '2026x03'],
  ])('%s does not read %s', (pattern, text) => {
    expect(read(pattern, text)).toBeNull();
  });

  test('takes as many digits of a number as it says where another follows at once', () => {
    expect(read('yyyyMMdd', '20260305')).toBe(Date.UTC(2026, 2, 5));
    expect(read('HHmmss', '070809')).toBe(timeMs - Date.UTC(2026, 2, 5) - 12);
    expect(read('yyyyMMdd', '202635')).toBeNull();
  });

  test('does not write years that Java counts in another way', () => {
    expect(written('yyyy', Date.UTC(1582, 11, 31))).toBeNull();
    expect(written('yyyy', Date.UTC(1583, 0, 1))).toBe('1583');
    expect(written('yyyy', Date.UTC(10000, 0, 1))).toBeNull();
    expect(written('yyyy', Number.NaN)).toBeNull();
  });

  test.each<[string, string]>([
    ['YYYY-MM-dd', 'holds the letter Y'],
    ['bad-format', 'holds the letter b'],
    ['yyyy-ww', 'holds the letter w'],
    ['yy-MM-dd', 'a year of two digits'],
    ['HH:mmXXXX', 'more than three X'],
    ["yyyy 'at", 'a quote without its end'],
    ["'text'", 'no field of a date'],
    ['', 'no field of a date'],
  ])('%j is refused: it has %s', (pattern, message) => {
    expect(() => readDatePattern(pattern)).toThrow(message);
  });
});
