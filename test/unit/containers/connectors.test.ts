import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readConnector } from '../../../connectors/config/connector-settings.ts';
import type { FlatConfig } from '../../../connectors/config/flat/flat-config.ts';
import type { ConnectorSettings, SinkSettings, SourceSettings } from '../../../connectors/config/settings.ts';
import { avroConverter } from '../../../connectors/converters/avro.ts';
import type { ConnectorPlugin } from '../../../connectors/plugins.ts';
import { predicatePlugins, transformPlugins } from '../../../connectors/transforms/registry.ts';
import { loadMigration } from '../../../migration/config/load.ts';
import { connectorConfigs } from '../../../migration/connector-configs.ts';
import { alternatorSink } from '../../../sink/alternator/connector.ts';
import { cqlSink } from '../../../sink/cql/connector.ts';
import { s3ExportSource } from '../../../source/export/connector.ts';
import { dynamoDbScanSource } from '../../../source/scan/connector.ts';
import { dynamoDbStreamsSource } from '../../../source/streams/connector.ts';
import { root, textOf } from './repository.ts';

interface ConnectorFile {
  /** The worker that it is given to. */
  readonly worker: 'source' | 'sink';
  /** Where it stands, without its ending. */
  readonly file: string;
  readonly name: string;
  readonly config: FlatConfig;
}

const compose = (['source', 'sink'] as const).flatMap((worker) =>
  readdirSync(`${root}examples/compose/connectors/${worker}`).map((file) =>
    connectorFile(worker, file, textOf(`examples/compose/connectors/${worker}/${file}`)),
  ),
);
const cql = connectorFile('sink', 'music-cql.json', textOf('examples/compose/cql/music-cql.json'));
const kubernetes = (['source', 'sink'] as const).flatMap((worker) =>
  Object.entries(configMap(`messina-${worker}-connectors`)).map(([file, text]) =>
    connectorFile(worker, file, text),
  ),
);

describe.each([
  ['compose', [...compose, cql]],
  ['kubernetes', kubernetes],
] as const)('the connectors of examples/%s', (_example, files) => {
  test.each(files)(
    '$name is valid for a $worker worker, every key known',
    ({ worker, file, name, config }) => {
      const { problems, warnings } = reading(config);
      expect([...problems.map(({ message }) => message), ...warnings]).toEqual([]);
      expect(settingsOf({ name, config }).type).toBe(worker);
      expect([file, config['name']]).toEqual([name, name]);
    },
  );

  test('meet in the same topics, partitions and prefix', () => {
    const settings = files.map(settingsOf);
    const sources = settings.filter((found): found is SourceSettings => found.type === 'source');
    const sinks = settings.filter((found): found is SinkSettings => found.type === 'sink');
    expect(new Set(settings.map(({ topicPrefix }) => topicPrefix)).size).toBe(1);
    expect(
      new Set(sources.map(({ partitions, replicationFactor }) => `${partitions}/${replicationFactor}`)).size,
    ).toBe(1);
    for (const { topicPrefix, tables } of sources) {
      const topics = tables.flatMap((table) => [
        `${topicPrefix}.${table}.snapshot`,
        `${topicPrefix}.${table}.changes`,
      ]);
      for (const sink of sinks) expect(sink.topics).toEqual(topics);
    }
    const captured = sources.flatMap(({ captureConnector }) => captureConnector ?? []);
    expect(captured).toEqual(['music-changes']);
    expect(sources.map(({ name }) => name)).toContain(captured[0]);
  });
});

test('the compose connectors are those of its migration file, at the addresses inside the network', async () => {
  const migration = await loadMigration(`${root}examples/compose/migration.yaml`, {});
  const inside = { endpoint: 'http://dynamodb-local:8000', endpoints: 'http://scylla:8000' };
  const expected = (await connectorConfigs(migration, new Map())).map(({ name, config }) => {
    // Credentials come from the environment of the container.
    const kept = Object.entries(config).filter(([key]) => !key.startsWith('credentials.'));
    const moved = kept.map(([key, value]) => [key, inside[key as keyof typeof inside] ?? value]);
    return { name, config: Object.fromEntries(moved) as FlatConfig };
  });
  const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
  const posted = compose.map(({ name, config }) => ({ name, config }));
  expect(posted.sort(byName)).toEqual(expected.sort(byName));
});

function connectorFile(worker: ConnectorFile['worker'], file: string, text: string): ConnectorFile {
  const { name, config } = JSON.parse(text) as { readonly name: string; readonly config: FlatConfig };
  return { worker, file: file.replace(/\.json$/, ''), name, config };
}

function configMap(name: string): Record<string, string> {
  const documents = parseAllDocuments(textOf('examples/kubernetes/connectors.yaml')).map((document) =>
    document.toJS(),
  );
  const found = documents.find((document: { metadata: { name: string } }) => document.metadata.name === name);
  return (found as { data: Record<string, string> }).data;
}

function reading(config: FlatConfig) {
  const plugin = (type: ConnectorPlugin['type'], found: unknown) =>
    ({ type, plugin: found }) as ConnectorPlugin;
  const plugins = {
    connectors: [
      ...[s3ExportSource, dynamoDbStreamsSource, dynamoDbScanSource].map((found) => plugin('source', found)),
      ...[alternatorSink, cqlSink].map((found) => plugin('sink', found)),
    ],
    transforms: transformPlugins,
    predicates: predicatePlugins,
    converters: [avroConverter],
  };
  return readConnector(config, plugins, { valueConverter: avroConverter.name });
}

function settingsOf(file: { readonly name: string; readonly config: FlatConfig }): ConnectorSettings {
  const { settings } = reading(file.config);
  if (settings === null) throw new Error(`${file.name} is not valid`);
  return settings;
}
