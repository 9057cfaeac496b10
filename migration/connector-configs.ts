import type { FlatConfig } from '../connectors/config/flat/flat-config.ts';
import { writeFlat } from '../connectors/config/flat/flat-write.ts';
import { isLiteral } from '../connectors/config/literal-keys.ts';
import type { SinkDefinition } from '../connectors/runtime/sink/sink-world.ts';
import type { SourceDefinition } from '../connectors/runtime/source/source-world.ts';
import { isGlob } from '../connectors/table-globs.ts';
import { predicateOf, transformOf } from '../connectors/transforms/registry.ts';
import type { Migration } from './config/defaults.ts';
import { topicsOf } from './config/names.ts';
import { wire } from './wiring.ts';

/** A connector as it is posted to a worker. */
export interface PostedConnector {
  readonly name: string;
  readonly config: FlatConfig;
}

/**
 * The connectors that a migration file stands for, sources first: posted to workers whose `group.id` is the migration's name,
 * they do what `migrate` does. Nothing is contacted.
 *
 * @param placeholders by value, the placeholder that stood for it: it is written back, so that no secret is printed
 */
export async function connectorConfigs(
  migration: Migration,
  placeholders: ReadonlyMap<string, string>,
): Promise<PostedConnector[]> {
  const { sources, sink } = await wire(migration, migration.source.tables);
  const posted = [...sources.map((source) => sourceConfig(migration, source)), sinkConfig(migration, sink)];
  return posted.map((config) => ({
    name: config['name'] ?? '',
    config: Object.fromEntries(
      Object.entries(config).map(([key, value]) => [
        key,
        // What must be the same on every worker is written out: they take no placeholders there.
        isLiteral(key) ? value : withPlaceholders(value, placeholders),
      ]),
    ),
  }));
}

/** A value that a placeholder stood for, whole or as an element of a list, is that placeholder again. */
function withPlaceholders(value: string, placeholders: ReadonlyMap<string, string>): string {
  const whole = placeholders.get(value);
  if (whole !== undefined) return whole;
  const elements = value.split(',');
  if (!elements.some((element) => placeholders.has(element))) return value;
  return elements.map((element) => placeholders.get(element) ?? element).join(',');
}

function common({ kafka, deadLetters }: Migration, name: string, className: string, tasks: number) {
  const names = Object.entries(kafka.topics).map(([table, topic]) => [`topic.names.${table}`, topic]);
  return {
    name,
    'connector.class': className,
    'tasks.max': String(tasks),
    'topic.prefix': kafka.topicPrefix,
    ...(Object.fromEntries(names) as FlatConfig),
    ...(deadLetters.tolerance === 'all' && {
      'errors.tolerance': 'all',
      'errors.deadletterqueue.topic.name': deadLetters.topic,
    }),
  };
}

function sourceConfig(migration: Migration, source: SourceDefinition): FlatConfig {
  const { kafka } = migration;
  const { name, run, tables, tasks, captureConnector } = source;
  return {
    ...common(migration, name, run.plugin.name, tasks),
    tables: tables.join(','),
    ...(captureConnector !== null && { 'capture.connector': captureConnector }),
    'topic.creation.default.partitions': String(kafka.partitions),
    ...(kafka.replicationFactor !== undefined && {
      'topic.creation.default.replication.factor': String(kafka.replicationFactor),
    }),
    ...writeFlat(run.plugin.options, run.options),
  };
}

function sinkConfig(migration: Migration, sink: SinkDefinition): FlatConfig {
  const { name, plugin, options, tasks, snapshots } = sink;
  return {
    ...common(migration, name, plugin.name, tasks),
    ...topics(migration),
    ...(!snapshots && { snapshots: 'false' }),
    ...chain(migration),
    ...writeFlat(plugin.options, options),
  };
}

/** Both topics of each table: by their names, or where tables are globs by a regular expression. */
function topics(migration: Migration): FlatConfig {
  const { snapshot, changes } = topicsOf(migration);
  const { tables } = migration.source;
  if (!tables.some(isGlob)) {
    return { topics: tables.flatMap((table) => [snapshot(table), changes(table)]).join(',') };
  }
  const named = Object.values(migration.kafka.topics);
  const patterns = [...tables.map(patternOf), ...named.map(patternOf)];
  return {
    'topics.regex': `${patternOf(migration.kafka.topicPrefix)}\\.(${patterns.join('|')})\\.(snapshot|changes)`,
  };
}

const patternOf = (glob: string): string =>
  glob
    .replace(/[.\\+^$()|[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');

/** Transforms and predicates; those that the file gives no names are named by their place. */
function chain({ transforms, predicates }: Migration): FlatConfig {
  const config: Record<string, string> = {};
  if (transforms.length > 0) config['transforms'] = transforms.map((_, i) => `t${i + 1}`).join(',');
  for (const [i, { type, predicate, negate, ...options }] of transforms.entries()) {
    const prefix = `transforms.t${i + 1}.`;
    config[`${prefix}type`] = type;
    if (predicate !== undefined) config[`${prefix}predicate`] = predicate;
    if (negate === true) config[`${prefix}negate`] = 'true';
    write(config, prefix, transformOf(type)?.options, options);
  }
  const named = Object.entries(predicates);
  if (named.length > 0) config['predicates'] = named.map(([name]) => name).join(',');
  for (const [name, { type, ...options }] of named) {
    const prefix = `predicates.${name}.`;
    config[`${prefix}type`] = type;
    write(config, prefix, predicateOf(type)?.options, options);
  }
  return config;
}

function write(
  config: Record<string, string>,
  prefix: string,
  schema: Parameters<typeof writeFlat>[0] | undefined,
  options: unknown,
): void {
  if (schema === undefined) return;
  for (const [key, value] of Object.entries(writeFlat(schema, options))) config[prefix + key] = value;
}
