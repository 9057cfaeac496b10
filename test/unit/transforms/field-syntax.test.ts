import { describe, expect, test } from 'vitest';
import type { TransformConfig } from '../../../connectors/transforms/chain.ts';
import { readFields, readNames, readPairs } from '../../../connectors/transforms/fields.ts';
import { type Json, transformed } from './transforming.ts';

const item = { 'a.b': { N: '1' }, a: { M: { b: { N: '2' } } } };
const inMap = (b?: Json) => ({ 'a.b': { N: '1' }, a: { M: b === undefined ? {} : { b } } });
const flat = (value?: Json) => ({ ...(value && { 'a.b': value }), a: { M: { b: { N: '2' } } } });

describe('field.syntax.version says whether a dot leads into a map', () => {
  test.each<[TransformConfig, Json, Json]>([
    [{ type: 'ReplaceField$Value', exclude: 'a.b' }, inMap(), flat()],
    [{ type: 'ReplaceField$Value', include: 'pk, a.b' }, { a: item.a }, { 'a.b': { N: '1' } }],
    [{ type: 'MaskField$Value', fields: 'a.b' }, inMap({ N: '0' }), flat({ N: '0' })],
    [{ type: 'Cast$Value', spec: 'a.b:string' }, inMap({ S: '2' }), flat({ S: '1' })],
    [
      { type: 'InsertField$Value', 'static.field': 'a.b', 'static.value': 'x' },
      inMap({ S: 'x' }),
      flat({ S: 'x' }),
    ],
    [{ type: 'HeaderFrom$Value', fields: 'a.b', headers: 'h', operation: 'move' }, inMap(), flat()],
  ])('%j', (transform, v2, v1) => {
    expect(transformed(transform, item)).toEqual(v2);
    expect(transformed({ ...transform, 'field.syntax.version': 'V2' }, item)).toEqual(v2);
    expect(transformed({ ...transform, 'field.syntax.version': 'V1' }, item)).toEqual(v1);
  });

  test('and of a new name whether it may hold one', () => {
    const rename = { type: 'ReplaceField$Value', renames: '`a.b`:`x.y`' };
    expect(transformed(rename, item)).toEqual({ 'x.y': { N: '1' }, a: item.a });
    const plain = { type: 'ReplaceField$Value', renames: 'a:c', 'field.syntax.version': 'V1' };
    expect(transformed(plain, item)).toEqual({ 'a.b': { N: '1' }, c: item.a });
  });

  test('V1 takes backticks and brackets as they are', () => {
    expect(readFields(' `a.b` ,c[0]', 'V1')).toEqual([['`a.b`'], ['c[0]']]);
    expect(readPairs('a.b:c', 'V1')).toEqual([[['a.b'], 'c']]);
    expect(() => readFields('a,,b', 'V1')).toThrow('an empty name');
    expect(() => readPairs('a:b:c', 'V1')).toThrow('not field:what');
  });

  test('names of headers are no fields', () => {
    expect(readNames('a.b, `c')).toEqual(['a.b', '`c']);
    expect(() => readNames('a,')).toThrow('an empty name');
  });
});

test('replace.null.with.default says nothing where there are no schemas', () => {
  const nothing = { a: { NULL: true } };
  for (const value of [true, false]) {
    const mask = { type: 'MaskField$Value', fields: 'a', 'replace.null.with.default': value };
    expect(transformed(mask, nothing)).toEqual(nothing);
  }
});
