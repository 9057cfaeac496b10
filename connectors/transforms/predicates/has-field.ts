import { z } from 'zod';
import { pathText } from '../../../schemas/attribute-path.ts';
import { valueAt } from '../../../schemas/item-look.ts';
import { field, readField } from '../fields.ts';
import { predicatePlugin } from './predicate.ts';

/** Holds of items that have a field, whatever its type and value. */
export const hasField = predicatePlugin({
  name: 'HasField',
  summary: 'Holds of items that have a field.',
  ofConnect: false,
  options: z.strictObject({ field: field('Field to look for.') }),
  make(options) {
    const path = readField(options.field);
    return {
      meaning: JSON.stringify([pathText(path)]),
      ofTable: () => (item) => valueAt(item, path) !== null,
    };
  },
});
