import { describe, expect, test } from 'vitest';
import type { TransformConfig } from '../../../connectors/transforms/chain.ts';
import { transformOf } from '../../../connectors/transforms/registry.ts';
import { type Json, one, transformed } from './transforming.ts';

const type = 'TimestampConverter$Value';
const format = 'yyyy MM dd HH mm ss SSS z';
// The values of Kafka Connect's own tests (TimestampConverterTest).
const text = '1970 01 02 00 00 01 234 UTC';

const converted = (options: Json, value: unknown) =>
  transformed({ type, field: 'a', ...options } as unknown as TransformConfig, { a: value })?.['a'];

describe('TimestampConverter', () => {
  test.each<[string, Json, unknown, unknown]>([
    ['a time', {}, '86401234', text],
    ['seconds', { 'unix.precision': 'seconds' }, '86401', '1970 01 02 00 00 01 000 UTC'],
    ['microseconds', { 'unix.precision': 'microseconds' }, '86401234123', text],
    ['nanoseconds', { 'unix.precision': 'nanoseconds' }, '86401234123456', text],
    ['a time before 1970', {}, '-1', '1969 12 31 23 59 59 999 UTC'],
    [
      'a time that is cut, towards 1970',
      { 'unix.precision': 'microseconds' },
      '-1',
      '1970 01 01 00 00 00 000 UTC',
    ],
  ])('makes a text of %s', (_, options, N, S) => {
    expect(converted({ 'target.type': 'string', format, ...options }, { N })).toEqual({ S });
  });

  test.each<[string, string]>([
    ['seconds', '86401'],
    ['milliseconds', '86401234'],
    ['microseconds', '86401234000'],
    ['nanoseconds', '86401234000000'],
  ])('makes %s of a text', (precision, N) => {
    const options = { 'target.type': 'unix', format, 'unix.precision': precision };
    expect(converted(options as unknown as Json, { S: text })).toEqual({ N });
  });

  test('writes a text as its format has it', () => {
    const options = { 'target.type': 'string', format: 'yyyy-MM-dd HH:mm X' } as unknown as Json;
    expect(converted(options, { S: '2026-3-5 7:08 +01' })).toEqual({ S: '2026-03-05 06:08 Z' });
  });

  test.each<[string, Json]>([
    ['string', { NULL: true }],
    ['unix', { NULL: true }],
    ['unix', { N: '86401234123456' }],
    ['string', { S: text }],
  ])('for %s leaves %j as it is', (target, value) => {
    expect(converted({ 'target.type': target, format } as unknown as Json, value)).toEqual(value);
  });

  test('converts a member of a map, and with V1 an attribute of that very name', () => {
    const item = { m: { M: { at: { N: '0' } } }, 'm.at': { N: '1' } };
    const options = { type, field: 'm.at', 'target.type': 'string', format: 'S' };
    expect(transformed(options, item)).toEqual({ ...item, m: { M: { at: { S: '0' } } } });
    expect(transformed({ ...options, 'field.syntax.version': 'V1' }, item)).toEqual({
      ...item,
      'm.at': { S: '1' },
    });
  });

  test.each<[string, Json, unknown, string]>([
    ['a text of another form', { format }, { S: 'yesterday' }, 'a is S, no time as format writes it'],
    ['a text where there is no format', { 'target.type': 'unix' }, { S: text }, 'no format to read it with'],
    ['a part of a millisecond', { format }, { N: '1.5' }, 'a is N, no whole number of 64 bits'],
    ['a number beyond 64 bits', { format }, { N: '9223372036854775808' }, 'no whole number of 64 bits'],
    ['a time that no calendar has', { format }, { N: '9223372036854775807' }, 'no time between the years'],
    ['a truth value', { format }, { BOOL: true }, 'a is BOOL, no time'],
    ['a map', { format }, { M: {} }, 'a is M, no time'],
  ])('%s makes a bad record, without its value', (_, options, value, message) => {
    const all = { 'target.type': 'string', ...options } as unknown as Json;
    expect(() => converted(all, value)).toThrow(
      expect.objectContaining({ code: 'RECORD_TRANSFORM', message: expect.stringContaining(message) }),
    );
    expect(() => converted(all, value)).not.toThrow(/yesterday|1970 01/);
  });

  test('needs a format to write texts, and none for times', () => {
    const contradiction = (target: string) =>
      transformOf(type)?.contradiction({ field: 'a', 'target.type': target });
    expect(contradiction('string')).toMatchObject({ option: 'format' });
    expect(contradiction('unix')).toBeNull();
  });

  test('says which attribute it converts, so that a key is refused', () => {
    const convert = one({ type, field: 'pk', 'target.type': 'unix' });
    expect(convert.touches('T', 'pk')).toEqual({ option: 'field', does: 'converts' });
    expect(convert.touches('T', 'sk')).toBeNull();
  });
});
