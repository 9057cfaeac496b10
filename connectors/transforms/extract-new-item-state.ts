import { z } from 'zod';
import { noChange, transformPlugin } from './transform.ts';

const deletes = 'Deletes always reach the target.';
const byRecord =
  'An item must become the same whichever record brings it: a row, a change, or a look at the table by `verify`.';

/**
 * Takes the new item out of a change. What a sink gets is that item already, so it changes nothing.
 *
 * Debezium's ExtractNewRecordState, with those of its options that a sink of items can keep to (Debezium: New Record State Extraction).
 */
export const extractNewItemState = transformPlugin({
  name: 'ExtractNewItemState',
  className: 'io.debezium.transforms.ExtractNewRecordState',
  summary: 'Takes the new item out of a change; a sink gets nothing else anyway.',
  options: z.strictObject({
    'delete.tombstone.handling.mode': z
      .enum(['tombstone', 'delete-to-tombstone'])
      .default('tombstone')
      .describe('What becomes of deletes; both mean that the target deletes the item.'),
    'add.headers': z.string().describe('Taken, but no header reaches a target.').exactOptional(),
    'add.headers.prefix': z.string().describe('Taken, but no header reaches a target.').exactOptional(),
  }),
  refusedOptions: {
    'add.fields': byRecord,
    'add.fields.prefix': byRecord,
    'delete.handling.mode': deletes,
    'drop.tombstones': deletes,
    'drop.fields.header.name': 'No record has such a header; ReplaceField$Value removes fields.',
    'route.by.field': 'Tables are renamed in target.tables.',
  },
  make: () => noChange,
});
