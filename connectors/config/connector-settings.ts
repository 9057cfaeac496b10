import { type ConnectorPlugin, connectorOf, type Plugins } from '../plugins.ts';
import { type CommonKeys, commonKeys, type SourceKeys, sinkKeys, sourceKeys } from './connector-keys.ts';
import { converterOf, noConverter } from './converter-choice.ts';
import { deadLetterProblems } from './dead-letter-rules.ts';
import type { FlatProblem } from './flat/flat.ts';
import type { FlatConfig } from './flat/flat-config.ts';
import { leavesOf } from './flat/flat-leaves.ts';
import { concealed, type Hidden, invalid, missing } from './flat/flat-problems.ts';
import { readFlat } from './flat/flat-read.ts';
import { otherKeys } from './other-keys.ts';
import type { ConnectorSettings, SinkSettings, SourceSettings } from './settings.ts';
import { readTopics } from './sink-topics.ts';
import { targetProblems } from './target-problems.ts';
import { readChain } from './transform-settings.ts';

/** What a connector takes from its worker where its own configuration says nothing. */
export interface ConnectorDefaults {
  readonly valueConverter: string;
}

export interface ConnectorReading {
  /** Null where there are problems. */
  readonly settings: ConnectorSettings | null;
  readonly problems: readonly FlatProblem[];
  /** Keys that are not known, or not used: sentences. */
  readonly warnings: readonly string[];
}

/**
 * Reads and checks the flat configuration of a connector, touching nothing: no service is asked.
 *
 * @param config its placeholders resolved
 * @param hidden keys that placeholders filled: no message shows their values
 */
export function readConnector(
  config: FlatConfig,
  plugins: Plugins,
  worker: ConnectorDefaults,
  hidden: Hidden = new Set(),
): ConnectorReading {
  const className = config['connector.class'];
  if (className === undefined) {
    return { settings: null, problems: [missing('connector.class')], warnings: [] };
  }
  const found = connectorOf(plugins, className);
  if (found === null) {
    const problem = { key: 'connector.class', message: noConnector(plugins, className) };
    return { settings: null, problems: [problem], warnings: [] };
  }
  const reading: Reading = { config, plugins, hidden, problems: [], unknown: [] };
  const common = take(reading, commonKeys);
  const options = take(reading, found.plugin.options);
  const converter = chosenConverter(reading, worker);
  const base = common && converter !== null ? { ...baseOf(common, converter), options } : null;
  const settings =
    found.type === 'source'
      ? readSource(reading, found, common, base)
      : readSink(reading, found, common, base);
  const own = leavesOf(found.plugin.options).map(({ key }) => key);
  const others = otherKeys(config, found.type, unknownToAll(reading), own, hidden);
  const problems = concealed([...reading.problems, ...others.problems], config, hidden);
  return { settings: problems.length > 0 ? null : settings, problems, warnings: others.warnings };
}

/** What kcctl looks for to list the classes that there are (Kafka Connect: Plugins.connectorClass). */
function noConnector({ connectors }: Plugins, className: string): string {
  const known = connectors.map(
    ({ type, plugin: { name } }) => `PluginDesc{klass=class ${name}, name='${name}', type=${type}}`,
  );
  return `Failed to find any class that implements Connector and which name matches ${className}, available connectors are: ${known.join(', ')}`;
}

interface Reading {
  readonly config: FlatConfig;
  readonly plugins: Plugins;
  readonly hidden: Hidden;
  readonly problems: FlatProblem[];
  /** What each schema did not know. */
  readonly unknown: (readonly string[])[];
}

type Base = ReturnType<typeof baseOf> & { readonly options: unknown };

function take<O>(
  { config, hidden, problems, unknown }: Reading,
  schema: Parameters<typeof readFlat<O>>[0],
): O | null {
  const reading = readFlat(schema, config, { hidden });
  problems.push(...reading.problems);
  unknown.push(reading.unknown);
  return reading.options;
}

function unknownToAll({ unknown: [first = [], ...others] }: Reading): readonly string[] {
  return first.filter((key) => others.every((unknown) => unknown.includes(key)));
}

function baseOf(common: CommonKeys, converter: string) {
  const factor = common['errors.deadletterqueue.topic.replication.factor'];
  return {
    name: common.name,
    tasks: common['tasks.max'],
    topicPrefix: common['topic.prefix'],
    topicNames: common['topic.names'],
    converter,
    tolerance: common['errors.tolerance'],
    deadLetters: {
      topic: common['errors.deadletterqueue.topic.name'] || `${common['topic.prefix']}.dead-letters`,
      replicationFactor: factor < 1 ? null : factor,
      contextHeaders: common['errors.deadletterqueue.context.headers.enable'],
    },
    errors: {
      retryTimeoutMs: common['errors.retry.timeout'],
      retryDelayMaxMs: common['errors.retry.delay.max.ms'],
      log: common['errors.log.enable'],
      logMessages: common['errors.log.include.messages'],
      autoRestart: common['errors.auto.restart.enabled'],
      autoRestartDelayMs: common['errors.auto.restart.delay.ms'],
      autoRestartDelayMaxMs: common['errors.auto.restart.delay.max.ms'],
    },
  };
}

