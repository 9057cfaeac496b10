import { describe, expect, test } from 'vitest';
import type { TableFacts } from '../../../connectors/catalog-records.ts';
import type { TopicDescription } from '../../../connectors/kafka/topics.ts';
import { withDefaults } from '../../../migration/config/defaults.ts';
import { compileMappings } from '../../../migration/mappings.ts';
import {
  compactedProblems,
  oldImageProblem,
  rekeyedTables,
  windowProblems,
} from '../../../migration/old-images.ts';
import { wireSink } from '../../../migration/wiring.ts';
import { cqlText, mappingOf, musicMapping } from './mapping-text.ts';
import { parse, validText } from './migration-text.ts';

const facts = (table: string, ...names: readonly string[]) =>
  ({
    table,
    keySchema: names.map((name) => ({ name, type: 'S' })),
    localIndexes: [],
    globalIndexes: [],
    ttlAttribute: null,
  }) as unknown as TableFacts;

const music = facts('Music', 'Artist', 'SongTitle');

/** A CQL migration of these tables with this mapping file. */
function migrationOf(mapping: string | null, tables = ['Music']) {
  const file = parse(
    cqlText.replace('  mapping: music.mapping.yaml\n', '').replace('[Music]', JSON.stringify(tables)),
  );
  return withDefaults(file, file.path, {
    transformLines: [],
    mapping: mapping === null ? null : mappingOf(mapping, tables),
  });
}

const messagesOf = (mapping: string | null, one = music) =>
  compileMappings(migrationOf(mapping, [one.table]), [one]).problems.map(({ table, error }) => {
    expect({ table, code: error.code, exit: error.exit }).toEqual({
      table: one.table,
      code: 'TARGET_MAPPING',
      exit: 4,
    });
    return error.message;
  });

describe('a mapping that does not fit its table is refused, with its line', () => {
  test.each([
    ['a key of an unknown column', musicMapping.replace('[artist]', '[artits]')],
    [
      'a type that cannot hold a key attribute',
      musicMapping.replace('title, type: text', 'title, type: int'),
    ],
    [
      'a source key attribute that is in no column of the key',
      musicMapping.replace(', clustering: [title]', ''),
    ],
    ['unique where it says nothing', musicMapping.replace('[title]', '[title], unique: true')],
    [
      'leftovers in a column that can be empty',
      musicMapping.replace('{column: other}', "{column: other, type: 'map<text, text>'}"),
    ],
    [
      'a ttl attribute that no column holds',
      `${musicMapping.replace('{column: other}', 'drop')}ttl: {attribute: ExpiresAt}\n`,
    ],
    [
      'options that are set for the migration',
      musicMapping.replace('{table: songs}', "{table: songs, options: 'gc_grace_seconds = 1'}"),
    ],
  ])('%s', (_, text) => {
    const messages = messagesOf(text);
    expect(messages).toMatchSnapshot();
    for (const message of messages) expect(message).toMatch(/^music\.mapping\.yaml:\d+ {2}/);
  });

  test('default columns that a table cannot have are refused without one', () => {
    expect(messagesOf(null, facts('my-songs', 'Artist'))).toMatchInlineSnapshot(`
      [
        "Table my-songs has a name that a CQL table cannot have (a-z A-Z 0-9 _, 192 at most). Say in a mapping file what the table becomes.",
      ]
    `);
    expect(messagesOf(null, facts('Music', 'attributes'))).toMatchInlineSnapshot(`
      [
        "Table Music has a key attribute called "attributes", like the column for all others. Say in a mapping file what the table becomes.",
      ]
    `);
  });

  test('two tables of a glob in one CQL table are found when the glob is resolved', () => {
    const migration = migrationOf('table: orders-eu\ninto: {table: orders_us}\nleftovers: drop\n', [
      'orders*',
    ]);
    const tables = [facts('orders-eu', 'id'), facts('orders_us', 'id')];
    const { problems } = compileMappings(migration, tables);
    expect(problems.map(({ error }) => error.message)).toEqual([
      'music.mapping.yaml:2  "orders_us" is the CQL table of both orders-eu and orders_us. Give each its own name in into.table.',
    ]);
  });

  test('other targets have none', () => {
    const { tables, problems } = compileMappings(parse(validText), [music]);
    expect({ tables: tables.size, problems }).toEqual({ tables: 0, problems: [] });
  });
});

