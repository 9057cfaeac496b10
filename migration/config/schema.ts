import { z } from 'zod';
import { deadLettersSchema, kafkaSchema } from './kafka-schema.ts';
import { count } from './leaves.ts';
import { sourceSchema } from './source-schema.ts';
import { targetSchema } from './target-schema.ts';
import { predicatesSchema, transformsSchema } from './transform-schema.ts';

/** The migration file as people write it; {@link import('./defaults.ts').withDefaults} adds what depends on other keys. */
export const migrationSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, {
        error: 'must be a-z, 0-9 and -, begin with a letter or digit, 40 characters at most',
      })
      .describe('Name of the migration: the group of its workers and the first part of its names.'),
    source: sourceSchema,
    kafka: kafkaSchema,
    target: targetSchema,
    transforms: transformsSchema,
    predicates: predicatesSchema,
    tasks: z
      .strictObject({
        source: count().default(1).describe('Most tasks of each source connector.'),
        sink: count().default(1).describe('Most tasks of the sink connector.'),
      })
      .describe('How many tasks share the work.')
      .prefault({}),
    deadLetters: deadLettersSchema.prefault({}),
    ready: z
      .strictObject({
        lagSeconds: z
          .number()
          .min(0)
          .default(10)
          .describe('Seconds: a table is ready when every source change older than this is written.'),
      })
      .describe('What counts as ready.')
      .prefault({}),
  })
  .describe('A migration of DynamoDB tables to ScyllaDB.');

/** What a valid file says, before the defaults that depend on other keys. */
export type MigrationFile = z.output<typeof migrationSchema>;
