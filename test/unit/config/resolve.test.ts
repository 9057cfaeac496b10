import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { resolveConfig } from '../../../connectors/config/resolve.ts';

const folder = mkdtempSync(join(tmpdir(), 'messina-resolve-'));
mkdirSync(join(folder, 'secrets'));
writeFileSync(join(folder, 'secrets', 'password'), 'p\n');
writeFileSync(join(folder, 'aws'), 'secret=s:1\n');
afterAll(() => rmSync(folder, { recursive: true }));

const resolved = (text: string) =>
  resolveConfig({ key: text }, { env: { HOST: 'db', NESTED: '${env:HOST}' }, folder });

describe('placeholders of a flat configuration', () => {
  test.each([
    ['${env:HOST}:9092', 'db:9092'],
    ['${file:aws:secret}', 's:1'],
    ['${directory:secrets:password}', 'p'],
    ['${env:NESTED}', '${env:HOST}'],
  ])('%s is filled', (text, expected) => {
    const { config, problems, filled } = resolved(text);
    expect({ config, problems }).toEqual({ config: { key: expected }, problems: [] });
    expect([...filled]).toEqual(['key']);
  });

  test.each(['${topic}-${timestamp}', '^a{2}$', '${vault:x:y}', '$5', '${env:}'])(
    '%s is none, and stays as it is',
    (text) => {
      const { config, problems, filled } = resolved(text);
      expect({ config, problems, filled: [...filled] }).toEqual({
        config: { key: text },
        problems: [],
        filled: [],
      });
    },
  );

  test.each([
    [
      '${env:NO_SUCH}',
      /Invalid configuration key: it needs the environment variable NO_SUCH, which is not set/,
    ],
    ['${file:aws:none}', /needs the key "none" of aws, which is not there/],
    ['${directory:secrets:none}', /names a file that cannot be read \(ENOENT\)/],
    ['${directory:secrets:../aws}', /names no file of a folder/],
    ['${directory:secrets}', /names no file of a folder/],
  ])('%s is a problem of its key', (text, message) => {
    const { problems } = resolved(text);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ key: 'key', message: expect.stringMatching(message) });
  });

  test('a text that begins many and ends none is read at once', () => {
    const text = `\${env:HOST}${'${'.repeat(60_000)}`;
    const before = performance.now();
    expect(resolved(text).config).toEqual({ key: `db${'${'.repeat(60_000)}` });
    expect(performance.now() - before).toBeLessThan(2000);
  });

  test('a provider may have another name, and then no longer takes part under one that is not named', () => {
    const sources = { env: { A: '1' }, folder, providers: { vars: 'env' } as const };
    expect(resolveConfig({ a: '${vars:A}', b: '${env:A}' }, sources).config).toEqual({
      a: '1',
      b: '${env:A}',
    });
  });
});
