import { chainOf, type PredicateConfig, type TransformConfig } from '../../../connectors/transforms/chain.ts';
import type { ChangeRecord } from '../../../schemas/change.ts';
import { Item } from '../../../schemas/item.ts';
import { encodeKey } from '../../../schemas/key.ts';
import { attributesFromJson } from '../../attributes-from-json.ts';

/** An item as DynamoDB JSON. */
export type Json = Readonly<Record<string, unknown>>;

const keys = [{ name: 'pk', type: 'S' as const }];

export const itemOf = (json: Json): Item => Item.fromAvro(Item.fromAttributes(attributesFromJson(json)).avro);

export const jsonOf = (item: Item | null): Json | null => item && JSON.parse(item.json.toString());

/** A change of the item with key `k` in table `T`; the key attribute `pk` is added. */
export function changeOf(after: Json | null, before: Json | null = null): ChangeRecord {
  const item = (json: Json | null) => json && itemOf({ pk: { S: 'k' }, ...json });
  return {
    op: after === null ? 'd' : 'u',
    version: 5,
    table: 'T',
    origin: { shard: 's', sequence: '1', event: 'e', ttl: false },
    timestampMs: 1,
    key: encodeKey(keys, new Map([['pk', { S: 'k' }]])),
    before: item(before),
    after: item(after),
  };
}

export const chain = (
  transforms: readonly TransformConfig[],
  predicates: Readonly<Record<string, PredicateConfig>> = {},
  loaded: readonly unknown[] = [],
) =>
  chainOf(transforms, predicates, {
    topicsOf: (table) => [`p.${table}.snapshot`, `p.${table}.changes`],
    loaded,
  });

export const one = (transform: TransformConfig, predicates: Readonly<Record<string, PredicateConfig>> = {}) =>
  chain([transform], predicates)[0]!;

/** What a transform makes of an item, without its key attribute; null: it is filtered. */
export function transformed(
  transform: TransformConfig,
  json: Json,
  predicates: Readonly<Record<string, PredicateConfig>> = {},
): Json | null {
  const after = jsonOf(one(transform, predicates).apply(changeOf(json))?.after ?? null);
  if (after === null) return null;
  const { pk: _, ...rest } = after;
  return rest;
}
