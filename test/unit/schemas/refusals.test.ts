import { describe, expect, test } from 'vitest';
import { encodeAttributes } from '../../../schemas/encode.ts';
import { CodecError } from '../../../schemas/faults.ts';
import { ItemScanner, scanItem } from '../../../schemas/scanner.ts';
import type { AttributeValue } from '../../../schemas/values.ts';

/** Stands in every value below; no message may repeat it. */
const SECRET = 'c2VjcmV0';

function faultOf(run: () => unknown): CodecError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(CodecError);
    return error as CodecError;
  }
  throw new Error('nothing was thrown');
}

const nested = (levels: number) => `${'{"M":{"a":'.repeat(levels)}{"S":"${SECRET}"}${'}}'.repeat(levels)}`;
const nestedLists = (levels: number) => `${'{"L":['.repeat(levels)}{"S":"${SECRET}"}${']}'.repeat(levels)}`;

const REFUSED: readonly (readonly [string, string, string | Buffer])[] = [
  ['nothing', 'NOT_JSON', ''],
  ['only whitespace', 'NOT_JSON', ' \n'],
  ['an array', 'UNKNOWN_TYPE', `["${SECRET}"]`],
  ['a word', 'NOT_JSON', SECRET],
  ['a name without quotes', 'NOT_JSON', `{a:{"S":"${SECRET}"}}`],
  ['no colon', 'NOT_JSON', `{"a" {"S":"${SECRET}"}}`],
  ['a comma at the end', 'NOT_JSON', `{"a":{"S":"${SECRET}"},}`],
  ['a comma at the end of a list', 'NOT_JSON', `{"a":{"L":[{"S":"${SECRET}"},]}}`],
  ['two values without a comma', 'NOT_JSON', `{"a":{"S":"${SECRET}"} "b":{"S":""}}`],
  ['a raw line feed in a string', 'NOT_JSON', `{"a":{"S":"${SECRET}\n"}}`],
  ['a raw tab in a long string', 'NOT_JSON', `{"a":{"S":"${SECRET.repeat(20)}\t"}}`],
  ['a raw control character behind an escape', 'NOT_JSON', `{"a":{"S":"${SECRET}\\n\u0001"}}`],
  ['an unknown escape', 'NOT_JSON', `{"a":{"S":"${SECRET}\\x"}}`],
  ['an escape of three digits', 'NOT_JSON', `{"a":{"S":"${SECRET}\\u00e"}}`],
  ['a vertical tab between values', 'NOT_JSON', `{"a":\u000b{"S":"${SECRET}"}}`],
  ['a value that is a string', 'UNKNOWN_TYPE', `{"a":"${SECRET}"}`],
  ['a value that is null', 'UNKNOWN_TYPE', '{"a":null}'],
  ['a value without a type', 'UNKNOWN_TYPE', '{"a":{}}'],
  ['an unknown type', 'UNKNOWN_TYPE', `{"a":{"X":"${SECRET}"}}`],
  ['a type in lower case', 'UNKNOWN_TYPE', `{"a":{"s":"${SECRET}"}}`],
  ['a type BOOK', 'UNKNOWN_TYPE', `{"a":{"BOOK":"${SECRET}"}}`],
  ['two types', 'UNKNOWN_TYPE', `{"a":{"S":"${SECRET}","N":"1"}}`],
  ['the same type twice', 'UNKNOWN_TYPE', `{"a":{"S":"${SECRET}","S":"${SECRET}"}}`],
  ['an S that is a number', 'UNKNOWN_TYPE', '{"a":{"S":5}}'],
  ['an N that is a number', 'UNKNOWN_TYPE', '{"a":{"N":5}}'],
  ['a B that is null', 'UNKNOWN_TYPE', '{"a":{"B":null}}'],
  ['a BOOL in quotes', 'UNKNOWN_TYPE', '{"a":{"BOOL":"true"}}'],
  ['a BOOL that is null', 'UNKNOWN_TYPE', '{"a":{"BOOL":null}}'],
  ['a BOOL cut short', 'UNKNOWN_TYPE', '{"a":{"BOOL":tru}}'],
  ['a NULL that is false', 'UNKNOWN_TYPE', '{"a":{"NULL":false}}'],
  ['a NULL that is null', 'UNKNOWN_TYPE', '{"a":{"NULL":null}}'],
  ['an M that is an array', 'UNKNOWN_TYPE', '{"a":{"M":[]}}'],
  ['an L that is an object', 'UNKNOWN_TYPE', '{"a":{"L":{}}}'],
  ['an SS that is a string', 'UNKNOWN_TYPE', `{"a":{"SS":"${SECRET}"}}`],
  ['an NS of numbers', 'UNKNOWN_TYPE', '{"a":{"NS":[1]}}'],
  ['an empty N', 'NUMBER_INVALID', '{"a":{"N":""}}'],
  ['a word as N', 'NUMBER_INVALID', `{"a":{"N":"${SECRET}"}}`],
  ['NaN', 'NUMBER_INVALID', '{"a":{"N":"NaN"}}'],
  ['an infinite N', 'NUMBER_INVALID', '{"a":{"N":"-Infinity"}}'],
  ['a space in an N', 'NUMBER_INVALID', '{"a":{"N":" 1"}}'],
  ['a hexadecimal N', 'NUMBER_INVALID', '{"a":{"N":"0x1f"}}'],
  ['39 digits', 'NUMBER_PRECISION', `{"a":{"N":"1${'0'.repeat(37)}1"}}`],
  ['39 digits behind the point', 'NUMBER_PRECISION', `{"a":{"N":"0.${'3'.repeat(39)}"}}`],
  ['1E126', 'NUMBER_RANGE', '{"a":{"N":"1E126"}}'],
  ['1E-131', 'NUMBER_RANGE', '{"a":{"N":"-1E-131"}}'],
  ['an exponent beyond all numbers', 'NUMBER_RANGE', `{"a":{"N":"1E${'9'.repeat(400)}"}}`],
  ['a number out of range in a set', 'NUMBER_RANGE', '{"a":{"NS":["1","1E200"]}}'],
  ['base64 without padding', 'BASE64_INVALID', `{"a":{"B":"${SECRET}AA"}}`],
  ['base64 padded too much', 'BASE64_INVALID', `{"a":{"B":"${SECRET}A==="}}`],
  ['padding in the middle', 'BASE64_INVALID', `{"a":{"B":"AA==${SECRET}"}}`],
  ['the URL alphabet', 'BASE64_INVALID', `{"a":{"B":"${SECRET}_-AA"}}`],
  ['whitespace in base64', 'BASE64_INVALID', `{"a":{"B":"${SECRET} AAA"}}`],
  ['base64 with bits too many', 'BASE64_INVALID', '{"a":{"B":"AB=="}}'],
  ['base64 with two bits too many', 'BASE64_INVALID', '{"a":{"B":"AAB="}}'],
  ['bad base64 in a set', 'BASE64_INVALID', '{"a":{"BS":["AA==","A"]}}'],
  ['a lone high surrogate', 'UTF8_INVALID', `{"a":{"S":"${SECRET}\\ud83d"}}`],
  ['a lone low surrogate', 'UTF8_INVALID', `{"a":{"S":"${SECRET}\\ude00x"}}`],
  ['two high surrogates', 'UTF8_INVALID', `{"a":{"S":"\\ud83d\\ud83d"}}`],
  ['a lone surrogate in a name', 'UTF8_INVALID', '{"\\ud83d":{"S":""}}'],
  ['a byte that is not UTF-8', 'UTF8_INVALID', Buffer.from(`{"a":{"S":"${SECRET}\xff"}}`, 'latin1')],
  ['UTF-8 cut short', 'UTF8_INVALID', Buffer.from(`{"a":{"S":"${SECRET}\xe2\x82"}}`, 'latin1')],
  ['UTF-8 longer than needed', 'UTF8_INVALID', Buffer.from('{"a":{"S":"\xc0\x80"}}', 'latin1')],
  ['a surrogate in UTF-8', 'UTF8_INVALID', Buffer.from('{"a":{"S":"\xed\xa0\x80"}}', 'latin1')],
  ['a name that is not UTF-8', 'UTF8_INVALID', Buffer.from('{"\xff":{"S":""}}', 'latin1')],
  ['33 levels of maps', 'NESTING_TOO_DEEP', `{"a":${nested(33)}}`],
  ['33 levels of lists', 'NESTING_TOO_DEEP', `{"a":${nestedLists(33)}}`],
  ['100 000 levels', 'NESTING_TOO_DEEP', `{"a":${'{"L":['.repeat(100_000)}`],
  ['a name twice', 'DUPLICATE_NAME', `{"a":{"S":"${SECRET}"},"a":{"S":"${SECRET}"}}`],
  ['a name twice, once escaped', 'DUPLICATE_NAME', '{"a":{"S":""},"\\u0061":{"S":""}}'],
  [
    'a name twice inside a map',
    'DUPLICATE_NAME',
    '{"m":{"M":{"x":{"M":{"a":{"S":""}}},"a":{"S":""},"a":{"S":""}}}}',
  ],
  ['an empty set', 'SET_INVALID', '{"a":{"SS":[]}}'],
  ['an element twice', 'SET_INVALID', `{"a":{"SS":["${SECRET}","x","${SECRET}"]}}`],
  ['a number twice in two spellings', 'SET_INVALID', '{"a":{"NS":["10","1e1"]}}'],
  ['binary twice', 'SET_INVALID', `{"a":{"BS":["${SECRET}","${SECRET}"]}}`],
];

