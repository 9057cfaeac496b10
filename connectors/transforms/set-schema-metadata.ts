import { z } from 'zod';
import { replaceNull } from './replace-null.ts';
import { type Contradiction, noChange, transformPlugin } from './transform.ts';

const options = z.strictObject({
  'schema.name': z.string().min(1).describe('Name of the schema.').exactOptional(),
  'schema.version': z.int().describe('Version of the schema.').exactOptional(),
  'replace.null.with.default': replaceNull(),
});

function contradiction(given: z.output<typeof options>): Contradiction | null {
  if (given['schema.name'] !== undefined || given['schema.version'] !== undefined) return null;
  return {
    option: 'schema.name',
    message: 'is missing, and so is schema.version',
    remedy: 'Name one of the two, or remove the transform: it changes nothing.',
  };
}

/** Kafka Connect names the schema of a value. Items have none, so it changes nothing. */
export const setSchemaMetadata = transformPlugin({
  name: 'SetSchemaMetadata$Value',
  summary: 'Names the schema of values; items have none.',
  options,
  contradiction,
  make: () => noChange,
});

/** Kafka Connect names the schema of a key. Keys have only that of the wire, so it changes nothing. */
export const setKeySchemaMetadata = transformPlugin({
  name: 'SetSchemaMetadata$Key',
  summary: 'Names the schema of keys; those of items have none.',
  options,
  contradiction,
  make: () => noChange,
});
