import { z } from 'zod';
import { alternatorOptions } from '../../sink/alternator/options.ts';
import { clusterOptions, cqlOptions } from '../../sink/cql/options.ts';
import { filePath, tableName } from './leaves.ts';

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, { error: 'must be a-z 0-9 -, 40 characters at most' })
  .describe('Last part of the name of the sink connector. Default: the type.')
  .exactOptional();

const targetTableName = () =>
  z.string().regex(/^[A-Za-z0-9_.-]{3,192}$/, {
    error: 'must be 3 to 192 of the characters a-z A-Z 0-9 _ . - (the limit of Alternator)',
  });

const { batchItems: _, ...alternatorShape } = alternatorOptions.shape;

const alternator = z.strictObject({
  type: z.literal('alternator').describe('Writes through the DynamoDB API of ScyllaDB.'),
  name,
  ...alternatorShape,
  // The sink's cap is one of each task; a migration knows how many there are.
  writesPerSecond: z
    .number()
    .positive()
    .describe('Most writes per second. Default: no cap; below it the rate adapts by itself.')
    .exactOptional(),
  tables: z
    .record(tableName(), targetTableName().describe('Name of the table in the target.'))
    .default({})
    .describe('Other names for tables in the target. Default: the same name.'),
});

const cql = z.strictObject({
  type: z.literal('cql').describe('Writes typed columns through CQL.'),
  name,
  ...clusterOptions.shape,
  mapping: filePath(
    'Mapping file, one document per table. A table without one gets its key columns, and the other attributes as DynamoDB JSON.',
  ).exactOptional(),
  createTables: cqlOptions.shape.createTables,
  existing: cqlOptions.shape.existing,
});

/** Section `target`: one of the two languages of ScyllaDB, chosen by `type`. What its sink takes, it takes likewise. */
export const targetSchema = z
  .discriminatedUnion('type', [alternator, cql])
  .describe('The ScyllaDB cluster to write to; `type` switches the language.');

export type CqlTarget = z.output<typeof cql>;
