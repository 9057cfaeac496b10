import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readConnector } from '../../../connectors/config/connector-settings.ts';
import type { Plugins } from '../../../connectors/plugins.ts';
import { settingsOf } from '../../../connectors/worker/config-scope.ts';
import {
  sinkDefinition,
  sourceDefinition,
  topicsOf as topicsOfConnector,
} from '../../../connectors/worker/worlds.ts';
import type { Migration } from '../../../migration/config/defaults.ts';
import { loadMigration } from '../../../migration/config/load.ts';
import { topicsOf } from '../../../migration/config/names.ts';
import { connectorConfigs } from '../../../migration/connector-configs.ts';
import { wire } from '../../../migration/wiring.ts';
import { plugins as sinkPlugins } from '../../../sink/plugins.ts';
import { plugins as sourcePlugins } from '../../../source/plugins.ts';

const plugins: Plugins = {
  ...sourcePlugins,
  connectors: [...sourcePlugins.connectors, ...sinkPlugins.connectors],
};
const folder = fileURLToPath(new URL('../../../examples', import.meta.url));
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml') && !name.includes('mapping'));
const env = new Proxy({}, { get: (_, name) => `value-of-${String(name)}` }) as Record<string, string>;

const music = `
name: music
source: {region: eu-central-1, tables: [Music], snapshot: {from: scan}}
kafka: {brokers: ['127.0.0.1:9092']}
target: {type: alternator, endpoints: ['http://127.0.0.1:8000']}
`;

/** A migration file's connectors, printed, read by a worker, and made what the runtime runs. */
async function roundTrip(migration: Migration) {
  const posted = await connectorConfigs(migration, new Map());
  const readings = posted.map(({ config }) =>
    readConnector(config, plugins, { valueConverter: 'AvroConverter' }),
  );
  expect(readings.flatMap(({ problems, warnings }) => [...problems, ...warnings])).toEqual([]);
  const definitions = [];
  for (const { settings } of readings) {
    if (settings === null) throw new Error('it has problems');
    const {
      errors: _,
      deadLetters: __,
      ...definition
    } = settings.type === 'source'
      ? sourceDefinition(settings, settings.tables)
      : await sinkDefinition(settings, migration.source.tables, plugins);
    definitions.push({ definition, settings });
  }
  return definitions;
}

const bare = (one: object) => ({
  ...one,
  ...('transforms' in one && {
    transforms: (one.transforms as readonly { readonly fingerprint: string }[]).map(
      ({ fingerprint }) => fingerprint,
    ),
  }),
});

async function expectTheSame(migration: Migration) {
  const { sources, sink } = await wire(migration, migration.source.tables);
  const definitions = await roundTrip(migration);
  expect(definitions.map(({ definition }) => bare(definition))).toEqual([...sources, sink].map(bare));
  const names = topicsOf(migration);
  for (const { settings } of definitions) {
    const own = topicsOfConnector(settings);
    for (const table of ['Music', 'a.b']) {
      expect(own.snapshot(table)).toBe(names.snapshot(table));
      expect(own.changes(table)).toBe(names.changes(table));
    }
    expect([own.catalog, own.deadLetters]).toEqual([names.catalog, names.deadLetters]);
    if (settings.type === 'source') expect(settings.partitions).toBe(migration.kafka.partitions);
  }
}