describe('the scanner', () => {
  test.each(REFUSED)('refuses %s with %s and no value in the message', (_, code, input) => {
    const bytes = Buffer.from(input as string);
    const fault = faultOf(() => scanItem(bytes, 0, bytes.length));
    expect(fault.code).toBe(code);
    expect(fault.message).not.toContain(SECRET);
    expect(fault.position).toBeGreaterThanOrEqual(0);
    expect(fault.position).toBeLessThanOrEqual(bytes.length);
  });

  test.each([
    ['32 levels of maps', `{"a":${nested(32)}}`],
    ['32 levels of lists', `{"a":${nestedLists(32)}}`],
    [
      'the same name in a map and in the one inside it',
      '{"a":{"M":{"a":{"M":{"a":{"S":""}}}}},"b":{"M":{"a":{"S":""}}}}',
    ],
    ['the same element in two sets', '{"a":{"SS":["x"]},"b":{"SS":["x"]}}'],
    ['an escaped type', '{"a":{"\\u0053":"x"}}'],
    ['an escaped slash and equals sign in base64', '{"a":{"B":"\\/w\\u003d\\u003d"}}'],
    ['an escaped number', '{"a":{"N":"\\u0031"}}'],
    [
      'an empty string, list, map and binary',
      '{"a":{"S":""},"b":{"L":[]},"c":{"M":{}},"d":{"B":""},"e":{"SS":[""]},"f":{"BS":[""]}}',
    ],
    [
      'whitespace everywhere',
      ' \t\r\n{ "a" : { "BOOL" : false } , "b" : { "NULL" : true } , "c":{ "L" : [ ] } , "d" : { "M" : { } } } ',
    ],
  ])('accepts %s', (_, text) => {
    const bytes = Buffer.from(text);
    expect(() => scanItem(bytes, 0, bytes.length)).not.toThrow();
  });

  test('names the key attribute that is wrong', () => {
    const scanner = new ItemScanner([
      { name: 'Artist', type: 'S' },
      { name: 'Year', type: 'N' },
    ]);
    const cases = [
      ['KEY_MISSING', '{"Artist":{"S":"x"}}', 'Year'],
      ['KEY_MISSING', '{"M":{"M":{"Artist":{"S":"x"}}},"Year":{"N":"1"}}', 'Artist'],
      ['KEY_TYPE', `{"Artist":{"S":"x"},"Year":{"S":"${SECRET}"}}`, '"Year" is S, the key schema says N'],
      ['KEY_EMPTY', '{"Artist":{"S":""},"Year":{"N":"1"}}', 'Artist'],
    ] as const;
    for (const [code, text, words] of cases) {
      const fault = faultOf(() => scanner.scan(Buffer.from(text), 0, text.length));
      expect(fault.code).toBe(code);
      expect(fault.message).toContain(words);
      expect(fault.message).not.toContain(SECRET);
    }
  });
});

