import { basename } from 'node:path';
import type { TableFacts } from '../connectors/catalog-records.ts';
import type { Problem } from '../connectors/connector.ts';
import { asConnectError, ConnectError } from '../connectors/errors.ts';
import { type ChainedTransform, chainOf } from '../connectors/transforms/chain.ts';
import type { Touch } from '../connectors/transforms/transform.ts';
import type { Migration } from './config/defaults.ts';
import { topicsOf } from './config/names.ts';

/** The transforms that a migration file stands for. */
export function transformsOf(migration: Migration): ChainedTransform[] {
  const { snapshot, changes } = topicsOf(migration);
  return chainOf(migration.transforms, migration.predicates, {
    topicsOf: (table) => [snapshot(table), changes(table)],
    loaded: migration.loaded,
  });
}

/** What is wrong with a file's transforms for these tables; which keys they have, the file alone does not say. */
export function transformProblems(migration: Migration, facts: readonly TableFacts[]): Problem[] {
  const chain = transformsOf(migration);
  return facts.flatMap((table) =>
    chain.flatMap((transform, index) => {
      const error = problemOf(transform, table, placeOf(migration, index));
      return error === null ? [] : [{ table: table.table, error }];
    }),
  );
}

const placeOf = ({ path, transformLines }: Migration, index: number) =>
  `line ${transformLines[index] ?? '?'} of ${basename(path)}`;

function problemOf(
  transform: ChainedTransform,
  { table, keySchema }: TableFacts,
  place: string,
): ConnectError | null {
  const detail = { detail: { table, transform: transform.name } };
  try {
    for (const { name } of keySchema) {
      const touch = transform.touches(table, name);
      if (touch === null) continue;
      return new ConnectError('TRANSFORM_KEY', keyMessage(transform, touch, name, table, place), detail);
    }
    return null;
  } catch (thrown) {
    const { code, message } = asConnectError(thrown);
    return new ConnectError(code, `${transform.name}, ${place}: for table ${table} its ${message}`, {
      cause: thrown,
      ...detail,
    });
  }
}

const keyMessage = (
  { name }: ChainedTransform,
  touch: Touch,
  attribute: string,
  table: string,
  place: string,
) =>
  `${name}, ${place}: ${touch.option} ${touch.does} ${JSON.stringify(attribute)}, a key attribute of table ${table}`;
