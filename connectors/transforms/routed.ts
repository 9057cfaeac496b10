import type { SinkConnector } from '../connector.ts';
import { ConnectError } from '../errors.ts';
import type { TopicNames } from '../topic-names.ts';
import type { ChainedTransform } from './chain.ts';

/** A sink with its options bound. */
interface BoundSink {
  readonly plugin: SinkConnector<unknown>;
  readonly options: unknown;
}

/**
 * The options of a sink whose transforms give tables other names.
 *
 * A table has two topics, and they must lead to one table: both to the same name, which is the table's, or to names that are those
 * of another table's topics.
 *
 * @param topics of the tables. @param prefix what their names begin with
 * @throws TRANSFORM_TOPIC for topics that part, or a sink that cannot rename tables
 */
export function routedOptions(
  { plugin, options }: BoundSink,
  transforms: readonly ChainedTransform[],
  tables: readonly string[],
  topics: Pick<TopicNames, 'snapshot' | 'changes'>,
  prefix: string,
): unknown {
  const names = new Map<string, string>();
  for (const table of tables) {
    const routed = [topics.snapshot(table), topics.changes(table)].map((topic) =>
      transforms.reduce((name, transform) => transform.route(table, name), topic),
    );
    const name = tableOf(table, routed as [string, string], topics, prefix);
    if (name !== null) names.set(table, name);
  }
  if (names.size === 0) return options;
  if (plugin.renamed === undefined) {
    throw new ConnectError(
      'TRANSFORM_TOPIC',
      `RegexRouter: ${plugin.name} takes the names of its tables from their mapping (into.table)`,
    );
  }
  try {
    return plugin.renamed(options, names);
  } catch (cause) {
    const named = [...names].map(([table, name]) => `${table} → ${name}`).join(', ');
    throw new ConnectError('TRANSFORM_TOPIC', `RegexRouter: ${plugin.name} takes no such names: ${named}`, {
      cause,
    });
  }
}

/** Null: the table keeps its name. */
function tableOf(
  table: string,
  [rows, changes]: readonly [string, string],
  topics: Pick<TopicNames, 'snapshot' | 'changes'>,
  prefix: string,
): string | null {
  if (rows === topics.snapshot(table) && changes === topics.changes(table)) return null;
  if (rows === changes) return rows;
  const stem = rows.replace(/\.snapshot$/, '');
  if (stem !== rows && `${stem}.changes` === changes) {
    return stem.startsWith(`${prefix}.`) ? stem.slice(prefix.length + 1) : stem;
  }
  throw new ConnectError(
    'TRANSFORM_TOPIC',
    `RegexRouter leads the rows of table ${table} to ${rows} and its changes to ${changes}: they must be one table`,
    { detail: { table } },
  );
}
