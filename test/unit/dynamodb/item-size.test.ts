import { expect, test } from 'vitest';
import { itemSizeBytes } from '../../../dynamodb/item-size.ts';
import { encodeAttributes } from '../../../schemas/encode.ts';
import { attributesFromJson } from '../../attributes-from-json.ts';

function sizeOf(item: object): number {
  return itemSizeBytes(encodeAttributes(attributesFromJson(item)));
}

test.each([
  [{}, 0],
  [{ a: { S: 'abc' } }, 4],
  [{ é: { S: 'é' } }, 4],
  [{ a: { S: '' } }, 1],
  [{ a: { B: 'AP8Q' } }, 4],
  [{ a: { BOOL: true } }, 2],
  [{ a: { NULL: true } }, 2],
  [{ a: { N: '0' } }, 2],
  [{ a: { N: '5' } }, 3],
  [{ a: { N: '12' } }, 3],
  [{ a: { N: '123' } }, 4],
  [{ a: { N: '-123' } }, 5],
  [{ a: { N: '1200000' } }, 3],
  [{ a: { N: '0.00012' } }, 3],
  [{ a: { N: '12.34' } }, 4],
  [{ a: { N: '10203' } }, 5],
  [{ a: { L: [] } }, 4],
  [{ a: { L: [{ S: 'x' }, { N: '1' }] } }, 1 + 3 + (1 + 1) + (1 + 2)],
  [{ a: { M: { bc: { S: 'x' } } } }, 1 + 3 + (1 + 2 + 1)],
  [{ a: { SS: ['x', 'yz'] } }, 4],
  [{ a: { NS: ['1', '22'] } }, 5],
  [{ a: { BS: ['AQ==', 'AgM='] } }, 4],
])('%j takes %i bytes', (item, size) => {
  expect(sizeOf(item)).toBe(size);
});

test('an item full of long numbers counts by digits, not by text', () => {
  const numbers = Array.from({ length: 10_000 }, (_, i) => ({ N: `${1e12 + i}` }));
  expect(sizeOf({ a: { L: numbers } })).toBeLessThan(10_000 * 13);
});
