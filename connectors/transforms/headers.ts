import { z } from 'zod';
import { Item } from '../../schemas/item.ts';
import { fieldSyntax, fields, names, readFields, readNames, sortedTexts } from './fields.ts';
import { editMap, PathTree } from './path-tree.ts';
import { replaceNull } from './replace-null.ts';
import { noChange, transformPlugin } from './transform.ts';

/** Kafka Connect adds a header to records. No header reaches a target, so it changes nothing. */
export const insertHeader = transformPlugin({
  name: 'InsertHeader',
  summary: 'Adds a header to records; no header reaches a target.',
  options: z.strictObject({
    header: z.string().min(1).describe('Name of the header.'),
    'value.literal': z.string().describe('Its value.'),
  }),
  make: () => noChange,
});

/** Kafka Connect removes headers from records. No header reaches a target, so it changes nothing. */
export const dropHeaders = transformPlugin({
  name: 'DropHeaders',
  summary: 'Removes headers from records; no header reaches a target.',
  options: z.strictObject({ headers: names('Names of headers, with commas between.') }),
  make: () => noChange,
});

/** Moves fields into headers, which means that they go: no header reaches a target. Copies of them change nothing. */
export const headerFrom = transformPlugin({
  name: 'HeaderFrom$Value',
  summary: 'Moves fields into headers, so that they do not reach the target, or copies them there.',
  options: z.strictObject({
    fields: fields('Fields to move or copy, with commas between.'),
    headers: names('Names of headers, as many as fields, with commas between.'),
    operation: z
      .enum(['move', 'copy'])
      .describe('move: the fields are removed from the item. copy: it stays as it is.'),
    'field.syntax.version': fieldSyntax(),
    'replace.null.with.default': replaceNull(),
  }),
  contradiction({ fields: list, headers, 'field.syntax.version': syntax }) {
    const [from, to] = [readFields(list, syntax).length, readNames(headers).length];
    if (from === to) return null;
    return {
      option: 'headers',
      message: `names ${to} headers for ${from} fields`,
      remedy: 'Name a header for each field, in their order.',
    };
  },
  make({ fields: list, operation, 'field.syntax.version': syntax }) {
    if (operation === 'copy') return noChange;
    const paths = readFields(list, syntax);
    const tree = PathTree.of(paths.map((path) => [path, true]));
    return {
      meaning: JSON.stringify(sortedTexts(paths)),
      change: (item) =>
        tree.meets(item) ? Item.fromAttributes(editMap(item.attributes, tree, () => null)) : item,
      touches: (attribute) => (tree.endsAt(attribute) ? { option: 'fields', does: 'moves' } : null),
    };
  },
});
