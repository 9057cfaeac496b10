import { systemClock } from '../../connectors/clock.ts';
import type { SnapshotSource } from '../../connectors/connector.ts';
import { avroConverter } from '../../connectors/converters/avro.ts';
import { PlainProducer } from '../../connectors/kafka/plain-producer.ts';
import { ensureTopics } from '../../connectors/kafka/topics.ts';
import { createLogger } from '../../connectors/log.ts';
import type { SinkDefinition, SinkWorld } from '../../connectors/runtime/sink/sink-world.ts';
import { Generation } from '../../connectors/runtime/source/generation.ts';
import { SourceTask } from '../../connectors/runtime/source/source-task.ts';
import type { SourceDefinition } from '../../connectors/runtime/source/source-world.ts';
import { StatusWriter } from '../../connectors/runtime/status-log.ts';
import { internalTopics } from '../../connectors/topic-names.ts';
import { parseMigration } from '../../migration/config/load.ts';
import { connectKafka } from '../../migration/kafka-client.ts';
import { internalPartitions, topicSpecs } from '../../migration/kafka-topics.ts';
import { openTopics, type TopicsView } from '../../migration/topics-view.ts';
import { wire } from '../../migration/wiring.ts';
import { factsOf, type Shape, tableNameOf } from '../shapes.ts';

const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };

/** @param name of the sink: its positions are its own */
export function alternatorTarget(name: string, endpoint: string): object {
  const region = 'eu-central-1';
  return { type: 'alternator', name, endpoints: [endpoint], region, credentials, existing: 'keep' };
}

export interface WorldOptions {
  readonly brokers: string;
  readonly partitions: number;
  readonly name: string;
  readonly shape: Shape;
  readonly manifest: string;
  readonly target: object;
}

/** What `messina migrate` makes of a migration file, with the topics in place and no worker running. */
export interface World {
  readonly view: TopicsView;
  readonly table: string;
  readonly source: SourceTask;
  readonly sink: SinkDefinition;
  readonly world: SinkWorld;
}

/**
 * Builds the product's own parts from a migration file. Only one thing differs: the source table is described here, because
 * no DynamoDB stands behind the export.
 */
export async function openWorld(options: WorldOptions): Promise<World> {
  const table = tableNameOf(options.shape);
  const migration = parseMigration(fileOf(options, table), 'bench.yaml', { env: {}, folder: '/' });
  const log = createLogger({ level: 'warn', format: 'pretty', destination: process.stderr });
  const kafka = await connectKafka(migration, log);
  await ensureTopics(kafka, topicSpecs(migration, [table]));
  const view = await openTopics(migration, kafka);
  const { sources, sink } = await wire(migration, [table]);
  const producer = new PlainProducer(kafka);
  const internal = internalTopics(migration.name);
  const world: SinkWorld = {
    kafka,
    group: migration.name,
    topics: view.names,
    partitions: options.partitions,
    converter: avroConverter,
    catalog: view.catalog,
    status: new StatusWriter(producer, internal.status, internalPartitions.status, systemClock),
    deadLetters: producer,
    clock: systemClock,
    log,
  };
  const names = { topic: internal.configs, group: migration.name };
  const source = new SourceTask(
    { ...world, offsets: (connector) => view.offsets(connector) },
    {
      definition: described(sources[0]!, options.shape),
      task: 0,
      group: migration.name,
      workerId: 'bench',
      generation: new Generation(kafka, view.configs, producer, names, systemClock),
      status: world.status,
      offsetsTopic: { name: internal.offsets, partitions: internalPartitions.offsets },
    },
  );
  return { view, table, source, sink, world };
}

/** Resolves when the whole snapshot is in the topic; throws what halted its table. */
export async function published({ view, table, source }: World): Promise<void> {
  let settle: (error: unknown) => void = () => {};
  const done = new Promise<unknown>((resolve) => (settle = resolve));
  const look = () => {
    if (view.catalog.currentSnapshot(table)?.state === 'complete') settle(null);
    const halt = source.halts.get(table);
    if (halt) settle(halt);
  };
  const timer = setInterval(look, 250);
  const unsubscribe = view.catalog.subscribe(look);
  look();
  const error = await done;
  clearInterval(timer);
  unsubscribe();
  if (error) throw error;
}

function described(definition: SourceDefinition, shape: Shape): SourceDefinition {
  const { run } = definition;
  if (run.kind !== 'snapshot') return definition;
  const plugin: SnapshotSource<unknown> = { ...run.plugin, describe: async () => factsOf(shape) };
  return { ...definition, run: { ...run, plugin } };
}

function fileOf(options: WorldOptions, table: string): string {
  return JSON.stringify({
    name: options.name,
    source: {
      region: 'eu-central-1',
      credentials,
      tables: [table],
      snapshot: { from: 'manifest', manifests: { [table]: options.manifest } },
      changes: 'none',
    },
    kafka: { brokers: [options.brokers], partitions: options.partitions },
    target: options.target,
  });
}
