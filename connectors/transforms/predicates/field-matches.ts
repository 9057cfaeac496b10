import { z } from 'zod';
import { pathText } from '../../../schemas/attribute-path.ts';
import { valueAt } from '../../../schemas/item-look.ts';
import { canonicalNumber } from '../../../schemas/numbers.ts';
import type { AttributeValue } from '../../../schemas/values.ts';
import { field, readField } from '../fields.ts';
import { pattern, readPattern } from './pattern.ts';
import { predicatePlugin } from './predicate.ts';

/** Holds of items with such a text, number (in plain digits), truth value, or element of a set of texts or numbers. */
export const fieldMatches = predicatePlugin({
  name: 'FieldMatches',
  summary: 'Holds of items whose field matches a regular expression.',
  ofConnect: false,
  options: z.strictObject({
    field: field('Field to look at.'),
    pattern: pattern('Regular expression for its whole text.'),
  }),
  make(options) {
    const path = readField(options.field);
    const expression = readPattern(options.pattern);
    return {
      meaning: JSON.stringify([pathText(path), options.pattern]),
      ofTable: () => (item) => {
        const value = valueAt(item, path);
        return value !== null && textsOf(value).some((text) => expression.test(text));
      },
    };
  },
});

/** The texts of a value; none for types that have no plain one. */
function textsOf(value: AttributeValue): readonly string[] {
  if ('S' in value) return [value.S];
  if ('N' in value) return [canonicalNumber(value.N)];
  if ('BOOL' in value) return [String(value.BOOL)];
  if ('SS' in value) return value.SS;
  return 'NS' in value ? value.NS.map((number) => canonicalNumber(number)) : [];
}
