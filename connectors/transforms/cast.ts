import { z } from 'zod';
import { type AttributePath, PathSyntaxError, pathText } from '../../schemas/attribute-path.ts';
import { Item } from '../../schemas/item.ts';
import { ConnectError } from '../errors.ts';
import { CAST_TYPES, type CastType, castValue } from './cast-value.ts';
import { type FieldSyntax, fieldSyntax, readable, readPairs } from './fields.ts';
import { editMap, PathTree } from './path-tree.ts';
import { replaceNull } from './replace-null.ts';
import { transformPlugin } from './transform.ts';

function readSpec(text: string, syntax?: FieldSyntax): [AttributePath, CastType][] {
  if (isType(text.trim())) throw new PathSyntaxError('casts a whole value, but an item is no single value');
  return readPairs(text, syntax).map(([path, type]) => {
    if (!isType(type)) {
      throw new PathSyntaxError(
        `casts ${pathText(path)} to ${type}, which is none of ${CAST_TYPES.join(', ')}`,
      );
    }
    return [path, type];
  });
}

const isType = (text: string): text is CastType => (CAST_TYPES as readonly string[]).includes(text);

/** Gives fields another type; an item where that loses something is a bad record. */
export const cast = transformPlugin({
  name: 'Cast$Value',
  summary: 'Gives fields another type, where nothing is lost by it.',
  options: z.strictObject({
    spec: readable(
      (text) => readSpec(text),
      `Fields and their types, as field:type with commas between. Types: ${CAST_TYPES.join(', ')}.`,
    ),
    'field.syntax.version': fieldSyntax(),
    'replace.null.with.default': replaceNull(),
  }),
  make({ spec, 'field.syntax.version': syntax }) {
    const casts = readSpec(spec, syntax);
    const tree = PathTree.of(casts);
    return {
      meaning: JSON.stringify(casts.map(([path, type]) => [pathText(path), type]).sort()),
      change(item) {
        if (!tree.meets(item)) return item;
        const after = editMap(item.attributes, tree, (value, type, path) => {
          try {
            return castValue(value, type);
          } catch (cause) {
            const what = cause instanceof Error ? cause.message : String(cause);
            throw new ConnectError('RECORD_TRANSFORM', `${pathText(path)}, ${what}`, { cause });
          }
        });
        return after === item.attributes ? item : Item.fromAttributes(after);
      },
      touches: (attribute) => (tree.endsAt(attribute) ? { option: 'spec', does: 'casts' } : null),
    };
  },
});