/** Names the converter of data topics; a converter of keys must be the same, or nobody would read what is meant. */
function chosenConverter(
  { config, plugins, hidden, problems }: Reading,
  worker: ConnectorDefaults,
): string | null {
  const wanted = config['value.converter'] ?? worker.valueConverter;
  const name = converterOf(plugins, wanted);
  if (name === null) {
    problems.push(
      invalid('value.converter', wanted, noConverter(plugins, wanted), hidden.has('value.converter')),
    );
  }
  const ofKeys = config['key.converter'];
  if (ofKeys !== undefined && name !== null && converterOf(plugins, ofKeys) !== name) {
    const what = `the converter of values writes and reads keys too. Remove it, or make it ${name}`;
    problems.push(invalid('key.converter', ofKeys, what, hidden.has('key.converter')));
  }
  return name;
}

function readSource(
  reading: Reading,
  found: Extract<ConnectorPlugin, { type: 'source' }>,
  common: CommonKeys | null,
  base: Base | null,
): SourceSettings | null {
  const source = take(reading, sourceKeys);
  if (source !== null) reading.problems.push(...sourceProblems(source, found.plugin.kind, reading.hidden));
  if (common !== null) {
    reading.problems.push(...deadLetterProblems(common, null, reading.hidden), ...nameProblems(common));
  }
  if (source === null || base === null) return null;
  const factor = source['topic.creation.default.replication.factor'];
  return {
    ...base,
    type: 'source',
    plugin: found.plugin,
    tables: source.tables,
    captureConnector: source['capture.connector'] ?? null,
    partitions: source['topic.creation.default.partitions'],
    replicationFactor: factor === -1 ? null : factor,
  };
}

function sourceProblems(source: SourceKeys, kind: 'snapshot' | 'changes', hidden: Hidden): FlatProblem[] {
  const problems: FlatProblem[] = [];
  const capturing = source['capture.connector'];
  if (capturing !== undefined && kind === 'changes') {
    const what =
      'only a snapshot names the connector that captures changes; this one captures them. Remove it';
    problems.push(invalid('capture.connector', capturing, what, hidden.has('capture.connector')));
  }
  const boundary = source['transaction.boundary'];
  if (boundary !== 'poll') {
    const what = 'one transaction holds what is read at once. Set it to poll, or remove it';
    problems.push(invalid('transaction.boundary', boundary, what, hidden.has('transaction.boundary')));
  }
  return problems;
}

/** Two tables in one topic would be one. */
function nameProblems({ 'topic.names': names }: CommonKeys): FlatProblem[] {
  const seen = new Map<string, string>();
  return Object.entries(names).flatMap(([table, name]) => {
    const other = seen.get(name);
    seen.set(name, table);
    return other === undefined
      ? []
      : [invalid(`topic.names.${table}`, name, `it already stands for ${other}`)];
  });
}

function readSink(
  reading: Reading,
  found: Extract<ConnectorPlugin, { type: 'sink' }>,
  common: CommonKeys | null,
  base: Base | null,
): SinkSettings | null {
  const { config, plugins, hidden, problems, unknown } = reading;
  const sink = take(reading, sinkKeys);
  if (common !== null) problems.push(...deadLetterProblems(common, sink, hidden), ...nameProblems(common));
  const chain = readChain(config, sink ?? { transforms: [], predicates: [] }, plugins, hidden);
  problems.push(...chain.problems);
  const ofChain = (key: string) => /^(transforms|predicates)\./.test(key) && !chain.unknown.includes(key);
  unknown.push(Object.keys(config).filter((key) => !ofChain(key)));
  if (sink === null) return null;
  const topics = readTopics(sink, common?.['topic.prefix'] ?? config['topic.prefix'] ?? '', hidden);
  problems.push(...topics.problems);
  if (base === null || topics.topics === null) return null;
  if (base.options !== null) problems.push(...targetProblems(found, base, topics.topics, chain.transforms));
  return {
    ...base,
    type: 'sink',
    plugin: found.plugin,
    topics: topics.topics,
    snapshots: sink.snapshots,
    transforms: chain.transforms,
    predicates: chain.predicates,
  };
}
