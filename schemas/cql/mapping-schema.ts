import { z } from 'zod';
import { TABLE_NAME } from './identifiers.ts';

/** The type of a leftovers column. Frozen, because CQL cannot tell an empty map that is not frozen from none. */
export const LEFTOVERS_TYPE = 'frozen<map<text, text>>';

const unit = z.enum(['seconds', 'milliseconds', 'microseconds']);

const columnName = (description: string) => z.string().min(1).describe(description);
const typeText = (description: string) => z.string().min(1).describe(description);

const column = z.strictObject({
  column: columnName('Name of the column as it is, without quotes.'),
  type: typeText("CQL type, such as text, decimal or 'frozen<set<text>>'."),
  attribute: z
    .string()
    .min(1)
    .describe('Attribute that it holds; Awards.Year leads into a map, Plays[0] into a list.'),
  onMismatch: z
    .enum(['leftovers', 'null', 'dead-letter'])
    // YAML reads the word without quotes as no value.
    .nullable()
    .transform((word) => word ?? 'null')
    .describe(
      'What becomes of a value that the type cannot hold: it stands in the leftovers column, the column is null, or the item is set aside. Default: leftovers where there is such a column, else dead-letter; always dead-letter for key columns.',
    )
    .exactOptional(),
  unit: unit
    .describe('What a number counts that becomes a timestamp. Default: milliseconds.')
    .exactOptional(),
  lossy: z
    .boolean()
    .describe(
      'Whether a float or double column rounds numbers that it does not hold exactly. Default: false.',
    )
    .exactOptional(),
  as: z.enum(['json']).describe('json: a text column holds any attribute as DynamoDB JSON.').exactOptional(),
});

const into = z.strictObject({
  table: z
    .string()
    .regex(TABLE_NAME, { error: 'must be 1 to 192 of the characters a-z A-Z 0-9 _' })
    .describe('Name of the CQL table. Default: that of the source table.')
    .exactOptional(),
  options: z
    .string()
    .min(1)
    .describe("What stands behind WITH in CREATE TABLE, such as compaction = {'class': '…'}.")
    .exactOptional(),
});

const key = z.strictObject({
  partition: z
    .array(columnName('Name of a column.'))
    .min(1)
    .describe('Columns of the partition key, in their order.'),
  clustering: z
    .array(columnName('Name of a column.'))
    .default([])
    .describe('Clustering columns, in their order.'),
  unique: z
    .boolean()
    .default(false)
    .describe('Says that no two items have the same key, though it leaves source key attributes out.'),
});

const leftovers = z.union([
  z.enum(['drop', 'dead-letter']),
  z.strictObject({
    column: columnName('Column for the attributes that no other holds: name to DynamoDB JSON.'),
    type: typeText('Its CQL type.').default(LEFTOVERS_TYPE),
  }),
]);

const ttl = z.strictObject({
  attribute: z.string().min(1).describe('Attribute that says when an item expires.'),
  unit: unit.default('seconds').describe('What it counts since 1970.'),
  expired: z
    .enum(['keep', 'delete'])
    .default('keep')
    .describe('What becomes of an item whose time has passed: it is written without TTL, or deleted.'),
});

/** One document of a mapping file: what becomes of one source table in CQL. */
export const mappingDocument = z
  .strictObject({
    table: z.string().min(1).describe('Name of the source table.'),
    into: into.default({}).describe('The CQL table.'),
    types: z
      .record(
        z.string().min(1),
        z.record(z.string().min(1), typeText('CQL type of the field.')).describe('Fields, in their order.'),
      )
      .default({})
      .describe('User-defined types by name.'),
    key: key.describe('Primary key. Default: the key of the source table.').exactOptional(),
    columns: z
      .array(column)
      .default([])
      .describe('Columns. Those of the source key may be left out: then they are text, decimal or blob.'),
    leftovers: leftovers
      .describe(
        'Where attributes go that no column holds: a column, drop (counted), or dead-letter (the item is set aside).',
      )
      .default('dead-letter'),
    ttl: ttl.describe('Makes rows expire as the items do, with USING TTL. Default: none.').exactOptional(),
  })
  .describe('What becomes of one source table in CQL.');

export type MappingDocument = z.output<typeof mappingDocument>;
export type MappingColumn = MappingDocument['columns'][number];
