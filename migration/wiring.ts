import type { SinkConnector } from '../connectors/connector.ts';
import { ConnectError } from '../connectors/errors.ts';
import { checkTargets } from '../connectors/runtime/sink/shared-target.ts';
import type { SinkDefinition } from '../connectors/runtime/sink/sink-world.ts';
import type { SourceDefinition, SourceRun } from '../connectors/runtime/source/source-world.ts';
import { routedOptions } from '../connectors/transforms/routed.ts';
import { alternatorOptions } from '../sink/alternator/options.ts';
import { type CqlOptions, cqlOptions } from '../sink/cql/options.ts';
import { exportSourceOptions } from '../source/export/options.ts';
import { scanOptions } from '../source/scan/options.ts';
import type { Migration } from './config/defaults.ts';
import type { MappingFile } from './config/mapping-file.ts';
import { connectorNames, topicsOf } from './config/names.ts';
import type { CqlTarget } from './config/target-schema.ts';
import { accessOf } from './source-access.ts';
import { transformsOf } from './transforms.ts';

/** The connectors that a migration file stands for, with their options checked by their own schemas. */
export interface Wiring {
  readonly sources: readonly SourceDefinition[];
  readonly sink: SinkDefinition;
}

/**
 * Connectors are loaded here, and only those that the file names: their drivers and clients are most of what a command
 * takes to begin.
 *
 * @param tables literal names: globs are resolved already.
 */
export async function wire(migration: Migration, tables: readonly string[]): Promise<Wiring> {
  return { sources: await sourcesOf(migration, tables), sink: await wireSink(migration, tables) };
}

async function sourcesOf(migration: Migration, tables: readonly string[]): Promise<SourceDefinition[]> {
  const names = connectorNames(migration);
  const { changes, snapshot } = migration.source;
  const common = { tables, tasks: migration.tasks.source, tolerance: migration.deadLetters.tolerance };
  const sources: SourceDefinition[] = [];
  const run = await snapshotRun(migration);
  if (run) {
    const captureConnector = changes === 'streams' ? names.changes : null;
    sources.push({ ...common, name: names.snapshot, run, captureConnector });
  }
  if (changes === 'streams') {
    const { dynamoDbStreamsSource, streamsOptions } = await import('../source/streams/connector.ts');
    const options = streamsOptions.parse({ ...accessOf(migration), publishAll: snapshot.from === 'none' });
    const plugin = dynamoDbStreamsSource as Extract<SourceRun, { kind: 'changes' }>['plugin'];
    sources.push({
      ...common,
      name: names.changes,
      run: { kind: 'changes', plugin, options },
      captureConnector: null,
    });
  }
  if (snapshot.from === 'none' && changes === 'none') {
    throw new ConnectError(
      'SOURCE_REFUSED',
      'Nothing to move: source.snapshot.from and source.changes are both none',
    );
  }
  return sources;
}

async function snapshotRun(migration: Migration): Promise<Extract<SourceRun, { kind: 'snapshot' }> | null> {
  const { snapshot } = migration.source;
  const access = accessOf(migration);
  const bound = (plugin: unknown, options: unknown) => ({
    kind: 'snapshot' as const,
    plugin: plugin as Extract<SourceRun, { kind: 'snapshot' }>['plugin'],
    options,
  });
  if (snapshot.from === 'manifest' || snapshot.from === 'export') {
    const { s3ExportSource } = await import('../source/export/connector.ts');
    const { s3, manifests, incremental, slackSeconds } = snapshot;
    const { region, endpoint, forcePathStyle } = s3 ?? {};
    const store = defined({ region, endpoint, forcePathStyle, credentials: migration.source.credentials });
    const named = snapshot.from === 'manifest' ? { manifests, incremental } : requestOf(snapshot);
    return bound(s3ExportSource, exportSourceOptions.parse({ ...access, s3: store, ...named, slackSeconds }));
  }
  if (snapshot.from === 'scan') {
    const { dynamoDbScanSource } = await import('../source/scan/connector.ts');
    const { segments, readCapacity, slackSeconds } = snapshot;
    return bound(dynamoDbScanSource, scanOptions.parse({ ...access, segments, readCapacity, slackSeconds }));
  }
  return null;
}

function requestOf({ s3, enablePitr }: Migration['source']['snapshot']) {
  const { bucket, prefix, bucketOwner, sseAlgorithm, kmsKeyId } = s3 ?? {};
  return { request: defined({ bucket, prefix, bucketOwner, sseAlgorithm, kmsKeyId, enablePitr }) };
}

/** The sink alone, for what asks nothing of a source. */
export async function wireSink(migration: Migration, tables: readonly string[]): Promise<SinkDefinition> {
  const bound = await pluginOf(migration);
  const transforms = transformsOf(migration);
  const { topicPrefix } = migration.kafka;
  const options = routedOptions(bound, transforms, tables, topicsOf(migration), topicPrefix);
  // Only here is it known which tables globs mean, and where a RegexRouter leads them.
  checkTargets({ plugin: bound.plugin, options }, tables);
  return {
    name: connectorNames(migration).sink,
    plugin: bound.plugin,
    options,
    tables,
    tasks: migration.tasks.sink,
    tolerance: migration.deadLetters.tolerance,
    transforms,
    snapshots: migration.source.snapshot.from !== 'none',
    keepsExisting: migration.target.existing === 'keep',
  };
}

/** The connector that a target's type stands for. */
async function pluginOf({
  target,
  mapping,
  tasks,
}: Migration): Promise<Pick<SinkDefinition, 'plugin' | 'options'>> {
  if (target.type === 'cql') {
    const { cqlSink } = await import('../sink/cql/connector.ts');
    return {
      plugin: cqlSink as SinkConnector<unknown>,
      options: cqlOptionsOf(target, mapping),
    };
  }
  const { alternatorSink } = await import('../sink/alternator/connector.ts');
  const { type: _type, name: _name, writesPerSecond, ...rest } = target;
  // A cap for the target, which its tasks share.
  const share = writesPerSecond === undefined ? {} : { writesPerSecond: writesPerSecond / tasks.sink };
  return {
    plugin: alternatorSink as SinkConnector<unknown>,
    options: alternatorOptions.parse({ ...rest, ...share }),
  };
}

function cqlOptionsOf(
  { type: _type, name: _name, mapping: _path, ...rest }: CqlTarget,
  mapping: MappingFile | null,
): CqlOptions {
  return cqlOptions.parse({ ...rest, mappings: mapping?.documents.map(({ document }) => document) ?? [] });
}

function defined<T extends object>(object: T): Partial<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Partial<T>;
}
