import { systemClock } from '../clock.ts';
import type { ConnectorSettings, SinkSettings, SourceSettings } from '../config/settings.ts';
import type { Converter } from '../connector.ts';
import { avroConverter } from '../converters/avro.ts';
import { ConnectError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Plugins } from '../plugins.ts';
import type { Catalog } from '../runtime/catalog.ts';
import type { ErrorHandling } from '../runtime/error-handling.ts';
import { checkTargets } from '../runtime/sink/shared-target.ts';
import type { SinkDefinition, SinkWorld } from '../runtime/sink/sink-world.ts';
import type { SourceDefinition, SourceWorld } from '../runtime/source/source-world.ts';
import { type TopicNames, topicNames } from '../topic-names.ts';
import { chainOf } from '../transforms/chain.ts';
import { loadTransforms } from '../transforms/load.ts';
import { routedOptions } from '../transforms/routed.ts';
import type { WorkerBase } from './base.ts';

/** The topics that a connector's configuration speaks of. */
export const topicsOf = ({ topicPrefix, topicNames: renamed, deadLetters }: ConnectorSettings): TopicNames =>
  topicNames(topicPrefix, renamed, deadLetters.topic);

/** What a source connector's settings mean to the runtime. @param tables literal names. */
export function sourceDefinition(settings: SourceSettings, tables: readonly string[]): SourceDefinition {
  const { name, plugin, options, tasks, tolerance, captureConnector } = settings;
  const run =
    plugin.kind === 'changes'
      ? { kind: 'changes' as const, plugin, options }
      : { kind: 'snapshot' as const, plugin, options };
  return { name, run, tables, tasks, captureConnector, tolerance, ...errorHandling(settings) };
}

/** What the worlds of a worker's tasks have in common. */
export interface TaskSurroundings {
  readonly base: WorkerBase;
  readonly plugins: Plugins;
  /** `group.id` of the workers. */
  readonly group: string;
  readonly metrics: Metrics;
}

export function sourceWorld(
  settings: SourceSettings,
  catalog: Catalog,
  { base, plugins, metrics }: TaskSurroundings,
  log: Logger,
): SourceWorld {
  return {
    kafka: base.kafka,
    topics: topicsOf(settings),
    partitions: settings.partitions,
    converter: converterOf(plugins, settings.converter),
    catalog,
    offsets: (connector) => base.offsetsOf(connector),
    clock: systemClock,
    log,
    metrics,
  };
}

/**
 * What a sink connector's settings mean to the runtime. Throws WORKER_CONFIG for a script that cannot be loaded, TRANSFORM_TOPIC and
 * TARGET_TABLE_SHARED for tables that are led where they cannot go.
 *
 * @param tables literal names
 */
export async function sinkDefinition(
  settings: SinkSettings,
  tables: readonly string[],
  plugins: Plugins,
): Promise<SinkDefinition> {
  const { name, plugin, options, tasks, tolerance, transforms, predicates, snapshots } = settings;
  const names = topicsOf(settings);
  const chain = chainOf(transforms, predicates, {
    topicsOf: (table) => [names.snapshot(table), names.changes(table)],
    loaded: await loadedFor(transforms, plugins),
    known: plugins,
  });
  const routed = routedOptions({ plugin, options }, chain, tables, names, settings.topicPrefix);
  checkTargets({ plugin, options: routed }, tables);
  return {
    name,
    plugin,
    options: routed,
    tables,
    tasks,
    tolerance,
    transforms: chain,
    ...errorHandling(settings),
    snapshots,
    keepsExisting: keepsExisting(options),
  };
}

/** @param partitions of each data topic */
export function sinkWorld(
  settings: SinkSettings,
  catalog: Catalog,
  partitions: number,
  { base, plugins, group, metrics }: TaskSurroundings,
  log: Logger,
): SinkWorld {
  return {
    kafka: base.kafka,
    group,
    topics: topicsOf(settings),
    partitions,
    converter: converterOf(plugins, settings.converter),
    catalog,
    status: base.statusWriter,
    deadLetters: base.letters,
    clock: systemClock,
    log,
    metrics,
  };
}

async function loadedFor(
  transforms: SinkSettings['transforms'],
  plugins: Plugins,
): Promise<readonly unknown[]> {
  const { loaded, faults } = await loadTransforms(transforms, plugins.transforms);
  const [first] = faults;
  if (first === undefined) return loaded;
  const { type } = transforms[first.index]!;
  throw new ConnectError('WORKER_CONFIG', `transforms: ${type} ${first.fault.message}`, {
    cause: first.fault,
  });
}

function converterOf(plugins: Plugins, name: string): Converter {
  const found = [avroConverter, ...plugins.converters].find((converter) => converter.name === name);
  if (found) return found;
  throw new ConnectError('WORKER_CLASS', `There is no converter ${name}`);
}

function errorHandling({ errors, deadLetters }: ConnectorSettings): ErrorHandling {
  return { errors, deadLetters };
}

/** An option that our sinks have in common; for one that has not, others' rows are refused. */
function keepsExisting(options: unknown): boolean {
  return (
    typeof options === 'object' && options !== null && 'existing' in options && options.existing === 'keep'
  );
}
