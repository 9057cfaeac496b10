import type { TableFacts } from '../connectors/catalog-records.ts';
import { dottedKey } from '../connectors/config/errors.ts';
import type { Problem } from '../connectors/connector.ts';
import { ConnectError } from '../connectors/errors.ts';
import { compileMapping } from '../schemas/cql/compile.ts';
import { MappingError, type MappingProblem } from '../schemas/cql/mapping-problem.ts';
import type { TableMapping } from '../schemas/cql/table-mapping.ts';
import type { Migration } from './config/defaults.ts';
import type { KeyPath } from './config/finding.ts';
import type { PlacedMapping } from './config/mapping-file.ts';

/** What a migration's tables become in CQL. */
export interface Mappings {
  /** Of the tables whose mapping fits; none where the target is not CQL. */
  readonly tables: ReadonlyMap<string, TableMapping>;
  /** Each with its line: which keys a table has, the file alone does not say. */
  readonly problems: readonly Problem[];
}

/** What the user wrote of a table; null: nothing, it gets the default columns. */
export const placedMapping = ({ mapping }: Migration, table: string): PlacedMapping | null =>
  mapping?.documents.find(({ document }) => document.table === table) ?? null;

/** Where a key of a table's mapping stands, `file:line`; null: the user wrote nothing of the table. */
export function mappingPlace(migration: Migration, table: string, path: KeyPath = []): string | null {
  const placed = placedMapping(migration, table);
  return placed && `${migration.mapping?.file}:${placed.lineOf(path)}`;
}

/** Makes the mapping of each table, and finds what is wrong with it. */
export function compileMappings(migration: Migration, facts: readonly TableFacts[]): Mappings {
  const tables = new Map<string, TableMapping>();
  const problems: Problem[] = [];
  if (migration.target.type !== 'cql') return { tables, problems };
  const owners = new Map<string, string>();
  for (const { table, keySchema } of facts) {
    try {
      const document = placedMapping(migration, table)?.document ?? null;
      const mapping = compileMapping(document, { table, keySchema });
      const owner = owners.get(mapping.table.name);
      if (owner !== undefined) problems.push(shared(migration, owner, table, mapping.table.name));
      else {
        owners.set(mapping.table.name, table);
        tables.set(table, mapping);
      }
    } catch (error) {
      if (!(error instanceof MappingError)) throw error;
      problems.push(...error.problems.map((problem) => unfit(migration, table, problem)));
    }
  }
  return { tables, problems };
}

function unfit(migration: Migration, table: string, { path, message, remedy }: MappingProblem): Problem {
  const place = mappingPlace(migration, table, path);
  const key = dottedKey(path);
  const what = place === null ? `Table ${table}` : `${place}  ${key}`;
  return { table, error: refusal(table, `${what.trim()} ${message}. ${remedy}`) };
}

/** Names that the loader could not compare: those of tables that globs stand for. */
function shared(migration: Migration, owner: string, table: string, name: string): Problem {
  const place =
    mappingPlace(migration, table, ['into', 'table']) ?? mappingPlace(migration, owner, ['into', 'table']);
  const where = place === null ? '' : `${place}  `;
  const message = `${where}"${name}" is the CQL table of both ${owner} and ${table}. Give each its own name in into.table.`;
  return { table, error: refusal(table, message) };
}

const refusal = (table: string, message: string) =>
  new ConnectError('TARGET_MAPPING', message, { detail: { table } });
