import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ConfigError } from '../../../connectors/config/errors.ts';
import { fillPlaceholders } from '../../../connectors/config/placeholders.ts';
import { parseProperties } from '../../../connectors/config/properties.ts';
import { parseMigration } from '../../../migration/config/load.ts';
import { problemsOf, validText } from './migration-text.ts';

const folder = mkdtempSync(join(tmpdir(), 'messina-placeholders-'));
writeFileSync(join(folder, 'aws'), 'id=AKIA\nsecret=s3=cr:et\n');
writeFileSync(join(folder, 'token'), '\n  one token  \n');
afterAll(() => rmSync(folder, { recursive: true }));

const fill = (text: string) => fillPlaceholders(text, { env: { HOST: 'db', EMPTY: '' }, folder });

describe('placeholders', () => {
  test.each([
    ['plain', 'plain'],
    ['${env:HOST}:9092', 'db:9092'],
    ['${env:HOST}${env:HOST}', 'dbdb'],
    ['a${env:EMPTY}b', 'ab'],
    ['${file:aws:secret}', 's3=cr:et'],
    [`\${file:${folder}/aws:id}`, 'AKIA'],
    ['${file:token}', 'one token'],
    ['costs $5 or {x}', 'costs $5 or {x}'],
  ])('%s', (text, expected) => {
    expect(fill(text)).toBe(expected);
  });

  test('a value that looks like a placeholder is not looked at again', () => {
    expect(fillPlaceholders('${env:A}', { env: { A: '${env:B}', B: 'no' }, folder })).toBe('${env:B}');
  });

  test.each([
    ['a variable that is not set', '${env:NO_SUCH}'],
    ['a file that is not there', '${file:no-such:key}'],
    ['a key that is not there', '${file:aws:no-such}'],
    ['a provider that is not known', '${vault:x}'],
    ['a shell variable', '${HOST}'],
  ])('%s is a problem with its line, and not a second one of the format', (_, placeholder) => {
    const text = validText.replace('http://127.0.0.1:8001', `'${placeholder}'`);
    const problems = problemsOf(text, {}, folder);
    expect(problems).toMatchSnapshot();
    expect(problems).toHaveLength(1);
  });
});

describe('credentials of a source that is never contacted', () => {
  const text = validText.replace(
    '  tables: [Music]',
    "  credentials: {accessKeyId: '${env:NO_SUCH}', secretAccessKey: '${env:NO_SUCH}'}\n  tables: [Music]",
  );
  const parsed = (name: string, env = {}) =>
    parseMigration(text.replace('[Music]', name), 'music.yaml', { env, folder }, needs).source;
  const needs = { needsSnapshot: true, needsSource: false };

  test('need not be there', () => {
    expect(problemsOf(text, {}, folder)).toHaveLength(2);
    expect(parsed('[Music]')).not.toHaveProperty('credentials');
  });

  test('are what they are where they are there', () => {
    expect(parsed('[Music]', { NO_SUCH: 'x' })).toMatchObject({ credentials: { accessKeyId: 'x' } });
  });

  test('hide no other problem', () => {
    expect(() => parsed("['${env:NO_TABLE}']")).toThrow(ConfigError);
  });
});

describe('properties files', () => {
  test.each([
    ['a=1\nb: 2\nc 3', { a: '1', b: '2', c: '3' }],
    ['# no\n! no\n\n  a = 1 ', { a: '1 ' }],
    ['a=1,\\\n   2', { a: '1,2' }],
    ['a\\=b=c\\u0041\\n', { 'a=b': 'cA\n' }],
    ['a=1\r\na=2', { a: '2' }],
    ['a=b\\\\\nc=d', { a: 'b\\', c: 'd' }],
    ['empty', { empty: '' }],
  ])('%j', (text, expected) => {
    expect(Object.fromEntries(parseProperties(text))).toEqual(expected);
  });
});
