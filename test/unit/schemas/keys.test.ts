import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeAttributes } from '../../../schemas/encode.ts';
import { FRAME_BYTES } from '../../../schemas/framing.ts';
import { keyToJson } from '../../../schemas/json-writer.ts';
import { decodeKey, encodeKey, keyOfItemAvro } from '../../../schemas/key.ts';
import { ItemScanner } from '../../../schemas/scanner.ts';
import type { AttributeValue, KeySchema, KeyType } from '../../../schemas/values.ts';
import { attributes, binaries, names, numbers, strings } from '../../conformance/arbitraries.ts';
import { keyType } from './oracle.ts';
import { toForeignAvro, toJson } from './writers.ts';

const keyValue: fc.Arbitrary<{ type: KeyType; value: AttributeValue }> = fc.oneof(
  strings.filter((S) => S !== '').map((S) => ({ type: 'S' as const, value: { S } })),
  numbers.map((N) => ({ type: 'N' as const, value: { N } })),
  binaries.filter((B) => B.length > 0).map((B) => ({ type: 'B' as const, value: { B } })),
);
const keyed = fc
  .tuple(
    attributes,
    fc.uniqueArray(fc.tuple(names, keyValue), { minLength: 1, maxLength: 2, selector: ([name]) => name }),
    fc.boolean(),
  )
  .map(([rest, keys, first]) => {
    const schema: KeySchema = keys.map(([name, { type }]) => ({ name, type }));
    const own = keys.map(([name, { value }]) => [name, value] as const);
    const others = [...rest].filter(([name]) => !keys.some(([key]) => key === name));
    return {
      schema,
      key: new Map(own),
      item: new Map(first ? [...own, ...others] : [...others, ...own.reverse()]),
    };
  });
const artist: KeySchema = [
  { name: 'Artist', type: 'S' },
  { name: 'Year', type: 'N' },
];

describe('a record key', () => {
  // Rule C4
  test('has the same bytes whether it comes from JSON, from Avro or from objects', () => {
    fc.assert(
      fc.property(keyed, fc.integer({ min: 1 }), ({ schema, key, item }, seed) => {
        const json = Buffer.from(toJson(item, seed));
        const scanned = new ItemScanner(schema).scan(json, 0, json.length);
        expect(encodeKey(schema, item)).toEqual(scanned.key);
        expect(keyOfItemAvro(schema, scanned.avro)).toEqual(scanned.key);
        expect(keyOfItemAvro(schema, toForeignAvro(item, seed))).toEqual(scanned.key);
        expect([...decodeKey(scanned.key)]).toEqual([...key]);
        expect(keyToJson(scanned.key).toString()).toBe(toJson(key));
      }),
      { numRuns: 250 },
    );
  });

  test.each(['1', '1.0', '1e0', '+1', '01', '10E-1'])(
    'with the number %s has the bytes of the number 1',
    (text) => {
      const json = Buffer.from(`{"Year":{"N":"${text}"},"x":{"BOOL":true},"Artist":{"S":"x"}}`);
      const expected = encodeKey(
        artist,
        new Map<string, AttributeValue>([
          ['Artist', { S: 'x' }],
          ['Year', { N: '1' }],
        ]),
      );
      expect(new ItemScanner(artist).scan(json, 0, json.length).key).toEqual(expected);
      const foreign = toForeignAvro(
        new Map<string, AttributeValue>([
          ['Year', { N: text }],
          ['Artist', { S: 'x' }],
        ]),
        5,
      );
      expect(keyOfItemAvro(artist, foreign)).toEqual(expected);
      expect(expected.subarray(FRAME_BYTES).toString('hex')).toBe(
        '040c4172746973740002780859656172020231' + '00',
      );
    },
  );

  test('is found in an item with more than 63 attributes', () => {
    const item = new Map<string, AttributeValue>([['Artist', { S: 'x' }]]);
    for (let i = 0; i < 9000; i++) item.set(`a${i}`, { BOOL: true });
    item.set('Year', { N: '1' });
    const json = Buffer.from(toJson(item));
    expect(new ItemScanner(artist).scan(json, 0, json.length).key).toEqual(encodeKey(artist, item));
  });

  test('is read by another Avro library with the published schema', () => {
    const key = encodeKey(
      artist,
      new Map<string, AttributeValue>([
        ['Artist', { S: 'é' }],
        ['Year', { N: '-5' }],
      ]),
    );
    const decoded: unknown = keyType.fromBuffer(key.subarray(FRAME_BYTES));
    expect(decoded).toEqual({ Artist: { v: { string: 'é' } }, Year: { v: { 'messina.N': { n: '-5' } } } });
    expect(keyType.toBuffer(decoded)).toEqual(key.subarray(FRAME_BYTES));
  });

  test('is refused when an attribute is missing, empty or of another type', () => {
    const code = (entries: [string, AttributeValue][]) => {
      const item = new Map(entries);
      for (const run of [
        () => encodeKey(artist, item),
        () => keyOfItemAvro(artist, encodeAttributes(item)),
      ]) {
        try {
          run();
        } catch (error) {
          return (error as { code: string }).code;
        }
      }
      return undefined;
    };
    expect(code([['Year', { N: '1' }]])).toBe('KEY_MISSING');
    expect(
      code([
        ['Artist', { S: '' }],
        ['Year', { N: '1' }],
      ]),
    ).toBe('KEY_EMPTY');
    expect(
      code([
        ['Artist', { S: 'x' }],
        ['Year', { S: '1' }],
      ]),
    ).toBe('KEY_TYPE');
    expect(
      code([
        ['Artist', { M: new Map() }],
        ['Year', { N: '1' }],
      ]),
    ).toBe('KEY_TYPE');
    expect(
      code([
        ['Artist', { NULL: true }],
        ['Year', { N: '1' }],
      ]),
    ).toBe('KEY_TYPE');
  });
});
