import { describe, expect, test } from 'vitest';
import { readConnector } from '../../../connectors/config/connector-settings.ts';
import type { FlatConfig } from '../../../connectors/config/flat/flat-config.ts';
import { plugins } from './connector-classes.ts';

const worker = { valueConverter: 'AvroConverter' };

const sink: FlatConfig = {
  name: 'music-alternator',
  'connector.class': 'AlternatorSink',
  'topic.prefix': 'music',
  topics: 'music.Music.snapshot,music.Music.changes',
  endpoints: 'http://127.0.0.1:8001',
};
const source: FlatConfig = {
  name: 'music-snapshot',
  'connector.class': 'io.example.S3ExportSourceConnector',
  'topic.prefix': 'music',
  tables: 'Music, orders-*',
  'capture.connector': 'music-changes',
  region: 'eu-central-1',
  's3.force.path.style': 'true',
  'manifests.Music': 's3://b/manifest-summary.json',
};

const read = (base: FlatConfig, more: FlatConfig = {}) =>
  readConnector({ ...base, ...more }, plugins, worker);
const messages = (base: FlatConfig, more: FlatConfig = {}) =>
  read(base, more).problems.map(({ message }) => message);
const without = (base: FlatConfig, key: string) =>
  Object.fromEntries(Object.entries(base).filter(([name]) => name !== key));

describe('a sink', () => {
  test('has its settings, with defaults', () => {
    const { settings, problems, warnings } = read(sink);
    expect({ problems, warnings }).toEqual({ problems: [], warnings: [] });
    expect(settings).toMatchObject({
      type: 'sink',
      name: 'music-alternator',
      tasks: 1,
      topicPrefix: 'music',
      converter: 'AvroConverter',
      tolerance: 'none',
      deadLetters: { topic: 'music.dead-letters', replicationFactor: null, contextHeaders: true },
      errors: { retryTimeoutMs: -1, retryDelayMaxMs: 60_000, autoRestart: true },
      topics: ['music.Music.snapshot', 'music.Music.changes'],
      snapshots: true,
      transforms: [],
      options: { endpoints: ['http://127.0.0.1:8001'], discovery: 'auto' },
    });
  });

  test('reads a regular expression as one for whole names', () => {
    const { settings } = read(without(sink, 'topics'), { 'topics.regex': 'music\\..*' });
    const topics = settings?.type === 'sink' && settings.topics instanceof RegExp ? settings.topics : /$^/;
    expect(topics.test('music.Music.changes')).toBe(true);
    expect(topics.test('other.music.Music')).toBe(false);
  });

  test.each([
    [{ topics: '' }, 'Must configure one of topics or topics.regex'],
    [{ 'topics.regex': 'x' }, 'topics and topics.regex are mutually exclusive options, but both are set.'],
    [
      { topics: 'music.Music.snapshot' },
      'Invalid value music.Music.snapshot for configuration topics: music.Music.snapshot is there without music.Music.changes; name both',
    ],
    [
      { topics: 'music.Music.changes' },
      'Invalid value music.Music.changes for configuration topics: music.Music.changes is there without music.Music.snapshot; name both, or set snapshots to false where there is none',
    ],
    [
      { topics: 'other.T.snapshot,other.T.changes' },
      'Invalid value other.T.snapshot,other.T.changes for configuration topics: other.T.snapshot is no data topic of topic.prefix music, which are music.<table>.snapshot and music.<table>.changes',
    ],
    [
      { 'errors.deadletterqueue.topic.name': 'd' },
      'Invalid value d for configuration errors.deadletterqueue.topic.name: nothing is ever written there while errors.tolerance is none. Set errors.tolerance to all, or remove the key',
    ],
    [
      { 'errors.deadletterqueue.topic.name': 'music.Music.changes', 'errors.tolerance': 'all' },
      "Invalid value music.Music.changes for configuration errors.deadletterqueue.topic.name: The DLQ topic may not be included in the list of topics ('topics=music.Music.snapshot,music.Music.changes') consumed by the connector",
    ],
    [{ 'tasks.max': 'abc' }, 'Invalid value abc for configuration tasks.max: Not a number of type INT'],
    [{ 'tasks.max': '0' }, 'Invalid value 0 for configuration tasks.max: Value must be at least 1'],
    [
      { 'value.converter': 'io.confluent.connect.avro.AvroConverter' },
      'Invalid value io.confluent.connect.avro.AvroConverter for configuration value.converter: Class io.confluent.connect.avro.AvroConverter could not be found. Records carry no id of a schema registry. One of: AvroConverter, JsonConverter',
    ],
    [
      { 'value.converter': 'JsonConverter', 'value.converter.schemas.enable': 'true' },
      'Invalid value true for configuration value.converter.schemas.enable: JsonConverter writes records without a schema beside them. Set it to false',
    ],
    [{ name: ' x' }, 'Invalid value  x for configuration name: String may not begin or end with blanks'],
    [{ name: '' }, 'Invalid value  for configuration name: String may not be empty'],
  ])('%j is refused', (more, message) => {
    const reading = read(sink, more as FlatConfig);
    expect(reading.settings).toBeNull();
    expect(reading.problems.map((problem) => problem.message)).toEqual([message]);
  });

  test('of changes alone needs no snapshot topics', () => {
    expect(messages(sink, { topics: 'music.Music.changes', snapshots: 'false' })).toEqual([]);
  });

  test('takes the converter of Apache Kafka’s name', () => {
    const json = {
      'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
      'value.converter.schemas.enable': 'false',
    };
    expect(read(sink, json)).toMatchObject({ settings: { converter: 'JsonConverter' }, warnings: [] });
  });

  test('warns of keys that are not known or not used, and runs', () => {
    const { settings, warnings } = read(sink, {
      'task.max': '2',
      endpoint: 'x',
      'producer.override.acks': 'all',
    });
    expect(settings).not.toBeNull();
    expect(warnings).toEqual([
      'The configuration "task.max" is not known, and not used. Did you mean "tasks.max"?',
      'The configuration "endpoint" is not known, and not used. Did you mean "endpoints"?',
      'The configuration "producer.override.acks" is not used: clients of Kafka are configured on the worker.',
    ]);
  });
});

