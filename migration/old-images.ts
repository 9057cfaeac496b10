import type { Problem } from '../connectors/connector.ts';
import { asConnectError, ConnectError } from '../connectors/errors.ts';
import type { TopicDescription } from '../connectors/kafka/topics.ts';
import { describeTable } from '../dynamodb/tables.ts';
import { sourceFault } from '../source/faults.ts';
import type { Migration } from './config/defaults.ts';
import { topicsOf } from './config/names.ts';
import type { Mappings } from './mappings.ts';
import { sourceClients } from './source-access.ts';

/** The tables whose rows stand at places that follow from more than the source key: what leaves one says only an old image. */
export const rekeyedTables = ({ tables }: Mappings): string[] =>
  [...tables].filter(([, { rekeyed }]) => rekeyed).map(([table]) => table);

/** Rule C6. @param viewType of the stream; null: there is none, and the one that Messina enables has both images. */
export function oldImageProblem(table: string, viewType: string | null): Problem | null {
  if (viewType !== 'NEW_IMAGE') return null;
  const message =
    `The stream of ${table} has the view type NEW_IMAGE; its mapping re-models the key, so NEW_AND_OLD_IMAGES is needed: ` +
    'only the old image says which row an item leaves';
  return { table, error: new ConnectError('SOURCE_STREAM_UNSUITABLE', message, { detail: { table } }) };
}

/**
 * Rule C6: a window says what became of an item, and not where its row was. With a capture the table is mended against its
 * source (rule C1); a copy would keep rows of items that moved or went, and nobody would know.
 */
export function windowProblems({ source }: Migration, mappings: Mappings): Problem[] {
  if (source.changes !== 'none') return [];
  return rekeyedTables(mappings)
    .filter((table) => Object.hasOwn(source.snapshot.incremental, table))
    .map((table) => {
      const message =
        `Table ${table}: its mapping re-models the key, and source.snapshot.incremental does not tell which row an item leaves. ` +
        "Keep the source's key, copy a full export alone, or capture the changes (source.changes: streams)";
      return { table, error: new ConnectError('TARGET_MAPPING', message, { detail: { table } }) };
    });
}

/** Looks at the streams of re-keyed tables. An error of the source is a problem like any other. */
export async function oldImageProblems(
  migration: Migration,
  mappings: Mappings,
  signal: AbortSignal,
): Promise<Problem[]> {
  if (migration.source.changes !== 'streams') return [];
  const problems: Problem[] = [];
  for (const table of rekeyedTables(mappings)) {
    try {
      const { stream } = await describeTable(sourceClients(migration).control, table, signal);
      const found = oldImageProblem(table, stream?.enabled ? stream.viewType : null);
      if (found) problems.push(found);
    } catch (error) {
      signal.throwIfAborted();
      problems.push({
        table,
        error: asConnectError(sourceFault(error, `Describing table ${JSON.stringify(table)}`, { table })),
      });
    }
  }
  return problems;
}

/** Rule C6: of changes that are compacted away the row would stay that they had moved. */
export function compactedProblems(
  migration: Migration,
  mappings: Mappings,
  topics: ReadonlyMap<string, TopicDescription | null>,
): Problem[] {
  if (migration.source.changes !== 'streams') return [];
  const names = topicsOf(migration);
  return rekeyedTables(mappings).flatMap((table) => {
    const topic = names.changes(table);
    const policy = topics.get(topic)?.config.cleanupPolicy ?? '';
    if (!policy.includes('compact')) return [];
    const message = `Topic ${topic} has cleanup.policy ${policy}; the mapping of ${table} re-models the key, so it must be delete`;
    return [{ table, error: new ConnectError('KAFKA_TOPIC_SETTINGS', message, { detail: { topic } }) }];
  });
}
