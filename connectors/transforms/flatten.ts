import { z } from 'zod';
import { Item } from '../../schemas/item.ts';
import { holdsMap } from '../../schemas/item-look.ts';
import type { Attributes, AttributeValue } from '../../schemas/values.ts';
import { ConnectError } from '../errors.ts';
import { transformPlugin } from './transform.ts';

/** Makes attributes of the item itself of the members of its maps, their names joined; lists, sets and empty maps stay. */
export const flatten = transformPlugin({
  name: 'Flatten$Value',
  summary: 'Makes attributes of the members of maps, their names joined.',
  options: z.strictObject({
    delimiter: z.string().default('.').describe('What joins the names.'),
  }),
  make: ({ delimiter }) => ({
    meaning: JSON.stringify([delimiter]),
    change: (item) => (holdsMap(item) ? Item.fromAttributes(flattened(item.attributes, delimiter)) : item),
    // Key attributes are no maps; a member whose joined name is a key's is a clash, found at the record.
    touches: () => null,
  }),
});

function flattened(attributes: Attributes, delimiter: string): Attributes {
  const flat = new Map<string, AttributeValue>();
  const add = (map: Attributes, prefix: string) => {
    for (const [name, value] of map) {
      const joined = prefix + name;
      if ('M' in value && value.M.size > 0) add(value.M, joined + delimiter);
      else if (flat.has(joined)) {
        throw new ConnectError(
          'RECORD_TRANSFORM',
          `two fields would have the name ${JSON.stringify(joined)}`,
        );
      } else flat.set(joined, value);
    }
  };
  add(attributes, '');
  return flat;
}
