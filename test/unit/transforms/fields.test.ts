import { describe, expect, test } from 'vitest';
import { type Json, transformed } from './transforming.ts';

const awards = (members: Json) => ({ Awards: { M: members } });
const [one, two, three] = [{ N: '1' }, { N: '2' }, { N: '3' }];

describe('ReplaceField', () => {
  const type = 'ReplaceField$Value';
  test.each<[string, Json, Json, Json]>([
    ['removes fields', { exclude: 'a, c' }, { a: one, b: two, c: three }, { b: two }],
    ['removes by the old name of the option', { blacklist: 'a' }, { a: one, b: two }, { b: two }],
    [
      'removes members of maps',
      { exclude: 'Awards.Year' },
      awards({ Year: one, Won: two }),
      awards({ Won: two }),
    ],
    ['leaves a map that it empties', { exclude: 'Awards.Year' }, awards({ Year: one }), awards({})],
    [
      'removes elements of lists by their old indexes',
      { exclude: 'l[0],l[2],l[9]' },
      { l: { L: [one, two, three] } },
      { l: { L: [two] } },
    ],
    [
      'removes inside of elements',
      { exclude: 'l[1].a' },
      { l: { L: [one, { M: { a: one, b: two } }] } },
      { l: { L: [one, { M: { b: two } }] } },
    ],
    ['takes a dot in backticks as part of a name', { exclude: '`a.b`' }, { 'a.b': one, a: two }, { a: two }],
    ['takes a dot elsewhere as a path', { exclude: 'a.b' }, { 'a.b': one, a: two }, { 'a.b': one, a: two }],
    [
      'takes a comma in backticks as part of a name',
      { exclude: '`a,b`' },
      { 'a,b': one, a: two },
      { a: two },
    ],
    [
      'takes a backtick behind a backslash as part of a name',
      { exclude: '`a\\`,b`,c' },
      { 'a`,b': one, c: two, d: two },
      { d: two },
    ],
    ['keeps the only fields', { include: 'pk,b' }, { a: one, b: two }, { b: two }],
    ['keeps by the old name of the option', { whitelist: 'pk,b' }, { a: one, b: two }, { b: two }],
    [
      'keeps members of maps',
      { include: 'pk,Awards.Won' },
      awards({ Year: one, Won: two }),
      awards({ Won: two }),
    ],
    ['keeps no map of which nothing is kept', { include: 'pk,Awards.Won' }, awards({ Year: one }), {}],
    ['keeps no list of which nothing is kept', { include: 'pk,l[4]' }, { l: { L: [one] } }, {}],
    ['keeps elements of lists', { include: 'pk,l[1]' }, { l: { L: [one, two] } }, { l: { L: [two] } }],
    [
      'keeps less than it includes where it excludes',
      { include: 'pk,a,b', exclude: 'a' },
      { a: one, b: two },
      { b: two },
    ],
    ['renames', { renames: 'a:z' }, { a: one, b: two }, { z: one, b: two }],
    ['swaps names', { renames: 'a:b, b:a' }, { a: one, b: two }, { b: one, a: two }],
    [
      'renames members in their place',
      { renames: 'Awards.Year:Jahr' },
      awards({ Year: one }),
      awards({ Jahr: one }),
    ],
    [
      'renames a map and its members',
      { renames: 'Awards:Preise,Awards.Year:Jahr' },
      awards({ Year: one }),
      { Preise: { M: { Jahr: one } } },
    ],
    ['renames to a name with a dot', { renames: 'a:`x.y`' }, { a: one }, { 'x.y': one }],
    [
      'renames inside of elements',
      { renames: 'l[0].a:b' },
      { l: { L: [{ M: { a: one } }] } },
      { l: { L: [{ M: { b: one } }] } },
    ],
    ['renames what it does not exclude', { exclude: 'a', renames: 'b:a' }, { a: one, b: two }, { a: two }],
  ])('%s', (_, options, item, expected) => {
    expect(transformed({ type, ...options }, item)).toEqual(expected);
  });

  test('an item in which two fields would have one name is a bad record', () => {
    expect(() => transformed({ type, renames: 'a:b' }, { a: one, b: two })).toThrow(
      expect.objectContaining({ code: 'RECORD_TRANSFORM', message: expect.stringContaining('"b"') }),
    );
  });
});

