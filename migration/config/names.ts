import { internalTopics, type TopicNames, topicNames } from '../../connectors/topic-names.ts';
import type { Migration } from './defaults.ts';

type Named = Pick<Migration, 'name' | 'kafka' | 'deadLetters'>;

/** The name a table has elsewhere, by one of the file's sections of names; its own where none is given. */
export const nameFor = (names: Readonly<Record<string, string>>, table: string): string =>
  Object.hasOwn(names, table) ? (names[table] ?? table) : table;

/** The data topics of a migration. */
export const topicsOf = ({ kafka, deadLetters }: Named): TopicNames =>
  topicNames(kafka.topicPrefix, kafka.topics, deadLetters.topic);

/** The topics that belong to no table. */
export function sharedTopics(migration: Named): readonly string[] {
  const { catalog, deadLetters } = topicsOf(migration);
  return [catalog, ...Object.values(internalTopics(migration.name)), deadLetters];
}

/** What tells apart the targets of one capture: in messages, in reports, in the sink's name. */
export const targetName = ({ target }: Pick<Migration, 'target'>): string => target.name ?? target.type;

/** The names of a migration's connectors; two files that differ in the target share the first two. */
export function connectorNames(migration: Pick<Migration, 'name' | 'target'>) {
  const { name } = migration;
  return {
    snapshot: `${name}-snapshot`,
    changes: `${name}-changes`,
    sink: `${name}-${targetName(migration)}`,
  };
}