describe('the connectors that a migration file stands for', () => {
  test.each(files)('are what migrate runs: examples/%s', async (name) => {
    await expectTheSame(await loadMigration(join(folder, name), env));
  });

  test.each([
    [
      'renamed topics, tolerance and sizes',
      'kafka: {brokers: [k:9092], topicPrefix: p, partitions: 3, replicationFactor: 2, topics: {a.b: a-b}}\ndeadLetters: {tolerance: all, topic: mine}\ntasks: {source: 3, sink: 4}',
    ],
    ['changes alone', 'source: {region: r, tables: [Music], snapshot: {from: none}}'],
    [
      'a copy',
      'source: {region: r, tables: [Music, Other], snapshot: {from: scan, segments: 9, readCapacity: 0.25}, changes: none}',
    ],
    [
      'an export that is asked for',
      'source: {region: r, endpoint: "http://127.0.0.1:8000", tables: [Music], credentials: {roleArn: "arn:aws:iam::123456789012:role/m", externalId: x}, snapshot: {from: export, enablePitr: true, s3: {bucket: b, prefix: p, sseAlgorithm: KMS, kmsKeyId: k, forcePathStyle: true}}}',
    ],
    [
      'a chain of windows',
      'source: {region: r, tables: [Music], snapshot: {from: manifest, manifests: {Music: "s3://b/p/manifest-summary.json"}, incremental: {Music: ["s3://b/1/manifest-summary.json", "s3://b/2/manifest-summary.json"]}}}',
    ],
    [
      'Alternator with every option',
      'target: {type: alternator, name: second, endpoints: ["http://127.0.0.1:1", "http://127.0.0.1:2"], discovery: off, serverTimeoutMs: 5000, clockSkewMs: 500, writesPerSecond: 10, tables: {Music: music_2}, tags: {"system:write_isolation": always}, existing: keep, createTables: false}',
    ],
    [
      'CQL',
      'target: {type: cql, contactPoints: ["127.0.0.1:9042"], keyspace: k, username: u, password: "p,q", consistency: quorum, addressTranslation: {"10.0.0.5:9042": "127.0.0.1:9042"}, tls: {rejectUnauthorized: false}}',
    ],
    [
      'transforms and predicates',
      "transforms: [{type: ReplaceField$Value, exclude: 'debug,trace'}, {type: Filter, predicate: old}, {type: 'org.apache.kafka.connect.transforms.MaskField$Value', fields: secret, predicate: t, negate: true}]\npredicates: {old: {type: HasField, field: 'a.b'}, t: {type: TopicNameMatches, pattern: '.*Music.*'}}",
    ],
  ])('are what migrate runs: %s', async (_, section) => {
    using written = file(merged(music, section));
    await expectTheSame(await loadMigration(written.path, env));
  });

  test('read topics by a regular expression where tables are globs', async () => {
    const text = merged(
      music,
      "source: {region: r, tables: ['orders-*', 'a.?'], snapshot: {from: scan}}\nkafka: {brokers: [k:9092], topicPrefix: p.q}",
    );
    using written = file(text);
    const posted = await connectorConfigs(await loadMigration(written.path, env), new Map());
    expect(posted[0]?.config['tables']).toBe('orders-*,a.?');
    const pattern = new RegExp(`^(?:${posted[2]?.config['topics.regex']})$`);
    const topics = [
      'p.q.orders-1.snapshot',
      'p.q.a.b.changes',
      'p.q.a.bc.changes',
      'pxq.orders-1.snapshot',
      'p.q.catalog',
    ];
    expect(topics.filter((topic) => pattern.test(topic))).toEqual(topics.slice(0, 2));
  });

  test('hold placeholders as they are written, also those that have no value here', async () => {
    const text = merged(
      music,
      "source: {region: r, tables: [Music], credentials: {accessKeyId: '${env:KEY}', secretAccessKey: '${env:SECRET}'}, snapshot: {from: scan}}\ntarget: {type: alternator, endpoints: ['${env:ONE}', 'http://127.0.0.1:2']}",
    );
    using written = file(text);
    const placeholders = new Map<string, string>();
    const given = { KEY: 'AKIA', ONE: 'http://127.0.0.1:1' };
    const migration = await loadMigration(written.path, given, { needsSnapshot: true, placeholders });
    const posted = await connectorConfigs(migration, placeholders);
    expect(posted[1]?.config).toMatchObject({
      'credentials.access.key.id': '${env:KEY}',
      'credentials.secret.access.key': '${env:SECRET}',
    });
    expect(posted[2]?.config['endpoints']).toBe('${env:ONE},http://127.0.0.1:2');
    expect(JSON.stringify(posted)).not.toContain('AKIA');
  });

  test('have what must be the same on every worker written out, as workers want it', async () => {
    const text = merged(
      music,
      "kafka: {brokers: ['k:9092'], topicPrefix: '${env:PREFIX}', partitions: '${env:PARTITIONS}', topics: {a.b: '${env:TOPIC}'}}",
    );
    using written = file(text);
    const placeholders = new Map<string, string>();
    const given = { PREFIX: 'mine', PARTITIONS: '6', TOPIC: 'a-b' };
    const migration = await loadMigration(written.path, given, { needsSnapshot: true, placeholders });
    const posted = await connectorConfigs(migration, placeholders);
    for (const { config } of posted) {
      expect(config).toMatchObject({ 'topic.prefix': 'mine', 'topic.names.a.b': 'a-b' });
      const scope = { plugins, valueConverter: 'AvroConverter', sources: { env: {}, folder } };
      expect(settingsOf(config, scope).topicPrefix).toBe('mine');
    }
    expect(posted[0]?.config['topic.creation.default.partitions']).toBe('6');
    expect(posted[2]?.config['topics']).toBe('mine.Music.snapshot,mine.Music.changes');
  });

  test('keep their names and classes, also where a placeholder has the same value', async () => {
    using written = file(music);
    const migration = await loadMigration(written.path, {}, { needsSnapshot: true, placeholders: new Map() });
    const plain = await connectorConfigs(migration, new Map());
    const values = plain.flatMap(({ config }) => [config['name']!, config['connector.class']!]);
    const posted = await connectorConfigs(migration, new Map(values.map((value) => [value, '${env:X}'])));
    expect(posted.map(({ name, config }) => [name, config['name'], config['connector.class']])).toEqual(
      plain.map(({ name, config }) => [name, config['name'], config['connector.class']]),
    );
  });
});

/** A migration file, for as long as a test. */
function file(text: string): Disposable & { readonly path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'messina-connectors-'));
  const path = join(folder, 'music.yaml');
  writeFileSync(path, text);
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

/** A file with some of its sections, each a line, in the place of others. */
function merged(text: string, sections: string): string {
  const nameOf = (line: string) => line.slice(0, line.indexOf(':'));
  const given = sections.split('\n');
  const names = new Set(given.map(nameOf));
  return [
    ...text
      .trim()
      .split('\n')
      .filter((line) => !names.has(nameOf(line))),
    ...given,
  ].join('\n');
}
