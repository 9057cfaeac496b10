import { z } from 'zod';
import { type AttributePath, PathSyntaxError, pathText } from '../../schemas/attribute-path.ts';
import { Item } from '../../schemas/item.ts';
import { valueAt } from '../../schemas/item-look.ts';
import type { Attributes, AttributeValue } from '../../schemas/values.ts';
import { ConnectError } from '../errors.ts';
import { type FieldSyntax, fieldSyntax, readable, readField } from './fields.ts';
import { replaceNull } from './replace-null.ts';
import { transformPlugin } from './transform.ts';

/** Kafka Connect's mark at the end of a name, `!` required and `?` optional, says nothing where there is no schema. */
function readPlace(text: string, syntax?: FieldSyntax): AttributePath {
  const path = readField(text.trim().replace(/[!?]$/, ''), syntax);
  if (path.some((step) => typeof step === 'number')) throw new PathSyntaxError('leads into a list');
  return path;
}

const byRecord =
  'An item must become the same whichever record brings it: a row, a change, or a look at the table by `verify`.';

/** Adds a field with a fixed text to every item. */
export const insertField = transformPlugin({
  name: 'InsertField$Value',
  summary: 'Adds a field with a fixed text.',
  options: z.strictObject({
    'static.field': readable(
      (text) => readPlace(text),
      'Field to add, or to write over; maps that its path goes through are made where they are missing.',
    ),
    'static.value': z
      .string()
      .describe('Its value, a text (S); Cast$Value behind it makes another type of it.'),
    'field.syntax.version': fieldSyntax(),
    'replace.null.with.default': replaceNull(),
  }),
  refusedOptions: {
    'timestamp.field': byRecord,
    'topic.field': byRecord,
    'partition.field': byRecord,
    'offset.field': byRecord,
  },
  make({ 'static.field': place, 'static.value': text, 'field.syntax.version': syntax }) {
    const path = readPlace(place, syntax);
    const value: AttributeValue = { S: text };
    return {
      meaning: JSON.stringify([pathText(path), text]),
      change(item) {
        const there = valueAt(item, path);
        if (there !== null && 'S' in there && there.S === text) return item;
        return Item.fromAttributes(inserted(item.attributes, path, value));
      },
      touches: (attribute) =>
        attribute === path[0]
          ? { option: 'static.field', does: path.length === 1 ? 'writes over' : 'writes into' }
          : null,
    };
  },
});

function inserted(map: Attributes, path: readonly (string | number)[], value: AttributeValue): Attributes {
  const [step, ...rest] = path;
  const name = String(step);
  if (rest.length === 0) return new Map(map).set(name, value);
  const inside = map.get(name) ?? { M: new Map() };
  if (!('M' in inside)) {
    const type = Object.keys(inside)[0];
    throw new ConnectError(
      'RECORD_TRANSFORM',
      `${JSON.stringify(name)} is ${type}, no map to add a field to`,
    );
  }
  return new Map(map).set(name, { M: inserted(inside.M, rest, value) });
}
