import { encodeValue } from '../../schemas/encode.ts';
import { Item } from '../../schemas/item.ts';
import { valueAt } from '../../schemas/item-look.ts';
import { decodeKey } from '../../schemas/key.ts';
import type { Attributes } from '../../schemas/values.ts';
import { ConnectError } from '../errors.ts';
import type { ItemOwner } from './transform.ts';

/**
 * Attributes as an item with its key attributes, which come from the record's key.
 *
 * As with Kafka Connect's sinks that take the key from the record's key (`pk.mode=record_key`): whatever a transform makes of the
 * value, a row stays where it is.
 *
 * @throws ConnectError RECORD_TRANSFORM where another value stands under a key attribute's name; CodecError for what is no item
 */
export function itemWithKey(attributes: Attributes, { key }: ItemOwner): Item {
  const all = new Map(decodeKey(key));
  for (const [name, value] of attributes) {
    const own = all.get(name);
    if (own !== undefined && !encodeValue(own).equals(encodeValue(value))) {
      throw new ConnectError(
        'RECORD_TRANSFORM',
        `two fields would have the name ${JSON.stringify(name)}, that of a key attribute`,
      );
    }
    all.set(name, value);
  }
  const item = Item.fromAttributes(all);
  // What DynamoDB could not hold (a map too deep) shows when the bytes are made.
  void item.avro;
  return item;
}

/** The first key attribute that is another, or there on one side only; null: both are items of one key. */
export function changedKey(before: Item, after: Item, { key }: ItemOwner): string | null {
  for (const name of decodeKey(key).keys()) {
    const [was, is] = [valueAt(before, [name]), valueAt(after, [name])];
    const isSame = was === null || is === null ? was === is : encodeValue(was).equals(encodeValue(is));
    if (!isSame) return name;
  }
  return null;
}
