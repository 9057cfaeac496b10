import { describe, expect, test } from 'vitest';
import type { SinkConnector } from '../../../connectors/connector.ts';
import { topicNames } from '../../../connectors/topic-names.ts';
import { chainOf, type PredicateConfig, type TransformConfig } from '../../../connectors/transforms/chain.ts';
import { routedOptions } from '../../../connectors/transforms/routed.ts';
import { alternatorSink } from '../../../sink/alternator/connector.ts';
import { alternatorOptions } from '../../../sink/alternator/options.ts';
import { cqlSink } from '../../../sink/cql/connector.ts';

const topics = topicNames('music', { 'a.b': 'a-b' }, 'dead');
const plugin = alternatorSink as SinkConnector<unknown>;
const options = alternatorOptions.parse({ endpoints: ['http://127.0.0.1:8000'], tables: { Other: 'kept' } });

function tablesAfter(
  transforms: readonly TransformConfig[],
  tables: readonly string[] = ['Music'],
  predicates: Readonly<Record<string, PredicateConfig>> = {},
  sink = plugin,
): Record<string, string> {
  const topicsOf = (table: string) => [topics.snapshot(table), topics.changes(table)];
  const chain = chainOf(transforms, predicates, { topicsOf });
  const routed = routedOptions({ plugin: sink, options }, chain, tables, topics, 'music');
  return Object.fromEntries(
    tables.map((table) => [table, alternatorSink.targetTable(routed as never, table)]),
  );
}

const route = (regex: string, replacement: string): TransformConfig => ({
  type: 'org.apache.kafka.connect.transforms.RegexRouter',
  regex,
  replacement,
});

describe('RegexRouter', () => {
  test.each<[string, string, string, string]>([
    ['both topics to one name: the table has it', 'music\\.(.*)\\.(snapshot|changes)', '$1_v2', 'Music_v2'],
    ['to the topics of another table: its name', 'music\\.(.*)\\.(.*)', 'music.New$1.$2', 'NewMusic'],
    [
      'to topics of another prefix: all before the last dot',
      '(?<p>music)\\.(.*)',
      'x.${p}.$2',
      'x.music.Music',
    ],
    ['a topic that the whole of does not match keeps its name', 'Music', 'x', 'Music'],
    ['the whole match', 'music\\.Music\\..*', 'all', 'all'],
    ['an escaped letter', 'music\\..*', 'a\\bc', 'abc'],
  ])('%s', (_, regex, replacement, table) => {
    expect(tablesAfter([route(regex, replacement)])).toEqual({ Music: table });
  });

  test('follows another, and leaves tables that it does not name where the options have them', () => {
    const chain = [route('music\\.Music\\.(.*)', 'music.One.$1'), route('music\\.One\\..*', 'Two')];
    expect(tablesAfter(chain, ['Music', 'Other'])).toEqual({ Music: 'Two', Other: 'kept' });
  });

  test('asks its predicate of the topics that a table has', () => {
    const predicates = { m: { type: 'TopicNameMatches', pattern: 'music\\.Music\\..*' } };
    const chain = [{ ...route('music\\.(.*)\\..*', '$1_v2'), predicate: 'm' }];
    expect(tablesAfter(chain, ['Music', 'Second'], predicates)).toEqual({
      Music: 'Music_v2',
      Second: 'Second',
    });
  });

  test.each<[string, TransformConfig, Record<string, PredicateConfig>]>([
    ['a name that no table can have', route('music\\..*', 'a\\$1'), {}],
    ['topics that part', route('music\\.(.*)\\.snapshot', '$1_rows'), {}],
    [
      'a predicate that speaks of items',
      { ...route('music\\.(.*)\\..*', '$1'), predicate: 'f' },
      { f: { type: 'HasField', field: 'a' } },
    ],
  ])('is refused with %s', (_, transform, predicates) => {
    expect(() => tablesAfter([transform], ['Music'], predicates)).toThrow(
      expect.objectContaining({ code: 'TRANSFORM_TOPIC' }),
    );
  });

  test('is refused by a sink whose mapping names the tables', () => {
    const cql = cqlSink as SinkConnector<unknown>;
    expect(() => tablesAfter([route('music\\..*', 'x')], ['Music'], {}, cql)).toThrow(/into\.table/);
    expect(tablesAfter([route('nothing', 'x')], ['Music'], {}, cql)).toEqual({ Music: 'Music' });
  });

  test('says what is wrong with its replacement', () => {
    expect(() => tablesAfter([route('a', '$')])).toThrow(/means nothing/);
  });
});
