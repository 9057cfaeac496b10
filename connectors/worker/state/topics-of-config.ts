import type { FlatConfig } from '../../config/flat/flat-config.ts';
import type { PlaceholderSources } from '../../config/placeholders.ts';
import { resolveConnector } from '../../config/resolve.ts';
import { tablesOfTopics } from '../../config/tables-of-topics.ts';
import type { KafkaClient } from '../../kafka/client.ts';
import { listTopics } from '../../kafka/topics.ts';
import { timeLimited } from '../../time-limited.ts';
import { type TopicNames, topicNames } from '../../topic-names.ts';
import { readPattern } from '../../transforms/predicates/pattern.ts';

const RENAMED = 'topic.names.';

/** What a configuration says of topics, also one of a class that this worker has not. */
export interface ConfiguredTopics {
  readonly names: TopicNames;
  readonly topicPrefix: string;
  readonly topicNames: Readonly<Record<string, string>>;
  /** A sink's: names; a regular expression over them. */
  readonly topics: readonly string[];
  readonly regex: string | null;
  /** A source's, literal once it was started. */
  readonly tables: readonly string[];
}

export function configuredTopics(config: FlatConfig, sources: PlaceholderSources): ConfiguredTopics {
  const resolved = resolveConnector(config, sources).config;
  const topicPrefix = resolved['topic.prefix'] ?? '';
  const renamed = Object.fromEntries(
    Object.entries(resolved).flatMap(([key, value]) =>
      key.startsWith(RENAMED) ? [[key.slice(RENAMED.length), value] as const] : [],
    ),
  );
  return {
    names: topicNames(topicPrefix, renamed, ''),
    topicPrefix,
    topicNames: renamed,
    topics: listOf(resolved['topics']),
    regex: resolved['topics.regex'] ?? null,
    tables: listOf(resolved['tables']),
  };
}

/** The tables whose topics a sink's configuration names. */
export async function sinkTables(
  kafka: KafkaClient,
  configured: ConfiguredTopics,
): Promise<readonly string[]> {
  const { regex, topics } = configured;
  if (regex === null) return tablesOfTopics(configured, topics).tables;
  const pattern = readPattern(regex);
  const all = await listTopics(kafka);
  const matching = timeLimited('topics.regex', () => all.filter((topic) => pattern.test(topic)));
  return tablesOfTopics(configured, matching).tables;
}

/** Both topics of each table. */
export const topicsOfTables = ({ names }: ConfiguredTopics, tables: readonly string[]): string[] =>
  tables.flatMap((table) => [names.snapshot(table), names.changes(table)]);

const listOf = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
