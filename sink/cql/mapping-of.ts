import type { SinkTable } from '../../connectors/catalog-records.ts';
import { ConnectError } from '../../connectors/errors.ts';
import { compileMapping } from '../../schemas/cql/compile.ts';
import { MappingError } from '../../schemas/cql/mapping-problem.ts';
import type { MappingDocument } from '../../schemas/cql/mapping-schema.ts';
import type { TableMapping } from '../../schemas/cql/table-mapping.ts';
import type { CqlOptions } from './options.ts';

interface Compiled {
  readonly keys: string;
  readonly mapping: TableMapping;
}

const compiled = new WeakMap<CqlOptions, Map<string, Compiled>>();

/**
 * What becomes of a table; made once.
 *
 * @throws ConnectError TARGET_MAPPING when its mapping does not fit it
 */
export function mappingOf(options: CqlOptions, { facts: { table, keySchema } }: SinkTable): TableMapping {
  let known = compiled.get(options);
  if (known === undefined) compiled.set(options, (known = new Map()));
  const keys = JSON.stringify(keySchema);
  const found = known.get(table);
  if (found?.keys === keys) return found.mapping;
  try {
    const mapping = compileMapping(documentOf(options, table), { table, keySchema });
    known.set(table, { keys, mapping });
    return mapping;
  } catch (error) {
    if (!(error instanceof MappingError)) throw error;
    throw misfitting(table, error);
  }
}

/** What the user wrote of a table; null: nothing, it gets the default layout. */
export function documentOf({ mappings }: CqlOptions, table: string): MappingDocument | null {
  return mappings.find((document) => document.table === table) ?? null;
}

/** Name of the CQL table of a source table, without the keyspace. */
export function cqlTableOf(options: CqlOptions, table: string): string {
  return documentOf(options, table)?.into?.table ?? table;
}

/** Throws when another source table becomes the same CQL table: rows of both would be one. */
export function checkTableOnce(options: CqlOptions, table: string): void {
  const name = cqlTableOf(options, table);
  const other = options.mappings.find(
    (document) => document.table !== table && cqlTableOf(options, document.table) === name,
  );
  if (other === undefined) return;
  throw new ConnectError(
    'TARGET_MAPPING',
    `The tables "${table}" and "${other.table}" are both mapped into "${name}"; give one another name in \`into.table\``,
    { detail: { table } },
  );
}

function misfitting(table: string, error: MappingError): ConnectError {
  const problems = error.problems.map(
    ({ path, message, remedy }) => `${path.join('.')}: ${message} (${remedy})`,
  );
  return new ConnectError(
    'TARGET_MAPPING',
    `The mapping of table "${table}" does not fit it: ${problems.join('; ')}`,
    {
      cause: error,
      detail: { table },
    },
  );
}
