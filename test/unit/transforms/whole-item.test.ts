import { describe, expect, test } from 'vitest';
import { encodeAttributes } from '../../../schemas/encode.ts';
import { Item } from '../../../schemas/item.ts';
import type { AttributeValue } from '../../../schemas/values.ts';
import { chain, changeOf, type Json, jsonOf, one } from './transforming.ts';

const hoist = { type: 'HoistField$Value', field: 'all' };
const extract = { type: 'ExtractField$Value', field: 'all' };
const pk = { S: 'k' };

const made = (transform: typeof hoist, json: Json) =>
  jsonOf(one(transform).apply(changeOf(json))?.after ?? null);

describe('HoistField', () => {
  test('puts the item into an attribute, and the key attributes beside it', () => {
    expect(made(hoist, { a: { N: '1' } })).toEqual({ pk, all: { M: { pk, a: { N: '1' } } } });
  });

  test('takes a dot as part of the name', () => {
    expect(made({ ...hoist, field: 'a.b' }, {})).toEqual({ pk, 'a.b': { M: { pk } } });
  });

  test('does the same with an old image', () => {
    const record = one(hoist).apply(changeOf(null, { a: { N: '1' } }));
    expect(record).toMatchObject({ op: 'd', after: null });
    expect(jsonOf(record?.before ?? null)).toEqual({ pk, all: { M: { pk, a: { N: '1' } } } });
  });

  test('of an item that is as deep as an item can be makes a bad record', () => {
    let value: AttributeValue = { S: 'x' };
    for (let depth = 0; depth < 31; depth++) value = { L: [value] };
    const deep = (of: AttributeValue) => ({
      ...changeOf({}),
      after: Item.fromAvro(encodeAttributes(new Map([['deep', of]]))),
    });
    expect(one(hoist).apply(deep(value))?.after).not.toBeNull();
    expect(() => one(hoist).apply(deep({ L: [value] }))).toThrow(
      expect.objectContaining({ code: 'RECORD_TRANSFORM' }),
    );
  });

  test('under the name of a key attribute is refused', () => {
    expect(one({ ...hoist, field: 'pk' }).touches('T', 'pk')).toEqual({
      option: 'field',
      does: 'writes over',
    });
    expect(one(hoist).touches('T', 'pk')).toBeNull();
  });
});

describe('ExtractField', () => {
  test('makes the item of a map, and keeps the key attributes', () => {
    expect(made(extract, { all: { M: { a: { N: '1' } } }, b: { S: 'x' } })).toEqual({ pk, a: { N: '1' } });
  });

  test('gives back what HoistField hid', () => {
    const [there, back] = chain([hoist, extract]);
    const record = changeOf({ a: { N: '1' }, m: { M: {} } });
    const hidden = there?.apply(record);
    expect(hidden && back?.apply(hidden)?.after?.equals(record.after!)).toBe(true);
  });

  test('follows a path into maps and lists', () => {
    const item = { l: { L: [{ M: { m: { M: { a: pk } } } }] } };
    expect(made({ ...extract, field: 'l[0].m' }, item)).toEqual({ pk, a: pk });
    const flat = { ...extract, field: 'l[0].m', 'field.syntax.version': 'V1' };
    expect(made(flat, { ...item, 'l[0].m': { M: { b: pk } } })).toEqual({ pk, b: pk });
  });

  test.each<[string, Json, string]>([
    ['none of that name', {}, 'all is not there'],
    ['NULL', { all: { NULL: true } }, 'all is NULL, no map'],
    ['a text', { all: { S: 'swordfish' } }, 'all is S, no map'],
    ['a list', { all: { L: [] } }, 'all is L, no map'],
    [
      'a map with another value under the name of a key attribute',
      { all: { M: { pk: { S: 'swordfish' } } } },
      'two fields would have the name "pk", that of a key attribute',
    ],
  ])('of %s makes a bad record, without its value', (_, item, message) => {
    expect(() => made(extract, item)).toThrow(
      expect.objectContaining({
        code: 'RECORD_TRANSFORM',
        message: `ExtractField$Value (transforms[0]): ${message}`,
      }),
    );
  });

  test('out of a key attribute is refused: it never is a map', () => {
    expect(one({ ...extract, field: 'pk.x' }).touches('T', 'pk')).toEqual({
      option: 'field',
      does: 'takes for a map',
    });
    expect(one(extract).touches('T', 'pk')).toBeNull();
  });
});
