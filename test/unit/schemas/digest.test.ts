import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attributeDifferences, DIGEST_BYTES, itemDigest } from '../../../schemas/digest.ts';
import { encodeAttributes } from '../../../schemas/encode.ts';
import { Item } from '../../../schemas/item.ts';
import type { Attributes, AttributeValue } from '../../../schemas/values.ts';
import { attributes, generator, values } from '../../conformance/arbitraries.ts';
import { toForeignAvro } from './writers.ts';

/** The same item in another order. */
function shuffled(item: Attributes, seed: number): Attributes {
  const random = generator(seed);
  const shuffle = <T>(elements: readonly T[]): T[] =>
    elements
      .map((element) => [random(1000), element] as const)
      .sort(([a], [b]) => a - b)
      .map(([, element]) => element);
  const map = (entries: Attributes): Attributes =>
    new Map(shuffle([...entries]).map(([name, v]) => [name, value(v)]));
  const value = (v: AttributeValue): AttributeValue => {
    if ('M' in v) return { M: map(v.M) };
    if ('L' in v) return { L: v.L.map(value) };
    if ('SS' in v) return { SS: shuffle(v.SS) };
    if ('NS' in v) return { NS: shuffle(v.NS) };
    if ('BS' in v) return { BS: shuffle(v.BS) };
    return v;
  };
  return map(item);
}

const json = (text: string) => Item.fromJson(Buffer.from(text)).avro;

describe('a digest', () => {
  test('is the same in every order and every legal Avro', () => {
    fc.assert(
      fc.property(attributes, fc.integer({ min: 1 }), (item, seed) => {
        const avro = encodeAttributes(item);
        const other = shuffled(item, seed);
        const digest = itemDigest(avro);
        expect(digest).toHaveLength(DIGEST_BYTES);
        expect(itemDigest(encodeAttributes(other))).toEqual(digest);
        expect(itemDigest(toForeignAvro(other, seed))).toEqual(digest);
        expect(attributeDifferences(avro, encodeAttributes(other))).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  test('differs when one attribute does, and the attribute is named', () => {
    fc.assert(
      fc.property(attributes, fc.nat(), values, (item, pick, replacement) => {
        const names = [...item.keys()];
        const name = names[pick % Math.max(1, names.length)] ?? 'new';
        const changed = new Map(item).set(name, replacement);
        const [a, b] = [encodeAttributes(item), encodeAttributes(changed)];
        const was = item.get(name);
        const same =
          was !== undefined &&
          itemDigest(encodeAttributes(new Map([['x', was]]))).equals(
            itemDigest(encodeAttributes(new Map([['x', replacement]]))),
          );
        expect(itemDigest(a).equals(itemDigest(b))).toBe(same);
        expect(attributeDifferences(a, b)).toEqual(same ? [] : [name]);
      }),
      { numRuns: 150 },
    );
  });

  test.each([
    ['absent and null', '{}', '{"a":{"NULL":true}}', ['a']],
    ['types', '{"a":{"S":"1"}}', '{"a":{"N":"1"}}', ['a']],
    ['the order of a list', '{"a":{"L":[{"S":"1"},{"S":"2"}]}}', '{"a":{"L":[{"S":"2"},{"S":"1"}]}}', ['a']],
    ['a list and a set', '{"a":{"L":[{"S":"1"}]}}', '{"a":{"SS":["1"]}}', ['a']],
    ['an empty list and an empty map', '{"a":{"L":[]}}', '{"a":{"M":{}}}', ['a']],
    ['where a string ends', '{"a":{"SS":["ab","c"]}}', '{"a":{"SS":["a","bc"]}}', ['a']],
    ['which attribute', '{"b":{"S":"x"},"a":{"S":"y"}}', '{"a":{"S":"x"},"b":{"S":"y"}}', ['a', 'b']],
    ['how deep', '{"a":{"L":[{"L":[]},{"S":""}]}}', '{"a":{"L":[{"L":[{"S":""}]}]}}', ['a']],
  ])('tells %s', (_, a, b, names) => {
    expect(itemDigest(json(a)).equals(itemDigest(json(b)))).toBe(false);
    expect(attributeDifferences(json(a), json(b))).toEqual(names);
    expect(attributeDifferences(json(b), json(a))).toEqual(names);
  });
});
