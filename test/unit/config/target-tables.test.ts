import { describe, expect, test } from 'vitest';
import { readConnector } from '../../../connectors/config/connector-settings.ts';
import type { FlatConfig } from '../../../connectors/config/flat/flat-config.ts';
import { configuredTopics } from '../../../connectors/worker/state/topics-of-config.ts';
import { sinkDefinition, topicsOf } from '../../../connectors/worker/worlds.ts';
import { wire } from '../../../migration/wiring.ts';
import { parse, validText } from '../migration/migration-text.ts';
import { plugins } from './connector-classes.ts';

const topics = (tables: readonly string[]) =>
  tables.flatMap((table) => [`p.${table}.snapshot`, `p.${table}.changes`]).join(',');
const base: FlatConfig = {
  name: 's',
  'connector.class': 'AlternatorSink',
  'topic.prefix': 'p',
  topics: topics(['Music', 'Songs']),
  endpoints: 'http://127.0.0.1:1',
};
const read = (more: FlatConfig) =>
  readConnector({ ...base, ...more }, plugins, { valueConverter: 'AvroConverter' });
const problems = (more: FlatConfig) => read(more).problems;

/** What the tasks of a connector are made of. */
function started(more: FlatConfig, tables = ['Music', 'Songs']) {
  const { settings } = read(more);
  if (settings?.type !== 'sink') throw new Error('it has problems');
  return sinkDefinition(settings, tables, plugins);
}

const router = (replacement: string): FlatConfig => ({
  transforms: 'r',
  'transforms.r.type': 'RegexRouter',
  'transforms.r.regex': 'p\\.(.*)\\.(snapshot|changes)',
  'transforms.r.replacement': replacement,
});

describe('two tables of a sink in one target table would overwrite each other', () => {
  test('and are refused where the configuration says so', () => {
    const message = '"Songs" is the target table of both Music and Songs; give each its own';
    expect(problems({ 'tables.Music': 'Songs' })).toEqual([{ key: 'topics', message }]);
    expect(problems({ 'tables.Music': 'Songs', 'tables.Songs': 'Music' })).toEqual([]);
    const mapped = ['Music', 'Songs'].map((table) => ({ table, into: { table: 'one' } }));
    const cql: FlatConfig = {
      'connector.class': 'CqlSink',
      'contact.points': '127.0.0.1:1',
      keyspace: 'k',
      mappings: JSON.stringify(mapped),
    };
    expect(problems(cql)).toContainEqual({
      key: 'topics',
      message: '"k.one" is the target table of both Music and Songs; give each its own',
    });
  });

  test('and fail a connector that leads them there by its topics, or by a RegexRouter', async () => {
    const shared = { code: 'TARGET_TABLE_SHARED', exit: 4 };
    await expect(started(router('p.all.$2'))).rejects.toMatchObject(shared);
    const { plugin, options } = await started({ 'tables.Music': 'Songs', ...router('p.my$1.$2') });
    expect(plugin.targetTable(options, 'Songs')).toBe('mySongs');
    const renamed = { topics: '', 'topics.regex': 'p\\..*', 'tables.Music': 'Songs' };
    expect(problems(renamed)).toEqual([]);
    await expect(started(renamed)).rejects.toMatchObject(shared);
    await started(renamed, ['Music']);
  });

  test('and are refused by migrate once it knows which tables globs mean', async () => {
    const text = validText.replace('[Music]', "[Music, 'o-*']");
    const migration = parse(`${text}  tables: {Music: o-1}\n`);
    expect(migration.target).toMatchObject({ tables: { Music: 'o-1' } });
    await expect(wire(migration, ['Music', 'o-1'])).rejects.toMatchObject({ code: 'TARGET_TABLE_SHARED' });
    await wire(migration, ['Music', 'o-2']);
  });
});

test('a table called __proto__ has the topics and the target table that its names say, in its tasks and in GET offsets', async () => {
  const named = { topics: topics(['odd']), 'topic.names.__proto__': 'odd', 'tables.__proto__': 'plain' };
  const { settings } = read(named);
  expect(settings && topicsOf(settings).snapshot('__proto__')).toBe('p.odd.snapshot');
  const sources = { env: {}, folder: '.', providers: {} } as unknown as Parameters<
    typeof configuredTopics
  >[1];
  expect(configuredTopics({ ...base, ...named }, sources).names.snapshot('__proto__')).toBe('p.odd.snapshot');
  for (const more of [{}, router('p.$1.$2')]) {
    const { plugin, options } = await started({ ...named, ...more }, ['__proto__']);
    expect(plugin.targetTable(options, '__proto__')).toBe('plain');
  }
});