describe('a re-keyed table', () => {
  const rekeyed = musicMapping.replace(
    '{partition: [artist], clustering: [title]}',
    '{partition: [price], clustering: [artist, title]}',
  );
  const mappings = compileMappings(migrationOf(rekeyed), [music]);

  test('is known, and one with the key attributes in another order is none', () => {
    expect(mappings.problems).toEqual([]);
    expect(rekeyedTables(mappings)).toEqual(['Music']);
    const turned = musicMapping.replace('[artist], clustering: [title]', '[title], clustering: [artist]');
    expect(rekeyedTables(compileMappings(migrationOf(turned), [music]))).toEqual([]);
  });

  test('needs old images in its stream', () => {
    expect(oldImageProblem('Music', 'NEW_IMAGE')).toMatchObject({
      table: 'Music',
      error: {
        code: 'SOURCE_STREAM_UNSUITABLE',
        exit: 4,
        message: expect.stringContaining('NEW_AND_OLD_IMAGES'),
      },
    });
    expect(oldImageProblem('Music', 'NEW_AND_OLD_IMAGES')).toBeNull();
    expect(oldImageProblem('Music', null)).toBeNull();
  });

  test('needs every change in its topic', () => {
    const topicOf = (cleanupPolicy: string) =>
      new Map([['music.Music.changes', { config: { cleanupPolicy } } as TopicDescription]]);
    const migration = migrationOf(rekeyed);
    expect(compactedProblems(migration, mappings, topicOf('compact,delete'))).toMatchObject([
      { table: 'Music', error: { code: 'KAFKA_TOPIC_SETTINGS', exit: 4 } },
    ]);
    expect(compactedProblems(migration, mappings, topicOf('delete'))).toEqual([]);
    const plain = compileMappings(migrationOf(musicMapping), [music]);
    expect(compactedProblems(migration, plain, topicOf('compact'))).toEqual([]);
  });

  test('is no copy that windows continue: they do not tell which row an item leaves', () => {
    const migration = migrationOf(rekeyed);
    const of = (changes: 'none' | 'streams', incremental: Readonly<Record<string, readonly string[]>>) => {
      const snapshot = { ...migration.source.snapshot, incremental };
      return { ...migration, source: { ...migration.source, changes, snapshot } } as typeof migration;
    };
    const windows = { Music: ['s3://b/w1.json'] };
    expect(windowProblems(of('none', windows), mappings)).toMatchObject([
      { table: 'Music', error: { code: 'TARGET_MAPPING', exit: 4 } },
    ]);
    expect(windowProblems(of('streams', windows), mappings)).toEqual([]);
    expect(windowProblems(of('none', {}), mappings)).toEqual([]);
    const plain = compileMappings(migrationOf(musicMapping), [music]);
    expect(windowProblems(of('none', windows), plain)).toEqual([]);
  });
});

test('a CQL target is wired to its sink, with the documents of its mapping file', async () => {
  const sink = await wireSink(migrationOf(musicMapping), ['Music']);
  expect(sink).toMatchObject({
    name: 'music-cql',
    plugin: { name: 'CqlSink', supports: { version: true } },
    keepsExisting: false,
    options: { keyspace: 'music', contactPoints: ['127.0.0.1:9042'], mappings: [{ table: 'Music' }] },
  });
  expect(sink.plugin.targetTable(sink.options, 'Music')).toBe('music.songs');
});
