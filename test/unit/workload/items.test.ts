import { expect, test } from 'vitest';
import type { KeySchema } from '../../../schemas/values.ts';
import { type JsonItem, jsonOf } from '../../../workload/calls.ts';
import { type ItemShape, itemOf, MIXED, otherItemOf } from '../../../workload/items.ts';
import { isOwnKey, keyOf } from '../../../workload/keys.ts';
import { operationOf } from '../../../workload/operations.ts';

const items = Array.from({ length: 2_000 }, (_, index) => itemOf(5, index));

test('the same seed and number give the same item, another seed another', () => {
  expect(itemOf(5, 77)).toEqual(items[77]);
  expect(itemOf(6, 77)).not.toEqual(items[77]);
});

test('items hold all ten types', () => {
  const types = new Set(items.flatMap((item) => Object.values(item).flatMap((value) => Object.keys(value))));
  expect([...types].sort()).toEqual(['B', 'BOOL', 'BS', 'L', 'M', 'N', 'NS', 'NULL', 'S', 'SS']);
});

test('some items are larger than 100 KB and none reaches 400 KB', () => {
  const sizes = items.map((item) => Buffer.byteLength(item['Lyrics']?.S ?? ''));
  expect(Math.max(...sizes)).toBeGreaterThan(100_000);
  expect(Math.max(...sizes)).toBeLessThan(350_000);
});

test('every number has a key of its own', () => {
  const keys = new Set(Array.from({ length: 500 }, (_, index) => JSON.stringify(keyOf(index))));
  expect(keys.size).toBe(500);
});

test('a replacement keeps the key and none of the other attributes', () => {
  const { Artist, SongTitle, ...others } = otherItemOf(5, 77);
  expect({ Artist, SongTitle }).toEqual(keyOf(77));
  expect(Object.keys(others).filter((name) => name in itemOf(5, 77))).toEqual([]);
});

test('a workload follows from its seed: every kind of write, half of them on the hot keys', () => {
  const spread = { items: 1_000, hotKeys: 10 };
  const operations = Array.from({ length: 2_000 }, (_, number) => operationOf(3, number, spread));
  expect(operationOf(3, 77, spread)).toEqual(operations[77]);
  expect(new Set(operations.map((operation) => operation.kind))).toEqual(
    new Set(['put', 'update', 'replace', 'delete']),
  );
  const hot = operations.filter((operation) => operation.index < 10).length;
  expect(hot / operations.length).toBeCloseTo(0.5, 1);
  expect(operations.some((operation) => operation.index >= 1_000)).toBe(true);
});

test.each([
  [[{ name: 'id', type: 'N' }]],
  [[{ name: 'id', type: 'B' }]],
  [
    [
      { name: 'a', type: 'S' },
      { name: 'b', type: 'N' },
    ],
  ],
  [
    [
      { name: 'Year', type: 'B' },
      { name: 'Tags', type: 'S' },
    ],
  ],
] satisfies [KeySchema][])('items fit into a table with the key %j, and are known again by it', (keys) => {
  const item = itemOf(5, 77, MIXED, keys);
  for (const { name, type } of keys) expect(Object.keys(item[name] ?? {})).toEqual([type]);
  const distinct = new Set(Array.from({ length: 500 }, (_, index) => jsonOf(keyOf(index, keys))));
  expect(distinct.size).toBe(500);
  const found = JSON.parse(jsonOf(item)) as JsonItem;
  expect(isOwnKey(found, keys)).toBe(true);
  const { [keys[0]!.name]: _key, ...without } = found;
  expect(isOwnKey(without, keys)).toBe(false);
  expect(isOwnKey({ ...found, [keys[0]!.name]: { S: 'customer-17' } }, keys)).toBe(false);
});

test('an item is as large as its padding asks for, and small ones are small', () => {
  const sizeOf = (shape: ItemShape) => jsonOf(itemOf(5, 7, shape)).length;
  expect(sizeOf({ size: 'mixed', paddingBytes: 5000 }) - sizeOf(MIXED)).toBe(
    5000 + ',"Padding":{"S":""}'.length,
  );
  expect(sizeOf({ size: 'small', paddingBytes: 0 })).toBeLessThan(200);
});
