import { z } from 'zod';
import { type AttributePath, pathText } from '../../schemas/attribute-path.ts';
import { Item } from '../../schemas/item.ts';
import { canonicalNumber } from '../../schemas/numbers.ts';
import type { AttributeValue } from '../../schemas/values.ts';
import { ConnectError } from '../errors.ts';
import { fieldSyntax, fields, readFields, sortedTexts } from './fields.ts';
import { editMap, PathTree } from './path-tree.ts';
import { replaceNull } from './replace-null.ts';
import { transformPlugin } from './transform.ts';

/** Puts an empty value of the same type, or a replacement, in the place of values that nobody may see. */
export const maskField = transformPlugin({
  name: 'MaskField$Value',
  summary: 'Puts an empty value, or a replacement, in the place of others.',
  options: z.strictObject({
    fields: fields('Fields to mask, with commas between.'),
    replacement: z
      .string()
      .min(1)
      .describe('What takes the place of texts (S) and numbers (N). Default: the empty value of each type.')
      .exactOptional(),
    'field.syntax.version': fieldSyntax(),
    'replace.null.with.default': replaceNull(),
  }),
  make({ fields: list, replacement, 'field.syntax.version': syntax }) {
    const paths = readFields(list, syntax);
    const tree = PathTree.of(paths.map((path) => [path, true]));
    const mask = (value: AttributeValue, path: AttributePath) =>
      replacement === undefined ? emptied(value) : replaced(value, replacement, path);
    return {
      meaning: JSON.stringify([sortedTexts(paths), replacement ?? null]),
      change(item) {
        if (!tree.meets(item)) return item;
        const masked = editMap(item.attributes, tree, (value, _, path) => mask(value, path));
        return masked === item.attributes ? item : Item.fromAttributes(masked);
      },
      touches: (attribute) => (tree.endsAt(attribute) ? { option: 'fields', does: 'masks' } : null),
    };
  },
});

/** A set must not be empty: it keeps one empty element. */
function emptied(value: AttributeValue): AttributeValue {
  if ('S' in value) return { S: '' };
  if ('N' in value) return { N: '0' };
  if ('B' in value) return { B: Buffer.alloc(0) };
  if ('BOOL' in value) return { BOOL: false };
  if ('M' in value) return { M: new Map() };
  if ('L' in value) return { L: [] };
  if ('SS' in value) return { SS: [''] };
  if ('NS' in value) return { NS: ['0'] };
  if ('BS' in value) return { BS: [Buffer.alloc(0)] };
  return value;
}

function replaced(value: AttributeValue, replacement: string, path: AttributePath): AttributeValue {
  if ('NULL' in value) return value;
  if ('S' in value) return { S: replacement };
  const what = `${pathText(path)} is ${Object.keys(value)[0]}`;
  if (!('N' in value)) {
    throw new ConnectError('RECORD_TRANSFORM', `${what}; a replacement can stand for S and N only`);
  }
  try {
    return { N: canonicalNumber(replacement) };
  } catch (cause) {
    throw new ConnectError('RECORD_TRANSFORM', `${what}, and the replacement is no number`, { cause });
  }
}
