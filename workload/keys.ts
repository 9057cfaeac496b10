import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { KeyAttribute, KeySchema } from '../schemas/values.ts';

/** The key of the tables that this workload creates itself. */
export const MUSIC_KEYS: KeySchema = [
  { name: 'Artist', type: 'S' },
  { name: 'SongTitle', type: 'S' },
];

/** Items of one partition key, where there is a sort key. */
const itemsPerPartition = 20;

/** The key of the item with this number, for a table of any key schema. */
export function keyOf(index: number, keys: KeySchema = MUSIC_KEYS): Record<string, AttributeValue> {
  const [partition, sort] = keys;
  if (partition === undefined) throw new RangeError('a table has a partition key');
  if (sort === undefined) return { [partition.name]: keyValue(partition, index) };
  return {
    [partition.name]: keyValue(partition, Math.floor(index / itemsPerPartition)),
    [sort.name]: keyValue(sort, index),
  };
}

function keyValue({ name, type }: KeyAttribute, number: number): AttributeValue {
  if (type === 'S') return { S: `${name} ${number}` };
  return type === 'N' ? { N: String(number) } : { B: new TextEncoder().encode(`${name} ${number}`) };
}

/** A key attribute as DynamoDB JSON has it. */
export type JsonKeyValue = Readonly<Record<string, unknown>>;

/** Whether an item has a key as {@link keyOf} makes them: of the items of a table, whether this workload wrote them. */
export function isOwnKey(item: Readonly<Record<string, JsonKeyValue>>, keys: KeySchema): boolean {
  return keys.every(({ name, type }) => {
    const value = item[name]?.[type];
    if (typeof value !== 'string') return false;
    const text = type === 'B' ? Buffer.from(value, 'base64').toString() : value;
    return type === 'N'
      ? /^\d+$/.test(text)
      : text.startsWith(`${name} `) && /^\d+$/.test(text.slice(name.length + 1));
  });
}
