import { fetchCommitted } from '../../../connectors/kafka/committed.ts';
import { endOffsets, highWatermarks } from '../../../connectors/kafka/offsets.ts';
import { sumOutcomes } from '../../../connectors/runtime/outcomes.ts';
import { readLane } from '../../../connectors/runtime/sink/lane-state.ts';
import { sinkGroup } from '../../../connectors/topic-names.ts';
import { loadMigration } from '../../../migration/config/load.ts';
import { connectorNames } from '../../../migration/config/names.ts';
import { openTopics, type TopicsView } from '../../../migration/topics-view.ts';
import { kafkaClient, until } from '../kafka-testing.ts';

/** What a migration of one table has left in Kafka at some moment. */
export interface Scene {
  readonly rowsPublished: number;
  /** Data files with a stored position that is not their end. */
  readonly filesOpen: number;
  readonly filesDone: number;
  /** `topic/partition@offset` for each partition that an open transaction holds back, with where it begins. */
  readonly transactions: readonly string[];
  /** Lanes that somebody has taken, by their gates. */
  readonly gatesClosed: number;
  readonly gatesOpen: number;
  /** Rows and changes that the sink has committed as dealt with. */
  readonly rowsDone: number;
  readonly changesDone: number;
  readonly changesWaiting: number;
}

export const NO_SCENE: Scene = {
  rowsPublished: 0,
  filesOpen: 0,
  filesDone: 0,
  transactions: [],
  gatesClosed: 0,
  gatesOpen: 0,
  rowsDone: 0,
  changesDone: 0,
  changesWaiting: 0,
};

/** Looks at a migration from outside: from the broker alone, so that it also sees what a killed process left. */
export interface Witness extends AsyncDisposable {
  look(): Promise<Scene>;
  /** Only {@link Scene.transactions}: quick enough to meet one. */
  transactions(): Promise<readonly string[]>;
  /** Where source tasks run: `worker_id` by the status record's key. */
  workers(): Promise<ReadonlyMap<string, string>>;
  /** What the sink has changed of the target table's settings, as it was. */
  restored(): Promise<Readonly<Record<string, string>> | undefined>;
}

/** Waits until the migration has made its topics. */
export async function witness(path: string, table: string): Promise<Witness> {
  const migration = await loadMigration(path, process.env);
  const client = kafkaClient(migration.kafka.brokers[0]);
  let view: TopicsView | null = null;
  await until('the migration has topics', async () => {
    view = await openTopics(migration, client).catch(() => null);
    return view !== null;
  });
  const {
    offsets,
    names,
    catalog,
    status,
    readToEnd,
    [Symbol.asyncDispose]: close,
  } = view as unknown as TopicsView;
  const connectors = connectorNames(migration);
  const topics = [names.snapshot(table), names.changes(table)] as const;

  const transactions = async () => {
    const [ends, logEnds] = await Promise.all([
      Promise.all(topics.map((topic) => endOffsets(client, topic))),
      Promise.all(topics.map((topic) => highWatermarks(client, topic))),
    ]);
    return topics.flatMap((topic, t) =>
      ends[t]!.flatMap((end, p) => (end < logEnds[t]![p]! ? [`${topic}/${p}@${end}`] : [])),
    );
  };

  const look = async (): Promise<Scene> => {
    await readToEnd();
    const id = catalog.currentSnapshot(table)?.facts.id ?? '';
    const files = [...offsets(connectors.snapshot).of(table, id).values()];
    const committed = await fetchCommitted(client, sinkGroup(connectors.sink), topics);
    const of = (topic: string, partition: number) =>
      committed.get(topic)?.get(partition) ?? { offset: null, metadata: '' };
    const lanes = Array.from({ length: migration.kafka.partitions }, (_, p) =>
      readLane(of(topics[0], p), of(topics[1], p)),
    ).filter((lane) => lane !== null);
    const ends = await endOffsets(client, topics[1]);
    const total = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
    return {
      rowsPublished: total(files.flatMap(({ counts }) => counts.rows)),
      filesOpen: files.filter(({ done }) => !done).length,
      filesDone: files.filter(({ done }) => done).length,
      transactions: await transactions(),
      gatesClosed: lanes.filter(({ snapshot }) => !snapshot.gateOpen).length,
      gatesOpen: lanes.filter(({ snapshot }) => snapshot.gateOpen).length,
      rowsDone: total(lanes.map(({ snapshot }) => sumOutcomes(snapshot.outcomes))),
      changesDone: total(lanes.map(({ changes }) => sumOutcomes(changes.outcomes))),
      changesWaiting: total(ends) - total(lanes.map(({ changes }) => changes.position)),
    };
  };

  return {
    look,
    transactions,
    workers: async () => {
      await status.readToEnd();
      const running = new Map<string, string>();
      for (const [key, value] of status.entries()) {
        const { state, worker_id } = JSON.parse(value) as { state?: string; worker_id?: string };
        if (state === 'RUNNING' && worker_id !== undefined) running.set(key, worker_id);
      }
      return running;
    },
    restored: async () => {
      await readToEnd();
      return catalog.sink(connectors.sink, table)?.restore;
    },
    [Symbol.asyncDispose]: async () => {
      await close();
      await client.close();
    },
  };
}
