import { ConnectError } from '../connectors/errors.ts';
import type { KafkaClient } from '../connectors/kafka/client.ts';
import { KeyedLog } from '../connectors/kafka/keyed-log.ts';
import { describeTopics } from '../connectors/kafka/topics.ts';
import { Catalog } from '../connectors/runtime/catalog.ts';
import { OffsetStore } from '../connectors/runtime/offset-store.ts';
import { internalTopics, type TopicNames } from '../connectors/topic-names.ts';
import type { Migration } from './config/defaults.ts';
import { topicsOf } from './config/names.ts';

/** A migration as its topics show it: what every command works from, also while workers run elsewhere. */
export interface TopicsView extends AsyncDisposable {
  readonly kafka: KafkaClient;
  readonly names: TopicNames;
  readonly catalog: Catalog;
  readonly configs: KeyedLog;
  readonly status: KeyedLog;
  offsets(connector: string): OffsetStore;
  /** Everything committed before the call is visible after it. */
  readToEnd(): Promise<void>;
}

/** Opens the internal topics of a migration; throws NOT_MIGRATED where they are not there. */
export async function openTopics(migration: Migration, kafka: KafkaClient): Promise<TopicsView> {
  const names = topicsOf(migration);
  const internal = internalTopics(migration.name);
  const needed = [names.catalog, internal.configs, internal.offsets, internal.status];
  for (const [topic, found] of await describeTopics(kafka, needed)) {
    if (found) continue;
    throw new ConnectError('NOT_MIGRATED', `Topic ${topic} of migration ${migration.name} does not exist`, {
      detail: { topic },
    });
  }
  const opened: KeyedLog[] = [];
  const open = async (topic: string) => {
    const log = await KeyedLog.open(kafka, topic);
    opened.push(log);
    return log;
  };
  const [catalog, configs, offsets, status] = (await Promise.all(needed.map(open))) as [
    KeyedLog,
    KeyedLog,
    KeyedLog,
    KeyedLog,
  ];
  const stores = new Map<string, OffsetStore>();
  return {
    kafka,
    names,
    catalog: new Catalog(catalog),
    configs,
    status,
    offsets(connector) {
      let store = stores.get(connector);
      if (!store) stores.set(connector, (store = new OffsetStore(offsets, connector)));
      return store;
    },
    readToEnd: async () => void (await Promise.all(opened.map((log) => log.readToEnd()))),
    [Symbol.asyncDispose]: async () => void (await Promise.all(opened.map((log) => log.close()))),
  };
}
