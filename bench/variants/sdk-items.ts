import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { JsonItem } from '../shapes.ts';

/** The SDK takes binary as bytes where JSON has base64; the rest is the same. */
export function toSdkItem(item: JsonItem): Record<string, AttributeValue> {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, toSdkValue(value)]));
}

function toSdkValue(value: JsonItem[string]): AttributeValue {
  const { B, M, L } = value;
  if (typeof B === 'string') return { B: Buffer.from(B, 'base64') };
  if (M !== undefined) return { M: toSdkItem(M as JsonItem) };
  if (Array.isArray(L)) return { L: (L as JsonItem[string][]).map(toSdkValue) };
  return value as unknown as AttributeValue;
}
