/** The topics of one migration (design: topics). */
export interface TopicNames {
  snapshot(table: string): string;
  changes(table: string): string;
  readonly catalog: string;
  readonly deadLetters: string;
}

/**
 * Names of the data topics.
 * @param prefix `kafka.topicPrefix`.
 * @param renamed names for tables whose own name Kafka would refuse (`kafka.topics`).
 */
export function topicNames(
  prefix: string,
  renamed: Readonly<Record<string, string>>,
  deadLetters: string,
): TopicNames {
  const base = (table: string) => `${prefix}.${Object.hasOwn(renamed, table) ? renamed[table] : table}`;
  return {
    snapshot: (table) => `${base(table)}.snapshot`,
    changes: (table) => `${base(table)}.changes`,
    catalog: `${prefix}.catalog`,
    deadLetters,
  };
}

/** Internal topics of a worker group, as Kafka Connect has them, and the slots that tasks are spread over. */
export function internalTopics(group: string) {
  return {
    configs: `${group}-configs`,
    offsets: `${group}-offsets`,
    status: `${group}-status`,
    slots: `${group}-slots`,
  } as const;
}

/** The consumer group of a sink connector, as Kafka Connect names it. */
export function sinkGroup(connector: string): string {
  return `connect-${connector}`;
}
