import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CAST_TYPES, castValue } from '../../../connectors/transforms/cast-value.ts';
import type { AttributeValue } from '../../../schemas/values.ts';
import { numbers, values } from '../../conformance/arbitraries.ts';
import { type Json, transformed } from './transforming.ts';

describe('Cast', () => {
  test.each<[string, Json, Json]>([
    ['string', { S: 'a' }, { S: 'a' }],
    ['string', { N: '9.50' }, { S: '9.5' }],
    ['string', { BOOL: true }, { S: 'true' }],
    ['string', { B: 'AAEC' }, { S: 'AAEC' }],
    ['string', { NULL: true }, { NULL: true }],
    ['int8', { N: '-128' }, { N: '-128' }],
    ['int32', { S: '+0042' }, { N: '42' }],
    ['int32', { S: '1e3' }, { N: '1000' }],
    ['int64', { N: '9223372036854775807' }, { N: '9223372036854775807' }],
    ['int64', { BOOL: true }, { N: '1' }],
    ['float32', { N: '0.1' }, { N: '0.1' }],
    ['float32', { N: '3.14159' }, { N: '3.14159' }],
    ['float32', { N: '16777216' }, { N: '16777216' }],
    ['float64', { S: '-0.001' }, { N: '-0.001' }],
    ['float64', { N: '0' }, { N: '0' }],
    ['boolean', { N: '1' }, { BOOL: true }],
    ['boolean', { N: '0' }, { BOOL: false }],
    ['boolean', { S: 'FALSE' }, { BOOL: false }],
    ['boolean', { BOOL: true }, { BOOL: true }],
  ])('to %s makes of %j %j', (type, value, expected) => {
    expect(transformed({ type: 'Cast$Value', spec: `a:${type}` }, { a: value })).toEqual({ a: expected });
  });

  test.each<[string, Json]>([
    ['int8', { N: '128' }],
    ['int32', { N: '1.5' }],
    ['int32', { N: '2147483648' }],
    ['int64', { N: '9223372036854775808' }],
    ['int64', { S: 'many' }],
    ['int64', { S: '' }],
    ['float32', { N: '16777217' }],
    ['float32', { N: '0.123456789' }],
    ['float64', { N: '9007199254740993' }],
    ['float64', { N: '12345678901234567890123456789012345678' }],
    ['float32', { S: '1e-120' }],
    ['float32', { S: '1e120' }],
    ['boolean', { N: '2' }],
    ['boolean', { S: 'yes' }],
    ['boolean', { B: 'AAEC' }],
    ['string', { M: {} }],
    ['string', { SS: ['a'] }],
    ['int8', { L: [] }],
  ])('to %s of %j would lose something: a bad record, and its message holds no value', (type, value) => {
    const run = () =>
      transformed({ type: 'Cast$Value', spec: `deep.a:${type}` }, { deep: { M: { a: value } } });
    expect(run).toThrow(expect.objectContaining({ code: 'RECORD_TRANSFORM' }));
    expect(run).toThrow(/^Cast\$Value \(transforms\[0\]\): deep\.a, \w+ to \w+: the field [a-z ]+$/);
  });

  test('leaves fields that are not there, and gives each its own type', () => {
    const item = { a: { N: '1' }, b: { S: '2' } };
    expect(transformed({ type: 'Cast$Value', spec: 'a:string, b:int8, none:boolean' }, item)).toEqual({
      a: { S: '1' },
      b: { N: '2' },
    });
  });

  test('is what it was when it is done twice', () => {
    fc.assert(
      fc.property(values, fc.constantFrom(...CAST_TYPES), (value, type) => {
        const once = orNull(() => castValue(value, type));
        if (once !== null) expect(castValue(once, type)).toEqual(once);
      }),
    );
  });

  test('to string and back to a number that holds it gives the same number', () => {
    fc.assert(
      fc.property(numbers, fc.constantFrom(...CAST_TYPES), (N, type) => {
        const number = orNull(() => castValue({ N }, type));
        if (number === null || !('N' in number)) return;
        expect(castValue(castValue({ N }, 'string'), type)).toEqual({ N });
      }),
    );
  });

  test('to a float keeps every number that is written as that float', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-100, max: 1e100, noNaN: true }), (double) => {
        const cast = castValue({ S: String(double) }, 'float64');
        expect('N' in cast && Number(cast.N)).toBe(double);
      }),
    );
  });
});

function orNull(cast: () => AttributeValue): AttributeValue | null {
  try {
    return cast();
  } catch {
    return null;
  }
}
