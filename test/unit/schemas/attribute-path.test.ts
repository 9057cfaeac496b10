import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AttributePath, PathSyntaxError, parsePath, pathText } from '../../../schemas/attribute-path.ts';
import { encodeAttributes } from '../../../schemas/encode.ts';
import { Item } from '../../../schemas/item.ts';
import {
  AttributeNames,
  holdsAt,
  holdsMap,
  holdsNamed,
  holdsOther,
  valueAt,
} from '../../../schemas/item-look.ts';
import type { AttributeValue } from '../../../schemas/values.ts';
import { attributes, names } from '../../conformance/arbitraries.ts';

describe('a path', () => {
  test.each<[string, AttributePath]>([
    ['Price', ['Price']],
    ['Awards.Year', ['Awards', 'Year']],
    ['Tags[0]', ['Tags', 0]],
    ['a[1][2].b', ['a', 1, 2, 'b']],
    ['`a.b`.c', ['a.b', 'c']],
    ['`a[0]`', ['a[0]']],
    ['`a\\`b\\\\`', ['a`b\\']],
    ['two words', ['two words']],
    ['__proto__', ['__proto__']],
  ])('%s is read', (text, path) => {
    expect(parsePath(text)).toEqual(path);
  });

  test.each<[string, string]>([
    ['', 'holds an empty name'],
    ['a..b', 'holds an empty name'],
    ['.a', 'holds an empty name'],
    ['a.', 'holds an empty name'],
    ['``', 'holds an empty name'],
    ['[0]', 'holds an empty name'],
    ['`a', 'has a backtick without its end'],
    ['a[x]', 'has no index between its brackets'],
    ['a[01]', 'has no index between its brackets'],
    ['a[', 'has no index between its brackets'],
    ['a]', 'has something behind a name that is neither . nor ['],
    ['a[0]b', 'has something behind a name that is neither . nor ['],
    [`a${'[0]'.repeat(33)}`, 'goes deeper than an item can'],
  ])('%j is refused: it %s', (text, message) => {
    expect(() => parsePath(text)).toThrow(new PathSyntaxError(message));
  });

  test('is read back from its own text', () => {
    const name = names.filter((one) => one !== '');
    const path = fc
      .tuple(name, fc.array(fc.oneof(name, fc.nat({ max: 99_999 })), { maxLength: 8 }))
      .map(([first, rest]): AttributePath => [first, ...rest]);
    fc.assert(
      fc.property(path, (one) => {
        expect(parsePath(pathText(one))).toEqual(one);
      }),
    );
  });
});

describe('a look into an item', () => {
  /** Every path into a value, with what is there. */
  function* paths(value: AttributeValue): Generator<readonly [(string | number)[], AttributeValue]> {
    yield [[], value];
    const children: readonly (readonly [string | number, AttributeValue])[] =
      'M' in value ? [...value.M] : 'L' in value ? [...value.L.entries()] : [];
    for (const [step, child] of children)
      for (const [rest, end] of paths(child)) yield [[step, ...rest], end];
  }

  test('finds the value at every path, in bytes as in objects, and nothing behind it', () => {
    fc.assert(
      fc.property(attributes, (of) => {
        const avro = encodeAttributes(of);
        for (const [steps, value] of paths({ M: of })) {
          if (steps.length === 0) continue;
          const path = steps as unknown as AttributePath;
          for (const item of [Item.fromAvro(avro), Item.fromAttributes(of)]) {
            expect(valueAt(item, path)).toEqual(value);
            expect(holdsAt(item, path)).toBe(true);
            expect(valueAt(item, [...path, 'no such name'])).toBeNull();
            expect(holdsAt(item, [...path, 'no such name'])).toBe(false);
            expect(valueAt(item, [...path, 4])).toEqual('L' in value ? (value.L[4] ?? null) : null);
          }
        }
      }),
    );
  });

  test('tells from bytes what it tells from objects', () => {
    fc.assert(
      fc.property(attributes, fc.array(names), (of, some) => {
        const meant = new AttributeNames([...some, ...[...of.keys()].slice(0, 1)]);
        const bytes = Item.fromAvro(encodeAttributes(of));
        expect(holdsNamed(bytes, meant)).toBe([...of.keys()].some((name) => meant.has(name)));
        expect(holdsOther(bytes, meant)).toBe([...of.keys()].some((name) => !meant.has(name)));
        expect(holdsMap(bytes)).toBe([...of.values()].some((value) => 'M' in value && value.M.size > 0));
        expect(bytes.made).toBeNull();
        const objects = Item.fromAttributes(of);
        for (const look of [holdsNamed, holdsOther]) expect(look(objects, meant)).toBe(look(bytes, meant));
        expect(holdsMap(objects)).toBe(holdsMap(bytes));
      }),
    );
  });
});