describe('transforms of a sink', () => {
  const chain = {
    transforms: 'drop,keep',
    'transforms.drop.type': 'org.apache.kafka.connect.transforms.ReplaceField$Value',
    'transforms.drop.exclude': 'debug,trace',
    'transforms.keep.type': 'Filter',
    'transforms.keep.predicate': 'old',
    'transforms.keep.negate': 'true',
    predicates: 'old',
    'predicates.old.type': 'HasField',
    'predicates.old.field': 'old',
  };

  test('come in the order of their names', () => {
    expect(read(sink, chain)).toMatchObject({
      problems: [],
      warnings: [],
      settings: {
        transforms: [
          { type: 'ReplaceField$Value', exclude: 'debug,trace' },
          { type: 'Filter', predicate: 'old', negate: true },
        ],
        predicates: { old: { type: 'HasField', field: 'old' } },
      },
    });
  });

  test.each([
    [
      { 'transforms.drop.type': 'ReplaceFeld$Value' },
      /^Invalid value ReplaceFeld\$Value for configuration transforms\.drop\.type: Class ReplaceFeld\$Value could not be found\. Did you mean "ReplaceField\$Value"\?/,
    ],
    [{ transforms: 'drop,drop,keep' }, /for configuration transforms: Duplicate alias provided\.$/],
    [
      { 'transforms.keep.predicate': 'olt' },
      /^Invalid value olt for configuration transforms\.keep\.predicate: it is not among predicates\. Did you mean "old"\?$/,
    ],
    [
      { 'transforms.drop.negate': 'true' },
      /there is no config 'transforms\.drop\.predicate' defining a predicate to be negated\.$/,
    ],
    [
      { 'transforms.drop.include': '' },
      /for configuration transforms\.drop\.include: String must be non-empty$/,
    ],
    [{ 'predicates.old.field': '' }, /for configuration predicates\.old\.field/],
    [{ 'predicates.old.type': 'RecordIsTombstone' }, /it speaks of deletes, which always reach the target/],
  ])('%j is refused', (more, message) => {
    const [first, ...others] = messages(sink, { ...chain, ...more } as unknown as FlatConfig);
    expect(first).toMatch(message);
    expect(others).toEqual([]);
  });

  test('options and names that nothing has are a warning', () => {
    const { warnings, settings } = read(sink, {
      ...chain,
      'transforms.drop.exclud': 'x',
      'transforms.other.type': 'Filter',
    });
    expect(settings).not.toBeNull();
    expect(warnings).toHaveLength(2);
  });
});

describe('a source', () => {
  test('has its settings, and is found by its class whatever its package and ending', () => {
    expect(read(source)).toMatchObject({
      problems: [],
      warnings: [],
      settings: {
        type: 'source',
        tables: ['Music', 'orders-*'],
        captureConnector: 'music-changes',
        partitions: 12,
        replicationFactor: null,
        options: { s3: { forcePathStyle: true }, manifests: { Music: 's3://b/manifest-summary.json' } },
      },
    });
  });

  test.each([
    [
      { transforms: 'x' },
      /for configuration transforms: a source has no transforms: the topics keep the lossless original/,
    ],
    [{ 'offsets.storage.topic': 'x' }, /positions of all sources stand in the topic of the worker/],
    [{ 'topic.creation.groups': 'a' }, /all data topics of a connector are made alike/],
    [{ tables: '' }, /^Invalid value {2}for configuration tables: List must not be empty$/],
    [{ 'transaction.boundary': 'connector' }, /one transaction holds what is read at once/],
    [{ 'topic.creation.default.replication.factor': '0' }, /must be positive, or -1/],
  ])('%j is refused', (more, message) => {
    const [first, ...others] = messages(source, more as FlatConfig);
    expect(first).toMatch(message);
    expect(others).toEqual([]);
  });

  test('of changes names no connector that captures', () => {
    const changes = { ...without(source, 'manifests.Music'), 'connector.class': 'DynamoDbStreamsSource' };
    expect(messages(without(changes, 's3.force.path.style'))).toEqual([
      'Invalid value music-changes for configuration capture.connector: only a snapshot names the connector that captures changes; this one captures them. Remove it',
    ]);
  });
});

test('a class that nobody has is told with the list, as Kafka Connect does', () => {
  const [message] = messages({ 'connector.class': 'NoSuch' });
  expect(message).toMatch(
    /^Failed to find any class that implements Connector and which name matches NoSuch, available connectors are: PluginDesc\{klass=class S3ExportSource, name='S3ExportSource'/,
  );
});

test('what placeholders filled is in no message', () => {
  const config = { ...sink, 'tasks.max': 'geheim', topics: 'geheim' };
  const { problems } = readConnector(config, plugins, worker, new Set(['tasks.max', 'topics']));
  expect(problems).toHaveLength(2);
  expect(JSON.stringify(problems)).not.toContain('geheim');
});
