import { z } from 'zod';
import { pathText } from '../../schemas/attribute-path.ts';
import { valueAt } from '../../schemas/item-look.ts';
import { ConnectError } from '../errors.ts';
import { field, fieldSyntax, readField } from './fields.ts';
import { itemWithKey } from './keep-key.ts';
import { replaceNull } from './replace-null.ts';
import { transformPlugin } from './transform.ts';

/** Makes the item of one of its maps, and of the key attributes. Kafka Connect takes any value; a row needs names. */
export const extractField = transformPlugin({
  name: 'ExtractField$Value',
  summary: 'Makes the item of one of its maps, and of the key attributes.',
  options: z.strictObject({
    field: field('Field whose members become the attributes: a map in every item.'),
    'field.syntax.version': fieldSyntax(),
    'replace.null.with.default': replaceNull(),
  }),
  make({ field: name, 'field.syntax.version': syntax }) {
    const path = readField(name, syntax);
    return {
      meaning: JSON.stringify([pathText(path)]),
      change(item, of) {
        const value = valueAt(item, path);
        if (value !== null && 'M' in value) return itemWithKey(value.M, of);
        const what = value === null ? 'is not there' : `is ${Object.keys(value)[0]}, no map`;
        throw new ConnectError('RECORD_TRANSFORM', `${pathText(path)} ${what}`);
      },
      touches: (attribute) => (attribute === path[0] ? { option: 'field', does: 'takes for a map' } : null),
    };
  },
});
