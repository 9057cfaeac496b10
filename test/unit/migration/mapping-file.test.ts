import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ConfigError } from '../../../connectors/config/errors.ts';
import { loadMigration, parseMigration } from '../../../migration/config/load.ts';
import { cqlText, mappingOf, mappingProblems, musicMapping } from './mapping-text.ts';
import { problemsOf, validText } from './migration-text.ts';

async function folder(mapping?: string) {
  const path = await mkdtemp(join(tmpdir(), 'messina-mapping-'));
  const file = join(path, 'music.yaml');
  await writeFile(file, cqlText);
  if (mapping !== undefined) await writeFile(join(path, 'music.mapping.yaml'), mapping);
  return { path, file, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

const failure = (load: Promise<unknown>): Promise<ConfigError> =>
  load.then(
    () => expect.fail('it loads'),
    (error) => error as ConfigError,
  );

describe('a valid mapping file', () => {
  test('holds one document per table, each with the lines of its keys', () => {
    const { file, documents } = mappingOf(
      `# What becomes of it\n${musicMapping}---\ntable: orders-eu\nleftovers: drop\n`,
    );
    expect(file).toBe('music.mapping.yaml');
    expect(documents.map(({ document }) => document.table)).toEqual(['Music', 'orders-eu']);
    expect(documents[0]?.document.leftovers).toEqual({ column: 'other', type: 'frozen<map<text, text>>' });
    expect(documents[0]?.lineOf(['columns', 2, 'type'])).toBe(8);
    expect(documents[0]?.lineOf(['columns', 2, 'onMismatch'])).toBe(8);
    expect(documents[1]?.lineOf(['table'])).toBe(12);
    expect(documents[1]?.lineOf(['key'])).toBe(12);
  });

  test('is JSON, too', () => {
    const text = JSON.stringify({ table: 'Music', leftovers: 'drop' }, null, 2);
    expect(mappingOf(text).documents[0]?.document).toMatchObject({ table: 'Music', leftovers: 'drop' });
  });

  test('takes the word null without quotes', () => {
    const onMismatch = (value: string) =>
      mappingOf(musicMapping.replace('attribute: Price', `attribute: Price, onMismatch: ${value}`))
        .documents[0]?.document.columns[2]?.onMismatch;
    expect([onMismatch('null'), onMismatch("'null'")]).toEqual(['null', 'null']);
  });

  test('may end with a document that says nothing', () => {
    expect(mappingOf(`---\n${musicMapping}---\n`).documents).toHaveLength(1);
  });
});

describe('problems of a mapping file', () => {
  const withColumn = (column: string) => musicMapping.replace('columns:', `columns:\n  - ${column}`);

  test.each([
    ['an unknown key', musicMapping.replace('columns:', 'colums:')],
    ['an unknown key of a column', withColumn('{column: a, type: text, atribute: A}')],
    ['an unknown key of the leftovers', musicMapping.replace('{column: other}', '{colunm: other}')],
    ['a key given twice', `${musicMapping}table: Music\n`],
    ['no table', musicMapping.replace('table: Music\n', '')],
    ['a column without a type', withColumn('{column: a, attribute: A}')],
    ['a number where text belongs', withColumn('{column: 1, type: text, attribute: A}')],
    ['a type that is none', withColumn('{column: a, type: txet, attribute: A}')],
    ['a counter', withColumn('{column: a, type: counter, attribute: A}')],
    ['a type that is broken off', withColumn("{column: a, type: 'frozen<set<text>', attribute: A}")],
    ['a type that is not in types', withColumn("{column: a, type: 'frozen<address>', attribute: A}")],
    ['a field of a type that is none', `${musicMapping}types: {address: {city: txet}}\n`],
    ['a path that is none', withColumn("{column: a, type: text, attribute: 'A.'}")],
    ['a column name given twice', withColumn('{column: price, type: text, attribute: A}')],
    ['a mistyped way out', withColumn('{column: a, type: text, attribute: A, onMismatch: nul}')],
    ['a mistyped unit', withColumn('{column: a, type: timestamp, attribute: A, unit: second}')],
    ['a unit of what is no time', withColumn('{column: a, type: int, attribute: A, unit: seconds}')],
    ['a mistyped place for leftovers', musicMapping.replace('{column: other}', 'dorp')],
    ['leftovers of a wrong kind', musicMapping.replace('{column: other}', '[other]')],
    ['an empty partition key', musicMapping.replace('[artist]', '[]')],
    ['a name that no CQL table has', musicMapping.replace('songs', 'my-songs')],
    ['a mistyped table', musicMapping.replace('table: Music', 'table: Musik')],
    ['a table that is like no other', musicMapping.replace('table: Music', 'table: Invoices')],
    ['a table mapped twice', `${musicMapping}---\n${musicMapping.replace('songs', 'other')}`],
    ['two tables in one', `${musicMapping}---\ntable: orders-eu\ninto: {table: songs}\nleftovers: drop\n`],
    ['a table in one that has no document', `table: Music\ninto: {table: Songs}\nleftovers: drop\n`],
    ['several documents with problems', 'table: Music\nx: 1\n---\ntable: orders-eu\ny: 1\n'],
    ['a list that is not YAML', musicMapping.replace('[artist]', '[artist')],
    ['a list', '- table: Music\n'],
    ['an empty file', '# nothing\n'],
  ])('%s', (_, text) => {
    expect(mappingProblems(text, ['Music', 'Songs', 'orders-*'])).toMatchSnapshot();
  });
});

describe('a migration file with a mapping', () => {
  test('carries it; the path counts from the file, and messages keep it as it was given', async () => {
    await using files = await folder(musicMapping);
    const migration = await loadMigration(files.file, {});
    expect(migration.target).toMatchObject({ mapping: join(files.path, 'music.mapping.yaml') });
    expect(migration.mapping?.file).toBe(join(files.path, 'music.mapping.yaml'));
    expect(migration.mapping?.documents[0]?.document.into.table).toBe('songs');
    const relative = parseMigration(cqlText, 'conf/music.yaml', { env: {}, folder: files.path });
    expect(relative.mapping?.file).toBe('conf/music.mapping.yaml');
  });

  test('without one has none, whatever the target', () => {
    for (const text of [validText, cqlText.replace('  mapping: music.mapping.yaml\n', '')]) {
      expect(parseMigration(text, 'music.yaml', { env: {}, folder: '/nowhere' }).mapping).toBeNull();
    }
  });

  test('names the mapping file when that has problems', async () => {
    await using files = await folder(musicMapping.replace('columns:', 'colums:'));
    const error = await failure(loadMigration(files.file, {}));
    expect(error.file).toBe(join(files.path, 'music.mapping.yaml'));
    expect(error.problems[0]).toMatchObject({ line: 4, key: 'colums', remedy: 'Did you mean "columns"?' });
  });

  test('names its own line when the mapping file cannot be read, unless nobody needs it', async () => {
    await using files = await folder();
    const error = await failure(loadMigration(files.file, {}));
    expect(error.file).toBe(files.file);
    expect(error.problems).toEqual([
      {
        line: 12,
        column: 12,
        key: 'target.mapping',
        message: 'names a file that cannot be read (ENOENT)',
        remedy: 'Correct the path; `messina infer` proposes a mapping file.',
      },
    ]);
    const needs = { needsSnapshot: false, needsMapping: false };
    expect((await loadMigration(files.file, {}, needs)).mapping).toBeNull();
  });
});

describe('problems of a CQL target', () => {
  const withLine = (line: string) => cqlText.replace('  mapping: music.mapping.yaml', `  ${line}`);

  test.each([
    ['a contact point that is a URL', cqlText.replace('127.0.0.1:9042', 'http://127.0.0.1:9042')],
    ['no contact point', cqlText.replace('[127.0.0.1:9042]', '[]')],
    ['a keyspace that none is called', cqlText.replace('keyspace: music', 'keyspace: my-music')],
    ['no keyspace', cqlText.replace('  keyspace: music\n', '')],
    ['a mistyped consistency', withLine('consistency: local_quorum')],
    ['a user without a password', withLine('username: messina')],
    ['a password without a user', withLine('password: swordfish')],
    ['a translation of what is no address', withLine("addressTranslation: {'10.0.0.5:9042': 'a b'}")],
    ['a translation to what is no address', withLine("addressTranslation: {'a b': '10.0.0.5:9042'}")],
    ['a key of Alternator', withLine('endpoints: [http://127.0.0.1:8000]')],
    ['a mistyped key of TLS', withLine('tls: {caa: ca.pem}')],
  ])('%s', (_, text) => {
    const problems = problemsOf(text.replace('  mapping: music.mapping.yaml\n', ''));
    expect(problems).toMatchSnapshot();
    expect(problems.join()).not.toContain('swordfish');
  });
});
