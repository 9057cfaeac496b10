import type { SinkSettings } from './settings.ts';

/** The tables whose topics are among some, and those that are no table's; both sorted. */
export function tablesOfTopics(
  { topicPrefix, topicNames }: Pick<SinkSettings, 'topicPrefix' | 'topicNames'>,
  topics: readonly string[],
): { readonly tables: string[]; readonly foreign: string[] } {
  const tables = new Set<string>();
  const foreign: string[] = [];
  const tableOf = new Map(Object.entries(topicNames).map(([table, name]) => [name, table]));
  const begin = `${topicPrefix}.`;
  for (const topic of topics) {
    const name = /^(.+)\.(?:snapshot|changes)$/s.exec(
      topic.startsWith(begin) ? topic.slice(begin.length) : '',
    )?.[1];
    if (name === undefined) foreign.push(topic);
    else tables.add(tableOf.get(name) ?? name);
  }
  return { tables: [...tables].sort(), foreign: foreign.sort() };
}