describe('objects that DynamoDB could not hold', () => {
  const deep = (levels: number): AttributeValue => (levels === 0 ? { S: SECRET } : { L: [deep(levels - 1)] });
  const wrong = (value: unknown) => value as AttributeValue;
  test.each([
    ['UTF8_INVALID', { S: `${SECRET}\ud800` }],
    ['NUMBER_INVALID', { N: SECRET }],
    ['SET_INVALID', { SS: [] }],
    ['SET_INVALID', { NS: ['1', '1.0'] }],
    ['SET_INVALID', { BS: [Buffer.from(SECRET), new Uint8Array(Buffer.from(SECRET))] }],
    ['NESTING_TOO_DEEP', deep(33)],
    ['UNKNOWN_TYPE', wrong({ S: SECRET, N: '1' })],
    ['UNKNOWN_TYPE', wrong({})],
    ['UNKNOWN_TYPE', wrong({ X: SECRET })],
    ['UNKNOWN_TYPE', wrong({ NULL: false })],
  ])('are refused with %s', (code, value) => {
    const fault = faultOf(() => encodeAttributes(new Map([['a', value]])));
    expect(fault.code).toBe(code);
    expect(fault.message).not.toContain(SECRET);
  });

  test('may be nested 32 levels deep', () => {
    expect(() => encodeAttributes(new Map([['a', deep(32)]]))).not.toThrow();
  });
});
