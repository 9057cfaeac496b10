import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { systemClock } from '../connectors/clock.ts';
import type { ConnectError } from '../connectors/errors.ts';
import { PlainProducer } from '../connectors/kafka/plain-producer.ts';
import type { Logger } from '../connectors/log.ts';
import { SinkTask } from '../connectors/runtime/sink/sink-task.ts';
import type { SinkWorld } from '../connectors/runtime/sink/sink-world.ts';
import { Generation } from '../connectors/runtime/source/generation.ts';
import { SourceWorker } from '../connectors/runtime/source/source-worker.ts';
import { internalTopics } from '../connectors/topic-names.ts';
import type { Migration } from './config/defaults.ts';
import { internalPartitions } from './kafka-topics.ts';
import { sinkWorld } from './sink-world.ts';
import type { TopicsView } from './topics-view.ts';
import type { Wiring } from './wiring.ts';

/** The connectors of a migration, running in this process. */
export class Workers {
  /** Names this process among all that run the migration. */
  readonly id = `${hostname()}:${process.pid}-${randomUUID().slice(0, 8)}`;
  readonly #sources: SourceWorker | null;
  readonly #sinks: readonly SinkTask[];
  readonly #producer: PlainProducer;
  readonly #generation: Generation;

  /** @param sinksOnly no source task is taken, and the source is never contacted. */
  constructor(migration: Migration, view: TopicsView, wiring: Wiring, sinksOnly: boolean, log: Logger) {
    const internal = internalTopics(migration.name);
    this.#producer = new PlainProducer(view.kafka, { codec: 'none' });
    const world = sinkWorld(migration, view, this.#producer, log);
    this.#sinks = Array.from(
      { length: wiring.sink.tasks },
      (_, task) => new SinkTask(wiring.sink, world, task),
    );
    const names = { topic: internal.configs, group: migration.name };
    this.#generation = new Generation(view.kafka, view.configs, this.#producer, names, systemClock);
    this.#sources = sinksOnly
      ? null
      : sourceWorker(migration, view, wiring, world, this.#generation, this.id);
  }

  /** Asks for new epochs, by table; before {@link start}, so that every task of this process knows. */
  async setEpochs(epochs: ReadonlyMap<string, number>): Promise<void> {
    for (const [table, epoch] of epochs) await this.#generation.setEpoch(table, epoch);
  }

  async start(): Promise<void> {
    // Together: members that join one after another make the group give its lanes out again for each.
    await Promise.all([this.#sources?.start(), ...this.#sinks.map((sink) => sink.start())]);
  }

  /** Tables that halted in this process, with why. */
  get halts(): Map<string, ConnectError> {
    return new Map([...(this.#sources?.halts ?? []), ...this.#sinks.flatMap((sink) => [...sink.halts])]);
  }

  /** Finishes what is in flight, commits, leaves the groups; gives up waiting after `deadlineMs`. */
  async stop(deadlineMs: number): Promise<void> {
    await Promise.all([this.#sources?.stop(deadlineMs), ...this.#sinks.map((sink) => sink.stop(deadlineMs))]);
    await this.#producer.close();
  }
}

function sourceWorker(
  migration: Migration,
  view: TopicsView,
  wiring: Wiring,
  world: SinkWorld,
  generation: Generation,
  workerId: string,
): SourceWorker {
  const internal = internalTopics(migration.name);
  return new SourceWorker(
    { ...world, offsets: (connector) => view.offsets(connector) },
    wiring.sources,
    {
      group: migration.name,
      workerId,
      generation,
      status: world.status,
      offsetsTopic: { name: internal.offsets, partitions: internalPartitions.offsets },
    },
    { topic: internal.slots, partitions: internalPartitions.slots },
  );
}
