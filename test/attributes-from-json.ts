import { Item } from '../schemas/item.ts';
import type { Attributes } from '../schemas/values.ts';

/** The attributes in a DynamoDB JSON object that JSON.parse made. */
export function attributesFromJson(value: unknown): Attributes {
  return Item.fromJson(Buffer.from(JSON.stringify(value))).attributes;
}
