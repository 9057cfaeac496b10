import { type Clock, systemClock } from '../../connectors/clock.ts';
import type { Transform } from '../../connectors/connector.ts';
import { avroConverter } from '../../connectors/converters/avro.ts';
import type { ConnectError } from '../../connectors/errors.ts';
import { KeyedLog } from '../../connectors/kafka/keyed-log.ts';
import { PlainProducer } from '../../connectors/kafka/plain-producer.ts';
import type { Logger } from '../../connectors/log.ts';
import { Catalog } from '../../connectors/runtime/catalog.ts';
import { OffsetStore } from '../../connectors/runtime/offset-store.ts';
import { SinkTask } from '../../connectors/runtime/sink/sink-task.ts';
import type { SinkDefinition, SinkWorld } from '../../connectors/runtime/sink/sink-world.ts';
import { Generation } from '../../connectors/runtime/source/generation.ts';
import { SourceWorker } from '../../connectors/runtime/source/source-worker.ts';
import type { SourceDefinition, SourceRun } from '../../connectors/runtime/source/source-world.ts';
import { StatusWriter } from '../../connectors/runtime/status-log.ts';
import { internalTopics, topicNames } from '../../connectors/topic-names.ts';
import { streamsSource } from '../../source/streams/connector.ts';
import { ModelAlternator } from './alternator-plugin.ts';
import type { Exports } from './export-source.ts';
import { isOff } from './naive.ts';
import { clientOf, type Site } from './site.ts';
import { type SourceTable, TABLE } from './source-table.ts';
import type { Target } from './target.ts';
import type { VersionedTarget } from './versioned-plugin.ts';

export const GROUP = 'm';
export const PARTITIONS = 2;
export const INTERNAL_PARTITIONS = 3;
export const names = topicNames('t', {}, 'dead-letters');
export const internal = internalTopics(GROUP);
export const SINK = `${GROUP}-alternator`;
export const VERSIONED_SINK = `${GROUP}-versioned`;
const SNAPSHOT = `${GROUP}-snapshot`;
const CHANGES = `${GROUP}-changes`;

export interface Surroundings {
  readonly source: SourceTable;
  readonly exports: Exports;
  readonly target: Target;
  readonly versioned: VersionedTarget | null;
  readonly transforms: readonly Transform[];
  readonly log: Logger;
}

export interface WorkerOptions {
  readonly tasks: number;
  /** As `migrate --new-snapshot` does. */
  readonly isNewSnapshot: boolean;
  /** Of its migration's runs: each new snapshot and each replay begins another one. */
  readonly era: number;
}

/** Sinks commit less often than in production, to have fewer events: the longer the interval, the more is written twice. */
const COMMIT_INTERVAL_MS = 1500;
const sinkClock: Clock = {
  ...systemClock,
  sleep: (ms, signal) => systemClock.sleep(ms === 500 ? COMMIT_INTERVAL_MS : ms, signal),
};

/** One process of a migration: source tasks and sinks, put together as migration/workers.ts does. */
export class Worker {
  readonly site: Site;
  readonly options: WorkerOptions;
  failure: unknown = null;
  isStopped = false;
  readonly #around: Surroundings;
  readonly #alternator: ModelAlternator;
  #sources: SourceWorker | null = null;
  #sinks: SinkTask[] = [];

  constructor(site: Site, around: Surroundings, options: WorkerOptions) {
    this.site = site;
    this.options = options;
    this.#around = around;
    this.#alternator = new ModelAlternator(around.target, site.process);
    this.#inProcess(0, () => this.#start());
  }

