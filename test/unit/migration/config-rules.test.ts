import { describe, expect, test } from 'vitest';
import { isSelected } from '../../../connectors/table-globs.ts';
import { parseMigration } from '../../../migration/config/load.ts';
import { topicFindings } from '../../../migration/config/topic-rules.ts';
import { parse, problemsOf, validText } from './migration-text.ts';

const manifests = (tables: string, entries: string) =>
  validText.replace('[Music]', tables).replace('{from: scan}', `{from: manifest, manifests: ${entries}}`);

const windows = "incremental: {Music: ['s3://b/w1.json', 'file:///w2.json']}";

describe('keys that contradict each other', () => {
  test.each([
    ['a table given twice', validText.replace('[Music]', '[Music, Music]')],
    ['a table without its manifest', manifests('[Music, Orders]', "{Music: 's3://b/m.json'}")],
    ['a glob without a manifest', manifests("['orders-*']", '{}')],
    [
      'a manifest of a mistyped table',
      manifests('[Music]', "{Music: 's3://b/m.json', Musik: 's3://b/m.json'}"),
    ],
    ['a manifest that is no URL', manifests('[Music]', '{Music: /exports/manifest-summary.json}')],
    ['windows beside a scan', validText.replace('from: scan', `from: scan, ${windows}`)],
    ['windows of events only', validText.replace('from: scan', `from: none, ${windows}`)],
    [
      'windows without the full export that they continue',
      manifests("['M*']", `{Misc: 's3://b/m.json'}, ${windows}`),
    ],
    ['an empty list of windows', manifests('[Music]', "{Music: 's3://b/m.json'}, incremental: {Music: []}")],
    ['a window that is no URL', manifests('[Music]', "{Music: 's3://b/m.json'}, incremental: {Music: [w]}")],
    [
      'windows of a mistyped table',
      manifests('[Music]', "{Music: 's3://b/m.json'}, incremental: {Musik: ['s3://b/w.json']}"),
    ],
    ['an export without a bucket', validText.replace('from: scan', 'from: export')],
    ['an export, the default, without a bucket', validText.replace('  snapshot: {from: scan}\n', '')],
    ['a KMS key without its algorithm', validText.replace('from: scan', 's3: {bucket: b, kmsKeyId: k}')],
    ['an owner that is no account', validText.replace('from: scan', 's3: {bucket: b, bucketOwner: me}')],
    ['nothing to move', validText.replace('{from: scan}', '{from: none}\n  changes: none')],
    [
      'two tables of one target table',
      `${validText.replace('[Music]', '[Music, Songs]')}  tables: {Music: Songs}\n`,
    ],
    ['two renames to one', `${validText.replace('[Music]', "['*']")}  tables: {Music: all, Songs: all}\n`],
    ['a rename of a table that is not moved', `${validText}  tables: {Misic: songs}\n`],
    ['half credentials', validText.replace('source:', 'source:\n  credentials: {accessKeyId: a}')],
    [
      'an external id without a role',
      validText.replace('source:', 'source:\n  credentials: {externalId: a}'),
    ],
    ['a sink named like a source', `${validText}  name: changes\n`],
    ['a dead-letter topic that is the catalog', `${validText}deadLetters: {topic: music.catalog}\n`],
    ['names that Kafka cannot tell apart', validText.replace('[Music]', '[a.b, a_b]')],
    ['a name that is too long for a topic', validText.replace('[Music]', `[${'x'.repeat(240)}]`)],
  ])('%s', (_, text) => {
    expect(problemsOf(text)).toMatchSnapshot();
  });

  test.each([
    [
      'an export with all that it can be given',
      validText.replace(
        'from: scan',
        "enablePitr: true, s3: {bucket: b, prefix: p, bucketOwner: '012345678901', sseAlgorithm: KMS, kmsKeyId: k}",
      ),
    ],
    [
      'manifests beside a scan, for another day',
      validText.replace('from: scan', "from: scan, manifests: {Music: 's3://b/m.json'}"),
    ],
    [
      'a full export and the windows that continue it',
      manifests('[Music]', `{Music: 's3://b/m.json'}, ${windows}`),
    ],
    [
      'a glob beside a table whose export is named',
      manifests("[Music, 'orders-*']", "{Music: 's3://b/m.json'}"),
    ],
    [
      'a topic name for a table that is not moved',
      validText.replace('kafka:', "kafka:\n  topics: {'a.b': a-b}"),
    ],
  ])('no contradiction: %s', (_, text) => {
    expect(problemsOf(text)).toEqual([]);
  });

  test('a name given in kafka.topics helps where Kafka would refuse the table’s own', () => {
    const named = validText
      .replace('[Music]', '[a.b, a_b]')
      .replace('kafka:', "kafka:\n  topics: {'a.b': a-b}");
    expect(problemsOf(named)).toEqual([]);
  });

  test('tables that globs find are asked about later in the same way', () => {
    const migration = parse(validText.replace('[Music]', "['a*']"));
    expect(topicFindings(migration, ['a.b', 'a-b'])).toEqual([]);
    expect(topicFindings(migration, ['a.b', 'a_b'])).toMatchObject([{ path: ['source', 'tables'] }]);
  });

  test('two tables may swap names', () => {
    const text = `${validText.replace('[Music]', '[Music, Songs]')}  tables: {Music: Songs, Songs: Music}\n`;
    expect(problemsOf(text)).toEqual([]);
  });
});

describe('globs of tables', () => {
  test.each([
    ['orders-*', 'orders-1', true],
    ['orders-*', 'orders-', true],
    ['orders-*', 'my-orders-1', false],
    ['a.b', 'a.b', true],
    ['a.*', 'a-b', false],
    ['a?c', 'abc', true],
    ['a?c', 'ac', false],
    ['*', 'anything', true],
  ])('%s against %s: %s', (entry, table, expected) => {
    expect(isSelected([entry], table)).toBe(expected);
  });
});

test.each(['', 'snapshot: {from: export}', 'snapshot: {from: manifest}'])(
  'a command that needs no snapshot takes a file with "%s"',
  (snapshot) => {
    const text = validText.replace('snapshot: {from: scan}', snapshot);
    expect(problemsOf(text)).not.toEqual([]);
    const sources = { env: {}, folder: '/nowhere' };
    expect(parseMigration(text, 'music.yaml', sources, { needsSnapshot: false }).source.tables).toEqual([
      'Music',
    ]);
  },
);
