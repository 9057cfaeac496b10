import type { KafkaClient } from '../../connectors/kafka/client.ts';
import { describeGroup } from '../../connectors/kafka/committed.ts';
import { KeyedLog } from '../../connectors/kafka/keyed-log.ts';
import { listTopics } from '../../connectors/kafka/topics.ts';
import { Catalog } from '../../connectors/runtime/catalog.ts';
import { isGlob } from '../../connectors/table-globs.ts';
import { internalTopics, sinkGroup } from '../../connectors/topic-names.ts';
import type { Migration } from '../config/defaults.ts';
import { connectorNames, topicsOf } from '../config/names.ts';
import type { Kept, Leftover } from './leftover.ts';
import { ownersOf } from './owners.ts';
import { type SourceLook, sourceLeftovers } from './source-leftovers.ts';

/** Nothing is in it that Messina did not make; target tables never are. */
export interface Leftovers {
  readonly remove: readonly Leftover[];
  readonly keep: readonly Kept[];
  /** Names of the sinks whose groups these are: none of them may run. */
  readonly sinks: readonly string[];
}

/**
 * What a migration left in Kafka and at its source, also after a cleanup that was killed.
 *
 * Only what this migration's name, its file and its catalog name: topics that merely look like its own are not touched.
 *
 * @throws SOURCE_UNREACHABLE and others of the source, where something was switched on there and `keepSource` is not given
 */
export async function findLeftovers(
  migration: Migration,
  kafka: KafkaClient,
  look: SourceLook,
): Promise<Leftovers> {
  const names = topicsOf(migration);
  const topics = new Set(await listTopics(kafka));
  await using log = topics.has(names.catalog) ? await KeyedLog.open(kafka, names.catalog) : null;
  const catalog = log === null ? null : new Catalog(log);
  const written = catalog?.sinks() ?? [];
  const { own, others } = ownersOf(migration.name, written, topics);
  const sinks = [...new Set([connectorNames(migration).sink, ...own])].sort();
  const internal = Object.values(internalTopics(migration.name));
  const data = dataTopics(migration, catalog);
  const there = (topic: string) => topics.has(topic);
  const asTopic = (name: string): Leftover => ({ kind: 'topic', name });
  // The last to go: whatever else is left is found through it.
  const shared = [...data, names.deadLetters, names.catalog].filter(there).map(asTopic);
  const groups = await existing(kafka, [migration.name, ...sinks.map(sinkGroup)]);
  const atSource =
    catalog === null ? { remove: [], keep: [] } : await sourceLeftovers(migration, catalog, look);
  const first = [...groups, ...internal.filter(there).map(asTopic)];
  if (others.length > 0) {
    const why = `migration ${others.join(', ')} uses it too`;
    const both = [...atSource.remove, ...atSource.keep, ...shared].map(({ kind, name }) => ({
      kind,
      name,
      why,
    }));
    return { remove: first, keep: both, sinks };
  }
  const isOwnLetters = names.deadLetters === `${migration.kafka.topicPrefix}.dead-letters`;
  const isKept = ({ name }: Leftover) => name === names.deadLetters && !isOwnLetters;
  const why = 'the file gives it a name of its own, so that others may use it too';
  return {
    remove: [
      ...groups,
      ...atSource.remove,
      ...internal.filter(there).map(asTopic),
      ...shared.filter((one) => !isKept(one)),
    ],
    keep: [...atSource.keep, ...shared.filter(isKept).map((one) => ({ ...one, why }))],
    sinks,
  };
}

/** Of the tables that the catalog knows, and of those that the file names: topics are made before the catalog knows. */
function dataTopics(migration: Migration, catalog: Catalog | null): string[] {
  const names = topicsOf(migration);
  const literal = migration.source.tables.filter((entry) => !isGlob(entry));
  const known = catalog?.tables().map(({ facts }) => facts.table) ?? [];
  const written = catalog?.sinks().map(({ table }) => table) ?? [];
  const tables = [...new Set([...known, ...written, ...literal])].sort();
  return tables.flatMap((table) => [names.snapshot(table), names.changes(table)]);
}

async function existing(kafka: KafkaClient, groups: readonly string[]): Promise<Leftover[]> {
  const found: Leftover[] = [];
  for (const name of groups) {
    // Kafka describes a group that it does not have as a dead one.
    if ((await describeGroup(kafka, name)).state !== 'Dead') found.push({ kind: 'group', name });
  }
  return found;
}
