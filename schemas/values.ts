/**
 * One DynamoDB attribute value as objects: the third face of an {@link Item}, for transforms and mappings.
 *
 * Numbers stay canonical text (up to 38 digits, beyond what a JavaScript number holds), binary is bytes, and maps are
 * `Map`s, because an attribute may be called `__proto__`. Exactly one property is set.
 */
export type AttributeValue =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: Uint8Array }
  | { readonly BOOL: boolean }
  | { readonly NULL: true }
  | { readonly M: Attributes }
  | { readonly L: readonly AttributeValue[] }
  | { readonly SS: readonly string[] }
  | { readonly NS: readonly string[] }
  | { readonly BS: readonly Uint8Array[] };

/** The attributes of an item, or of a map inside one, by name. */
export type Attributes = ReadonlyMap<string, AttributeValue>;

/** The types a key attribute can have (DynamoDB API: AttributeDefinition). */
export type KeyType = 'S' | 'N' | 'B';

/** The key attributes of a table in key-schema order: partition key, then the sort key if there is one. */
export type KeySchema = readonly KeyAttribute[];

export interface KeyAttribute {
  readonly name: string;
  readonly type: KeyType;
}
