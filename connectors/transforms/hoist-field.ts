import { z } from 'zod';
import { itemWithKey } from './keep-key.ts';
import { transformPlugin } from './transform.ts';

/** Puts the whole item into one attribute, a map; beside it stand the key attributes, and nothing else. */
export const hoistField = transformPlugin({
  name: 'HoistField$Value',
  summary: 'Puts the whole item into one attribute, a map, beside the key attributes.',
  options: z.strictObject({
    field: z.string().min(1).describe('Name of the attribute; a dot in it is its own.'),
  }),
  make: ({ field }) => ({
    meaning: JSON.stringify([field]),
    change: (item, of) => itemWithKey(new Map([[field, { M: item.attributes }]]), of),
    touches: (attribute) => (attribute === field ? { option: 'field', does: 'writes over' } : null),
  }),
});
