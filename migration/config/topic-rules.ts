import { isGlob } from '../../connectors/table-globs.ts';
import type { Migration } from './defaults.ts';
import type { Finding } from './finding.ts';
import { sharedTopics, topicsOf } from './names.ts';

/** Kafka's limit (Topic.validate: MAX_NAME_LENGTH). */
const topicLengthMax = 249;

/** A finding whose message goes on from the key or the table that it is about. */
export interface TopicFinding extends Finding {
  /** null: the topic belongs to the whole migration. */
  readonly table: string | null;
}

/** A topic that tables of a migration need, and whom it is for. */
interface NamedTopic {
  readonly topic: string;
  /** null: it belongs to the whole migration. */
  readonly table: string | null;
}

/**
 * Tables whose topics Kafka would refuse or mix up: names that are too long, and names that differ only in `.` and `_`
 * (its metrics cannot tell those apart, so it refuses the second topic).
 *
 * The loader asks for tables given by name; `plan` and `migrate` ask again with what the globs found.
 */
export function topicFindings(migration: Migration, tables: readonly string[]): TopicFinding[] {
  const findings: TopicFinding[] = [];
  const topics = topicsOf(migration);
  const named: NamedTopic[] = [
    ...sharedTopics(migration).map((topic) => ({ topic, table: null })),
    ...tables.flatMap((table) => [
      { topic: topics.snapshot(table), table },
      { topic: topics.changes(table), table },
    ]),
  ];
  const seen = new Map<string, NamedTopic>();
  const refused = new Set<string>();
  for (const { topic, table } of named) {
    const owner = table ?? '';
    const find = (message: string) => {
      if (refused.has(owner)) return;
      refused.add(owner);
      findings.push({
        table,
        path: whereOf(migration, table),
        at: 'value',
        message,
        remedy: remedyOf(table),
      });
    };
    if (topic.length > topicLengthMax) {
      find(`gives a topic name of ${topic.length} characters; Kafka allows ${topicLengthMax}`);
    }
    const folded = topic.replaceAll('.', '_');
    const other = seen.get(folded);
    if (other === undefined) seen.set(folded, { topic, table });
    else if (other.topic === topic) find(`gives the topic ${topic} a second use`);
    else find(`gives the topic ${topic}, which Kafka cannot tell from ${other.topic}`);
  }
  return findings;
}

function whereOf(migration: Migration, table: string | null) {
  if (table === null) return ['deadLetters', 'topic'];
  if (Object.hasOwn(migration.kafka.topics, table)) return ['kafka', 'topics', table];
  const index = migration.source.tables.findIndex((entry) => !isGlob(entry) && entry === table);
  return index === -1 ? ['source', 'tables'] : ['source', 'tables', index];
}

const remedyOf = (table: string | null) =>
  table === null
    ? 'Use another kafka.topicPrefix or deadLetters.topic.'
    : `Give the table another name in its topics, with kafka.topics: {'${table}': some-name}.`;
