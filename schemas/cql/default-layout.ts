import type { KeySchema, KeyType } from '../values.ts';
import { TABLE_NAME } from './identifiers.ts';
import { LEFTOVERS_TYPE, type MappingDocument } from './mapping-schema.ts';

/** What a key column is where the mapping does not say: each holds every value of its key type exactly. */
export const KEY_TYPES: Readonly<Record<KeyType, string>> = { S: 'text', N: 'decimal', B: 'blob' };

/** Where the default layout puts all but the key. */
const DEFAULT_LEFTOVERS = 'attributes';

/** What a table without a document becomes: its key columns, and the other attributes as DynamoDB JSON. Nothing is lost. */
export function defaultDocument(table: string): MappingDocument {
  return {
    table,
    into: {},
    types: {},
    columns: [],
    leftovers: { column: DEFAULT_LEFTOVERS, type: LEFTOVERS_TYPE },
  };
}

/** Why the default layout cannot be had, as a clause that follows the table's name; null: it can. */
export function defaultRefusal(table: string, keySchema: KeySchema): string | null {
  if (!TABLE_NAME.test(table)) return 'has a name that a CQL table cannot have (a-z A-Z 0-9 _, 192 at most)';
  return keySchema.some(({ name }) => name === DEFAULT_LEFTOVERS)
    ? `has a key attribute called "${DEFAULT_LEFTOVERS}", like the column for all others`
    : null;
}