  get halts(): Map<string, ConnectError> {
    return new Map([...(this.#sources?.halts ?? []), ...this.#sinks.flatMap((sink) => [...sink.halts])]);
  }

  get isRunning(): boolean {
    const { alive, pausedUntilMs } = this.site.process;
    return alive && !this.isStopped && pausedUntilMs <= this.site.time.nowMs;
  }

  kill(): void {
    this.site.process.alive = false;
  }

  pause(ms: number): void {
    this.site.process.pausedUntilMs = this.site.time.nowMs + ms;
  }

  /** A clean end. */
  stop(): void {
    this.isStopped = true;
    this.#inProcess(0, async () => {
      await Promise.all([this.#sources?.stop(20_000), ...this.#sinks.map((sink) => sink.stop(20_000))]);
    });
  }

  /** Learns which nodes of the target are there. */
  lookAround(afterMs: number): void {
    this.#inProcess(afterMs, () => this.#alternator.nodes.poll());
  }

  #inProcess(afterMs: number, step: () => Promise<unknown>): void {
    const { time, process } = this.site;
    time.at(afterMs, process, () => {
      step().catch((error: unknown) => {
        this.failure ??= error;
      });
    });
  }

  async #start(): Promise<void> {
    const { log, versioned, transforms } = this.#around;
    const kafka = clientOf(this.site);
    const open = (topic: string) => KeyedLog.open(kafka, topic);
    const [catalogLog, offsetsLog, configs] = await Promise.all([
      open(names.catalog),
      open(internal.offsets),
      open(internal.configs),
    ]);
    const producer = new PlainProducer(kafka);
    const status = new StatusWriter(producer, internal.status, INTERNAL_PARTITIONS, systemClock);
    const catalog = new Catalog(catalogLog);
    const world: SinkWorld = {
      kafka,
      group: GROUP,
      topics: names,
      partitions: PARTITIONS,
      converter: avroConverter,
      catalog,
      status,
      deadLetters: producer,
      clock: systemClock,
      log,
    };
    const generation = new Generation(
      kafka,
      configs,
      producer,
      { topic: internal.configs, group: GROUP },
      systemClock,
    );
    if (isOff('C3.generation')) generation.fenced = generation.standing = () => Promise.resolve();
    const epoch = catalog.table(TABLE)?.epoch.number;
    if (this.options.isNewSnapshot && epoch !== undefined) await generation.setEpoch(TABLE, epoch + 1);
    if (isOff('C3.epoch')) forgetEpochs(generation);
    const { process } = this.site;
    this.#sources = new SourceWorker(
      { ...world, offsets: stores(offsetsLog) },
      this.#definitions(),
      {
        group: GROUP,
        workerId: process.name,
        generation,
        status,
        offsetsTopic: { name: internal.offsets, partitions: INTERNAL_PARTITIONS },
      },
      { topic: internal.slots, partitions: this.site.broker.partitions(internal.slots) },
    );
    await this.#sources.start();
    const sinks = [sinkDefinition(SINK, this.#alternator.connector(), transforms)];
    if (versioned) sinks.push(sinkDefinition(VERSIONED_SINK, versioned.connector(process), transforms));
    for (const definition of sinks) {
      const sink = new SinkTask(definition, { ...world, clock: sinkClock }, 0);
      this.#sinks.push(sink);
      await sink.start();
    }
  }

  #definitions(): SourceDefinition[] {
    const { source, exports } = this.#around;
    const common = { tables: [TABLE], tasks: this.options.tasks, tolerance: 'none' as const };
    const client = source.client(this.site.process);
    const changes = streamsSource(() => client) as Extract<SourceRun, { kind: 'changes' }>['plugin'];
    return [
      {
        ...common,
        name: SNAPSHOT,
        run: { kind: 'snapshot', plugin: exports.source(), options: {} },
        captureConnector: CHANGES,
      },
      {
        ...common,
        name: CHANGES,
        run: { kind: 'changes', plugin: changes, options: {} },
        captureConnector: null,
      },
    ];
  }
}

/** As if the tasks of an old epoch heard nothing of a new one. */
function forgetEpochs(generation: Generation): void {
  const asked = generation.epoch.bind(generation);
  let known: number | null = null;
  generation.epoch = (table) => (known ??= asked(table));
  generation.fenceOthers = () => Promise.resolve();
}

function stores(log: KeyedLog): (connector: string) => OffsetStore {
  const stores = new Map<string, OffsetStore>();
  return (connector) => {
    let store = stores.get(connector);
    if (!store) {
      stores.set(connector, (store = new OffsetStore(log, connector)));
      if (isOff('C3.after')) store.readPastOpen = () => Promise.resolve();
    }
    return store;
  };
}

function sinkDefinition(
  name: string,
  plugin: SinkDefinition['plugin'],
  transforms: readonly Transform[],
): SinkDefinition {
  const common = { options: {}, tables: [TABLE], tasks: 1, tolerance: 'none' as const };
  return { ...common, name, plugin, transforms, snapshots: true, keepsExisting: false };
}