describe('InsertField', () => {
  const type = 'InsertField$Value';
  const insert = (field: string) => ({ type, 'static.field': field, 'static.value': 'x' });
  test.each<[string, string, Json, Json]>([
    ['adds a text', 'a', { b: one }, { a: { S: 'x' }, b: one }],
    ['writes over what is there', 'a', { a: one }, { a: { S: 'x' } }],
    ['leaves out the mark of Kafka Connect', 'a!', {}, { a: { S: 'x' } }],
    ['adds to a map', 'Awards.a', awards({ b: one }), awards({ a: { S: 'x' }, b: one })],
    ['makes the maps that are missing', 'Awards.a.b', {}, awards({ a: { M: { b: { S: 'x' } } } })],
    ['adds a name with a dot', '`a.b`', {}, { 'a.b': { S: 'x' } }],
  ])('%s', (_, field, item, expected) => {
    expect(transformed(insert(field), item)).toEqual(expected);
  });

  test('an item whose path leads through something else than a map is a bad record', () => {
    expect(() => transformed(insert('a.b'), { a: one })).toThrow(
      expect.objectContaining({ code: 'RECORD_TRANSFORM' }),
    );
  });
});

describe('MaskField', () => {
  const type = 'MaskField$Value';
  test.each<[string, Json, Json]>([
    ['S', { S: 'secret' }, { S: '' }],
    ['N', { N: '42' }, { N: '0' }],
    ['B', { B: 'AAEC' }, { B: '' }],
    ['BOOL', { BOOL: true }, { BOOL: false }],
    ['NULL', { NULL: true }, { NULL: true }],
    ['M', { M: { a: one } }, { M: {} }],
    ['L', { L: [one] }, { L: [] }],
    ['SS', { SS: ['a', 'b'] }, { SS: [''] }],
    ['NS', { NS: ['1', '2'] }, { NS: ['0'] }],
    ['BS', { BS: ['AAEC'] }, { BS: [''] }],
  ])('puts the empty value of its type in the place of a value of type %s', (_, value, masked) => {
    expect(transformed({ type, fields: 'a' }, { a: value })).toEqual({ a: masked });
  });

  test('puts a replacement in the place of texts and numbers, also inside maps', () => {
    const item = { a: { S: 's' }, m: { M: { n: { N: '12' } } }, nothing: { NULL: true } };
    expect(transformed({ type, fields: 'a,m.n,nothing', replacement: '007' }, item)).toEqual({
      a: { S: '007' },
      m: { M: { n: { N: '7' } } },
      nothing: { NULL: true },
    });
  });

  test.each<[string, Json]>([
    ['N', one],
    ['BOOL', { BOOL: true }],
    ['M', { M: {} }],
    ['SS', { SS: ['a'] }],
  ])('a replacement that does not fit type %s makes a bad record, without its value', (_, value) => {
    expect(() => transformed({ type, fields: 'a', replacement: '***' }, { a: value })).toThrow(
      expect.objectContaining({
        code: 'RECORD_TRANSFORM',
        message: expect.stringMatching(/^MaskField\$Value.*: a is \w+/),
      }),
    );
  });
});

describe('Flatten', () => {
  const type = 'Flatten$Value';
  test.each<[string, Json, Json, Json]>([
    [
      'joins the names of nested maps',
      {},
      { a: { M: { b: { M: { c: one } }, d: two } } },
      { 'a.b.c': one, 'a.d': two },
    ],
    ['joins with a delimiter', { delimiter: '_' }, { a: { M: { b: one } } }, { a_b: one }],
    [
      'leaves lists, and the maps in them',
      {},
      { l: { L: [{ M: { a: one } }] } },
      { l: { L: [{ M: { a: one } }] } },
    ],
    [
      'leaves empty maps',
      {},
      { a: { M: {} }, b: { M: { c: { M: {} } } } },
      { a: { M: {} }, 'b.c': { M: {} } },
    ],
    ['leaves sets', {}, { s: { SS: ['a'] } }, { s: { SS: ['a'] } }],
  ])('%s', (_, options, item, expected) => {
    expect(transformed({ type, ...options }, item)).toEqual(expected);
  });

  test('an item in which two fields would have one name is a bad record', () => {
    expect(() => transformed({ type }, { 'a.b': one, a: { M: { b: two } } })).toThrow(
      expect.objectContaining({ code: 'RECORD_TRANSFORM' }),
    );
  });
});
